"""A receiver on loopback that answers well or badly over TLS, and a recorder of every connection of this process."""

import contextlib
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Self

from yuchi.adapters.webhooks.addresses import Address, is_public

HOST = "hooks.example.com"
HOME = ip_address("127.0.0.1")

Script = Callable[[ssl.SSLSocket, threading.Event], None]


def permit_home(address: Address) -> bool:
    """127.0.0.1 plays the public Internet; every other loopback address stays forbidden."""
    return address == HOME or is_public(address)


# ---------------------------------------------------------------- how a receiver may answer


def answer(status: str = "204 No Content", *, headers: str = "", body: bytes = b"") -> Script:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode()
    return lambda connection, _stop: connection.sendall(head + body)


def redirect(location: str, status: str = "302 Found") -> Script:
    return answer(status, headers=f"Location: {location}\r\n")


def drip(data: bytes, *, after: bytes = b"", pause: float = 0.02) -> Script:
    """``after`` at once, then ``data`` byte by byte."""

    def script(connection: ssl.SSLSocket, stop: threading.Event) -> None:
        connection.sendall(after)
        for byte in data:
            if stop.wait(pause):
                return
            connection.sendall(bytes([byte]))

    return script


def endless(piece: bytes, *, after: bytes = b"") -> Script:
    def script(connection: ssl.SSLSocket, stop: threading.Event) -> None:
        connection.sendall(after)
        while not stop.is_set():
            connection.sendall(piece)

    return script


def silent(_connection: ssl.SSLSocket, stop: threading.Event) -> None:
    stop.wait(10)


def hang_up(_connection: ssl.SSLSocket, _stop: threading.Event) -> None:
    return


# ---------------------------------------------------------------- the receiver


@dataclass
class Receiver:
    """A TLS server on 127.0.0.1 with one script. ``requests``: what arrived, ``names``: the SNI of each handshake."""

    context: ssl.SSLContext
    script: Script
    shakes_hands: bool = True
    requests: list[bytes] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._listener = socket.create_server((str(HOME), 0))
        self.port: int = self._listener.getsockname()[1]
        self.context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=10)

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}/in"

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self._listener.accept()
                plain.settimeout(10)
                with plain, contextlib.suppress(OSError):
                    self._attend(plain)

    def _attend(self, plain: socket.socket) -> None:
        if not self.shakes_hands:
            self._stop.wait(10)
            return
        with self.context.wrap_socket(plain, server_side=True) as connection:
            self.requests.append(_read_request(connection))
            self.script(connection, self._stop)


def _read_request(connection: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


# ---------------------------------------------------------------- who was connected to


@dataclass
class Connections:
    """What this process asked the operating system for, from Python's audit events: no client can hide from them."""

    connected: list[tuple[str, int]] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def check(self, *allowed: tuple[str, int]) -> None:
        """The law of the matrix: only ``allowed`` was connected to, no name was looked up behind our back, in time."""
        assert set(self.connected) <= set(allowed)
        assert {ip_address(name) for name in self.looked_up} <= {ip_address(host) for host, _ in allowed}
        assert time.monotonic() - self.started <= 3.5


_watching: list[Connections] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for connections in _watching:
            connections.connected.append(arguments[1][:2])
    elif event == "socket.getaddrinfo":
        for connections in _watching:
            connections.looked_up.append(arguments[0])


sys.addaudithook(_hear)


@contextlib.contextmanager
def watched() -> Iterator[Connections]:
    """Record every connect and look-up of this process while inside."""
    connections = Connections()
    _watching.append(connections)
    try:
        yield connections
    finally:
        _watching.remove(connections)


@dataclass
class Names:
    """A resolver that gives one answer after another and keeps giving the last."""

    answers: list[tuple[Address, ...]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, *, timeout: float) -> tuple[Address, ...]:
        assert timeout > 0
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


def names(*answers: str | tuple[str, ...]) -> Names:
    """A resolver; each answer is one address or several."""
    several = [(answer,) if isinstance(answer, str) else answer for answer in answers]
    return Names([tuple(ip_address(address) for address in addresses) for addresses in several])
