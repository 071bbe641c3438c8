import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from tests.unit.adapters.webhooks.loopback import HOST, Connections, Receiver, Script, watched


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def receive(authority: trustme.CA) -> Iterator[Callable[..., Receiver]]:
    """Starts a receiver: ``receive(script, name=..., shakes_hands=..., authority=...)``."""
    with ExitStack() as stack:

        def start(
            script: Script, *, name: str = HOST, shakes_hands: bool = True, authority: trustme.CA = authority
        ) -> Receiver:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name, "127.0.0.1").configure_cert(context)
            return stack.enter_context(Receiver(context=context, script=script, shakes_hands=shakes_hands))

        yield start


@pytest.fixture
def connections() -> Iterator[Connections]:
    with watched() as seen:
        yield seen
