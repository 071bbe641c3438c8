"""Every mapping under rules/mappings: it can be read, its tests hold, and they touch all that it names."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from yuchi.adapters.rule_files import read_yaml
from yuchi.domain.event import format_time
from yuchi.domain.mapping import FieldMapping, Mapped, Rejected, Skipped, read_mapping
from yuchi.domain.mapping.schema import mapping_schema, mapping_schema_text
from yuchi.domain.mapping.values import look_up
from yuchi.domain.problem import RuleProblemError

ROOT = Path(__file__).resolve().parents[3]
MAPPINGS = sorted(path.parent for path in (ROOT / "rules" / "mappings").glob("*/mapping.yaml"))


def read(path: Path) -> Any:
    return read_yaml(path.read_text(encoding="utf-8"))


def mapping_of(folder: Path) -> FieldMapping:
    return read_mapping(read(folder / "mapping.yaml"))


CASES = [
    pytest.param(folder, case, id=f"{folder.name}: {case['name']}")
    for folder in MAPPINGS
    for case in read(folder / "tests.yaml")
]


def test_there_are_mappings() -> None:
    names = {folder.name for folder in MAPPINGS}
    assert names >= {
        "members",
        "tmall-orders",
        "youzan-orders",
        "shopify-orders",
        "shopify-order-export",
        "pos-receipts",
        "form-answers",
        "crm-tags",
    }


def told(mapped: Mapped) -> dict[str, Any]:
    return {
        "type": mapped.type,
        "id": list(mapped.key),
        "time": format_time(mapped.time) if mapped.time else None,
        "identities": dict(mapped.identities),
        "data": dict(mapped.data),
        "attributes": dict(mapped.attributes),
        "tags": list(mapped.tags),
        "untags": list(mapped.untags),
    }


@pytest.mark.parametrize(("folder", "case"), CASES)
def test_a_row_becomes_what_the_tests_say(folder: Path, case: dict[str, Any]) -> None:
    outcome, expected = mapping_of(folder).apply(case["row"], case.get("further", ())), case["expect"]
    if "skipped" in expected:
        assert isinstance(outcome, Skipped)
    elif "rejected" in expected:
        assert isinstance(outcome, Rejected)
        assert [problem.code for problem in outcome.problems] == expected["rejected"]
    else:
        assert isinstance(outcome, Mapped), outcome
        found = told(outcome)
        assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("folder", MAPPINGS, ids=lambda folder: folder.name)
def test_the_tests_have_every_column(folder: Path) -> None:
    rows = [case["row"] for case in read(folder / "tests.yaml")]
    unseen = {path for path in mapping_of(folder).columns if all(look_up(row, path) is None for row in rows)}
    assert unseen <= SPARE, "a column that no test has may be misspelt"


SPARE = {"phone", "Phone", "customer.email", "shipping_address.phone"}
"""Second and third places to look in."""


@pytest.mark.parametrize("folder", MAPPINGS, ids=lambda folder: folder.name)
def test_each_has_rows_taken_and_rows_refused(folder: Path) -> None:
    kinds = {"rejected" if "rejected" in case["expect"] else "taken" for case in read(folder / "tests.yaml")}
    assert kinds == {"rejected", "taken"}


VALIDATOR = jsonschema.Draft202012Validator(mapping_schema())


def test_the_schema_is_one_and_the_file_is_what_the_code_makes() -> None:
    jsonschema.Draft202012Validator.check_schema(mapping_schema())
    path = ROOT / "rules" / "mapping.schema.json"
    assert path.read_text(encoding="utf-8") == mapping_schema_text(), "run: make docs"


@pytest.mark.parametrize("folder", MAPPINGS, ids=lambda folder: folder.name)
def test_the_mappings_fit_the_schema(folder: Path) -> None:
    VALIDATOR.validate(read(folder / "mapping.yaml"))


@pytest.mark.parametrize(
    "change",
    [{"type": "Order"}, {"identities": 3}, {"data": {"a": {"from": "x", "type": "num"}}}, {"nonsense": 1}, {"id": 5}],
)
def test_twin_what_cannot_be_read_does_not_fit(change: dict[str, Any]) -> None:
    good = {"type": "person.identified", "identities": {"member": "x"}}
    VALIDATOR.validate(good)
    assert not VALIDATOR.is_valid({**good, **change})
    with pytest.raises(RuleProblemError):
        read_mapping({**good, **change})
