"""Items of definitions: what people write is understood or told; the examples of the docs are good; the schema agrees."""

import json
from typing import Any

import pytest

from docs.making.definitions import EXAMPLES
from yuchi.bootstrap import make_catalogue
from yuchi.domain.problem import Locale
from yuchi.domain.standard.items import FORMS, Kind, read_key
from yuchi.domain.standard.json_schema import definition_schema
from yuchi.domain.standard.model import DEFAULT_SCORES, DEFAULT_STAGES, AttributeRule, ScoreRule, StageRule, TagGroup
from yuchi.domain.standard.publishing import Definitions, LiveDefinition
from yuchi.domain.standard.reading import definition_hash, read_definition

CATALOGUE = make_catalogue()


def read(item: str, **columns: Any) -> Any:
    return read_definition({"brand": "demo", "item": item, **columns}, catalogue=CATALOGUE)


@pytest.mark.parametrize("kind", list(Kind))
def test_the_examples_of_the_docs_are_good(kind: Kind) -> None:
    reading = read_definition({"brand": "demo", **EXAMPLES[kind]}, catalogue=CATALOGUE)
    assert (reading.problems, reading.hints) == ((), ())
    assert read_key(FORMS[kind])[0] is kind


def test_what_we_ship_would_pass_the_review() -> None:
    for stage in DEFAULT_STAGES:
        assert read(f"stage#{stage.order}-{stage.name}", when=stage.when, title=stage.title).definition == stage
    for name, score in DEFAULT_SCORES.items():
        reading = read(f"score#{name}", points=dict(score.points), half_life=f"{score.half_life // 86_400}d")
        assert reading.definition == score


@pytest.mark.parametrize(
    ("item", "columns", "expected"),
    [
        ("attribute#生日", {"type": "日期", "personal": "是"}, AttributeRule(type="time", personal=True)),
        ("attribute#a", {"type": "number", "allowed": "1、2"}, AttributeRule(type="number", allowed=(1, 2))),
        ("attribute#a", {"type": "text", "retention_days": "1年"}, AttributeRule(type="text", retention_days=365)),
        ("stage#20-新客", {"when": "true"}, StageRule(order=20, name="新客")),
        (
            "score#intent",
            {"points": "order.completed ＋10\npage.viewed: 1", "half_life": 14},
            ScoreRule(points={"order.completed": 10, "page.viewed": 1}, half_life=14 * 86_400),
        ),
        (
            "tags#等级",
            {"tags": ["银卡", "金卡"], "expires": "30天", "weight": "80%"},
            TagGroup(name="等级", tags=("银卡", "金卡"), lasts=30 * 86_400, weight=0.8),
        ),
    ],
)
def test_what_people_write_is_understood(item: str, columns: dict[str, Any], expected: object) -> None:
    reading = read(item, **columns)
    assert reading.problems == ()
    assert reading.definition == expected


@pytest.mark.parametrize(
    ("item", "columns", "code", "said"),
    [
        ("atribute#a", {}, "item.kind", "attribute#生日"),
        ("stage#dormant", {"when": "true"}, "item.form", "stage#20-dormant"),
        ("score#loyalty", {}, "item.form", "score#intent"),
        ("attribute#a", {}, "column.missing", "type"),
        ("attribute#a", {"type": "numbr"}, "type.unknown", "number"),
        ("attribute#a", {"type": "number", "allowed": "x"}, "allowed.type", "x"),
        ("attribute#a", {"type": "text", "来源": "crm"}, "column.unknown", "sources"),
        ("attribute#a", {"type": "text", "sources": "CRM"}, "sources.form", "crm"),
        ("stage#1-a", {"when": 'event.key == "x"'}, "stage.person", "event"),
        ("stage#1-a", {"when": 'profile.stage == "x"'}, "stage.circle", "profile.stage"),
        ("stage#1-a", {"when": "localTime().getHours() > 3"}, "stage.clock", "getHours"),
        ("score#intent", {"points": "order.completed -3", "half_life": "1d"}, "points.form", "order.completed +10"),
        ("tags#a", {"tags": "a", "weight": 2}, "weight.form", "0.8"),
        ("rfm", {"recency": "90, 60, 30, 10"}, "bounds.form", "30, 60, 90, 180"),
    ],
)
def test_what_is_wrong_is_told_with_what_was_meant(item: str, columns: dict[str, Any], code: str, said: str) -> None:
    reading = read(item, **columns)
    assert reading.definition is None
    assert code in [each.code.removeprefix("when.") for each in reading.problems]
    assert any(said in each.text(locale) for each in reading.problems for locale in (Locale.ZH,))
    assert all(each.text(Locale.EN) for each in reading.problems)


def test_an_event_that_nobody_knows_is_a_hint() -> None:
    reading = read("property#order.complete#total", type="number")
    assert reading.definition is not None
    assert [each.suggestion for each in reading.hints] == ["order.completed"]


def test_the_reviews_own_columns_change_no_hash_and_measured_ones_do() -> None:
    item = {"brand": "demo", "item": "rfm", "recency": "1,2,3,4"}
    assert definition_hash({**item, "status": "live", "reviewed": "x"}) == definition_hash(item)
    assert definition_hash({**item, "measured_recency": [1, 2, 3, 4]}) != definition_hash(item)


def test_what_is_packed_is_read_back() -> None:
    items = {}
    for example in EXAMPLES.values():
        definition = read_definition({"brand": "demo", **example}, catalogue=CATALOGUE).definition
        assert definition is not None
        items[example["item"]] = LiveDefinition(3, definition)
    definitions = Definitions(items)
    name, blob = definitions.pack()
    assert Definitions.read(blob) == definitions
    assert Definitions(dict(reversed(items.items()))).pack()[0] == name, "named after its content"
    schema = definitions.schema()
    assert schema.properties["order.completed"]["total"].unit == "元"
    assert schema.group_of["金卡"].exclusive
    assert Definitions().pack() == ("", b"")


def test_the_json_schema_names_every_column() -> None:
    forms = {form["title"]: form for form in definition_schema()["oneOf"]}
    assert set(forms) == {each.value for each in Kind}
    assert "sources" in forms["attribute"]["properties"]
    assert "(?P<" not in json.dumps(definition_schema()), "JSON schemas know no named groups of Python"
