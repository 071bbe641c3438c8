"""What is written with a moment to vanish at does vanish: the table has a time to live on that very attribute."""

from copy import deepcopy
from pathlib import Path

import pytest

from tests.infra.system import Json, System

ADAPTERS = Path(__file__).parents[2] / "layers" / "core" / "yuchi" / "adapters" / "dynamodb"
EXPIRING = {
    "imports": "Imports",
    "live": "Live",
    "ledger": "Ledger",
    "links": "Links",
    "merges": "Merges",
    "outcomes": "Outcomes",
    "quotas": "Quotas",
    "reach": "Reach",
    "receipts": "Receipts",
    "run_items": "Runs",
    "tag_numbers": "Ledger",
    "timeline": "Timeline",
}
"""Adapter -> the table that it writes such items to."""
ELSEWHERE = {"audience", "tokens"}
"""The end of a tag, and the token's own: fields and no time to live."""


def without_time_to_live(system: System) -> set[str]:
    tables = {table.path.rpartition(".")[2]: table for table in system.of_type("DynamoDB::Table")}
    wanted = {"AttributeName": "expires_at", "Enabled": True}
    return {name for name in EXPIRING.values() if tables[name].get("TimeToLiveSpecification") != wanted}


def test_every_table_with_items_that_expire_lets_them_expire(system: System) -> None:
    assert without_time_to_live(system) == set()


def test_no_adapter_is_forgotten() -> None:
    writing = {path.stem for path in ADAPTERS.glob("*.py") if "expires_at" in path.read_text(encoding="utf-8")}
    assert writing == EXPIRING.keys() | ELSEWHERE


@pytest.mark.parametrize("table", sorted(set(EXPIRING.values())))
def test_twin_a_table_without_it_is_found(templates: dict[str, Json], table: str) -> None:
    planted = deepcopy(templates)
    del planted["Storage"]["Resources"][table]["Properties"]["TimeToLiveSpecification"]
    assert without_time_to_live(System(planted)) == {table}
