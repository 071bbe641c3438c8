"""One deployed stack for all flow tests of a run, on ports of its own; its logs stay in ``.local/flow``."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.paths import RunFolder
from infra.local.stack import LocalStack, is_running, local_stack

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All that use the stack go to one worker of pytest-xdist, so that it is deployed once."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.xdist_group("flow"))


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The real template on MiniStack under AUTH=true, two seeded accounts, the WeChat simulator."""
    # One each for the workers of pytest-xdist, and for a second run beside this one.
    name = "flow" + os.environ.get("PYTEST_XDIST_WORKER", "")
    with local_stack(f"{name}-{os.getpid()}" if is_running(RunFolder(name)) else name) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test's faults end with it."""
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").simulator.mend()
