"""What the events of an import became is counted where they are processed."""

from typing import Any

import pytest

from tests.fakes.imports import ImportWorld
from tests.fakes.world import World
from yuchi.domain.imports import Became
from yuchi.services.imported import Imported, import_of
from yuchi.services.ports import UnavailableError


def test_created_merged_updated_and_repeated_add_up() -> None:
    mapping = "type: person.identified\nidentities: {member: m, unionid: u}\n"
    world = ImportWorld(mapping)
    world.drop("m,u\nM1,\nM2,\n", "demo/crm/a.csv")
    world.push("fan.subscribed")
    world.run()
    job = world.drop("m,u\nM1,u-1\nM3,u-1\nM4,u-4\nM2,\n", "demo/crm/b.csv")
    assert job.became.processed == 4
    assert (job.became.created, job.became.updated) == (1, 3), "M3 has the unionid of M1, so both are one"


def test_merged_persons_are_counted() -> None:
    world = ImportWorld("type: person.identified\nidentities: {unionid: u, phone: p}\n")
    world.drop("u,p\nu-1,\n,13900000001\n", "demo/crm/a.csv")
    job = world.drop("u,p\nu-1,13900000001\n", "demo/crm/b.csv")
    assert job.became == Became(merged=1)


@pytest.mark.parametrize(
    ("source", "data", "expected"),
    [
        ("/import/crm", {"import": "i1"}, "i1"),
        ("/import/crm", {}, None),
        ("/import/crm", {"import": 3}, None),
        ("/collect/site", {"import": "i1"}, None),
        ("/wechat/tea", {"import": "i1"}, None),
    ],
)
def test_only_imports_count(source: str, data: dict[str, Any], expected: str | None) -> None:
    event = World().event("page.viewed", **data).model_copy(update={"source": source})
    assert import_of(event) == expected


def test_counts_that_cannot_be_written_stop_nothing() -> None:
    class Broken:
        def count(self, brand: str, import_id: str, became: Became) -> None:
            raise UnavailableError("Throttling")

    noted = Imported()
    noted.note(World().event("x.y", **{"import": "i1"}).model_copy(update={"source": "/import/crm"}), None)
    noted.write(Broken())
    assert noted.counts["demo", "i1"] == {"repeated": 1}
