"""The data standard at the door: read what is clear, keep apart what does not fit, never both and never neither."""

from datetime import UTC, datetime
from typing import Any

import pytest

from yuchi.domain.event import Event
from yuchi.domain.standard.model import AttributeRule, BrandSchema, ValueRule, ValueType
from yuchi.domain.standard.values import MAX_SHOWN, UnfitError, conform, fit

SCHEMA = BrandSchema(
    attributes={
        "生日": AttributeRule(type=ValueType.TIME),
        "证件": AttributeRule(type=ValueType.NUMBER, personal=True),
        "性别": AttributeRule(type=ValueType.TEXT, allowed=("男", "女")),
    },
    properties={"order.completed": {"total": ValueRule(type=ValueType.NUMBER)}},
)


def event(event_type: str = "order.completed", **data: Any) -> Event:
    return Event(
        id="e" * 32, source="/collect/shop", type=event_type, time=datetime(2026, 5, 1, tzinfo=UTC), brand="demo",
        account="", subject="member:1", data=data,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value_type", "given", "expected"),
    [
        ("number", "12.5", 12.5),
        ("number", " 1,299.00 ", 1299.0),
        ("number", "１２", 12),
        ("number", 3, 3),
        ("boolean", "是", True),
        ("boolean", 0, False),
        ("time", "1990年5月1日", "1990-05-01"),
        ("time", "2026-05-01T10:00:00+08:00", "2026-05-01T02:00:00.000Z"),
        ("text", 5, "5"),
        ("list", "a, b；c", ["a", "b", "c"]),
        ("number", None, None),
        ("number", "", None),
    ],
)
def test_what_is_clear_is_read(value_type: str, given: Any, expected: Any) -> None:
    read = fit(given, ValueRule(type=ValueType(value_type)))
    assert read == expected
    assert type(read) is type(expected)


AMBIGUOUS: dict[str, list[Any]] = {
    "number": ["12,5", "1,29", "12 元", "十", True, float("inf"), [1], "1e5"],
    "boolean": ["maybe", 2, 1.0, []],
    "time": [1990, "05/01", "1990-02-30", "yesterday"],
    "text": [True, [], {}],
    "list": [5, [[1]], {}],
}


@pytest.mark.parametrize(
    ("value_type", "given"), [(value_type, each) for value_type, given in AMBIGUOUS.items() for each in given]
)
def test_what_could_mean_two_things_does_not_fit(value_type: str, given: Any) -> None:
    with pytest.raises(UnfitError, match="type"):
        fit(given, ValueRule(type=ValueType(value_type)))


def test_only_allowed_values_fit() -> None:
    assert fit("女", SCHEMA.attributes["性别"]) == "女"
    with pytest.raises(UnfitError, match="allowed"):
        fit("其他", SCHEMA.attributes["性别"])
    several = ValueRule(type=ValueType.LIST, allowed=("茶", "酒"))
    assert fit("茶,酒", several) == ["茶", "酒"]
    with pytest.raises(UnfitError):
        fit(["茶", "醋"], several)


def test_what_does_not_fit_is_kept_apart_and_the_rest_passes() -> None:
    told = event(total="a lot", note="x", traits={"生日": "1990-05-01", "性别": "?" * 999, "证件": "secret", "其他": 1})
    done = conform(told, SCHEMA)
    assert done.event.data == {"note": "x", "traits": {"生日": "1990-05-01", "其他": 1}}
    assert {name: each.reason for name, each in done.rejected.items()} == {
        "total": "type",
        "traits.性别": "allowed",
        "traits.证件": "type",
    }
    assert len(done.rejected["traits.性别"].value) == MAX_SHOWN
    assert "secret" not in repr(done.rejected), "a personal value leaves no trace"


def test_values_are_coerced_and_nothing_is_rejected() -> None:
    done = conform(event(total="12.50"), SCHEMA)
    assert done.event.data == {"total": 12.5}
    assert done.rejected == {}


def test_what_fits_and_what_nobody_defined_passes_untouched() -> None:
    for told in (event(total=1), event("page.viewed", total="a lot"), event(traits="no map")):
        assert conform(told, SCHEMA) == (told, {})
    assert conform(event(total="a lot"), BrandSchema()) == (event(total="a lot"), {})


def test_what_rules_caused_is_not_looked_at() -> None:
    caused = event(total="a lot").model_copy(update={"hops": 1})
    assert conform(caused, SCHEMA) == (caused, {})
