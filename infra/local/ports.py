"""Ports on 127.0.0.1."""

import socket
from typing import Final

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8460
"""Where `make up` serves the API and the simulator; MiniStack takes the next one."""


class PortInUseError(Exception):
    """Somebody listens on the port already. The message says which port, and how to choose another."""


class PortError(Exception):
    """What was given is no port for the stack. The message says which ones are."""


def parse_port(text: str) -> int:
    """A port that the stack may take, along with the next one. Raises :class:`PortError`."""
    # Below 1024 a program may need to be root, and 65535 has no next one.
    if not (text.isascii() and text.isdigit() and 1024 <= int(text[:6]) <= 65_534):
        message = f"PORT={text} is no port for the local stack. Give a number from 1024 to 65534, for example PORT=9000"
        raise PortError(message)
    return int(text)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all are held until the last one is found, so that they differ."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def require_free(port: int, *, purpose: str) -> None:
    """Raises :class:`PortInUseError` unless ``port`` can be listened on."""
    with socket.socket() as probe:
        # As the servers do: a port whose last connections are still closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = f"port {port} ({purpose}) is already in use. Choose another, for example PORT={port + 100}"
            raise PortInUseError(message) from error
