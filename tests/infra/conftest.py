import pytest

from tests.infra.system import Json, System, read_templates


@pytest.fixture(scope="session")
def templates() -> dict[str, Json]:
    return read_templates()


@pytest.fixture(scope="session")
def system(templates: dict[str, Json]) -> System:
    return System(templates)
