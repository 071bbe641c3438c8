"""An item of ``Schema`` as it is edited: read leniently, judged without ever raising."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from yuchi.domain.catalogue import Catalogue
from yuchi.domain.draft_columns import read_brand, read_switch
from yuchi.domain.item_columns import MAX_COLUMNS, read_columns
from yuchi.domain.language import Condition, ConditionError, parse_condition
from yuchi.domain.language.tree import Call, Name, path_of, walk
from yuchi.domain.plain import canonical, digest, plain
from yuchi.domain.problem import RuleProblem, RuleProblemError, Severity, closest
from yuchi.domain.rfm import RfmBounds
from yuchi.domain.standard.columns import CHINESE_COLUMNS, COLUMNS_OF, KEYS, REVIEW_COLUMNS
from yuchi.domain.standard.items import Kind, read_key
from yuchi.domain.standard.model import AttributeRule, ScoreRule, StageRule, TagGroup, ValueRule
from yuchi.domain.standard.values import UnfitError, fit

MAX_BYTES: Final = 32 * 1024

_CLOCKS: Final = frozenset(
    {"localTime", "getHours", "getMinutes", "getSeconds", "getMilliseconds", "getDayOfWeek", "getDate", "getDayOfMonth"}
    | {"getDayOfYear", "getMonth", "getFullYear", "sequence"}
)
"""What turns with the clock, so often that no stage can follow it."""
_OF_STAGES: Final = frozenset({"stage", "stage_since", "new"})


@dataclass(frozen=True, slots=True)
class DefinitionReading:
    """What came of reading an item: ``definition`` where there are no ``problems``. ``disabled``: ``enabled`` says clearly
    no. ``hash``: of the columns that count.
    """

    definition: BaseModel | None
    problems: tuple[RuleProblem, ...]
    hints: tuple[RuleProblem, ...]
    disabled: bool
    hash: str


def read_definition(item: Mapping[str, Any], *, catalogue: Catalogue) -> DefinitionReading:
    """Read an item of DynamoDB types and check what it refers to. Never raises."""
    written = _that_count(item)
    data = canonical(written)
    if len(data) > MAX_BYTES:
        large = RuleProblem(
            "item.size",
            f"这一条太大（{len(data) // 1024} KB），最多 {MAX_BYTES // 1024} KB",
            f"the item is too large ({len(data) // 1024} KB), at most {MAX_BYTES // 1024} KB",
        )
        return DefinitionReading(None, (large,), (), disabled=_is_disabled(written), hash=digest(data))
    definition, found = _read(written, catalogue)
    problems = tuple(each for each in found if each.severity is Severity.ERROR)
    return DefinitionReading(
        definition=None if problems else definition,
        problems=problems,
        hints=tuple(each for each in found if each.severity is Severity.HINT) if not problems else (),
        disabled=_is_disabled(written),
        hash=digest(data),
    )


def definition_hash(item: Mapping[str, Any]) -> str:
    """A hash of what counts in an item; the review's own columns do not change it."""
    return digest(canonical(_that_count(item)))


def _that_count(item: Mapping[str, Any]) -> dict[str, Any]:
    return plain({name: value for name, value in item.items() if name not in REVIEW_COLUMNS})  # type: ignore[no-any-return]  # `plain` keeps the shape


def _is_disabled(written: Mapping[str, Any]) -> bool:
    try:
        return "enabled" in written and not read_switch(written["enabled"])
    except RuleProblemError:
        return False


def _read(written: Mapping[str, Any], catalogue: Catalogue) -> tuple[BaseModel | None, list[RuleProblem]]:
    problems: list[RuleProblem] = []
    try:
        read_brand(written.get("brand"))
    except RuleProblemError as error:
        problems.extend(each.at(field="brand") for each in error.problems)
    try:
        kind, named = read_key(str(written.get("item", "")))
    except RuleProblemError as error:
        return None, [*problems, *error.problems]
    columns = COLUMNS_OF[kind]
    required = [name for name, column in columns.items() if column.required]
    read, wrong = read_columns(written, {name: column.read for name, column in columns.items()}, required)
    values = {columns[name].field or name: value for name, value in read.items()}
    problems.extend(wrong)
    unknown = [name for name in list(written)[:MAX_COLUMNS] if name not in columns and name not in KEYS]
    problems.extend(_unknown(name, columns) for name in unknown)
    if problems:
        return None, problems
    definition, found = _MAKERS[kind](values, named, catalogue)
    return definition, list(found)


def _unknown(column: str, known: Mapping[str, Any]) -> RuleProblem:
    meant = CHINESE_COLUMNS.get(column.strip().lower(), "")
    return RuleProblem(
        "column.unknown",
        "这种定义没有这个栏目",
        "is not a column of this kind of definition",
        field=column[:40],
        suggestion=meant if meant in known else closest(column.strip().lower(), known),
    )


_Made = tuple[BaseModel, Sequence[RuleProblem]]


def _attribute(values: Mapping[str, Any], _named: Mapping[str, str], _catalogue: Catalogue) -> _Made:
    rule = AttributeRule.model_validate(values)
    return _typed(rule)


def _property(values: Mapping[str, Any], named: Mapping[str, str], catalogue: Catalogue) -> _Made:
    rule, found = _typed(ValueRule.model_validate(values))
    return rule, [*found, *_unknown_type(named["type"], catalogue, field="item")]


def _typed(rule: ValueRule) -> _Made:
    """The allowed values, in the type of the value."""
    if not rule.allowed:
        return rule, ()
    bare = rule.model_copy(update={"allowed": ()})
    allowed: list[Any] = []
    for value in rule.allowed:
        try:
            read = fit(value, bare)
        except UnfitError:
            problem = RuleProblem(
                "allowed.type",
                f"允许的值 {str(value)[:40]} 不是 {rule.type} 类型",
                f"the allowed value {str(value)[:40]} is no {rule.type}",
                field="allowed",
            )
            return rule, (problem,)
        allowed.extend(read if isinstance(read, list) else [read])
    return rule.model_copy(update={"allowed": tuple(dict.fromkeys(allowed))}), ()


def _stage(values: Mapping[str, Any], named: Mapping[str, str], catalogue: Catalogue) -> _Made:
    rule = StageRule.model_validate({**values, "order": int(named["order"]), "name": named["name"]})
    try:
        condition = parse_condition(rule.when, catalogue=catalogue, event_types=())
    except ConditionError as error:
        return rule, [each.at(field="when") for each in error.problems]
    return rule, [each.at(field="when") for each in (*_unfit_for_stages(condition), *condition.hints)]


def _unfit_for_stages(condition: Condition) -> Iterator[RuleProblem]:
    for node in walk(condition.tree):
        path = path_of(node)
        if isinstance(node, Name) and node.name in {"event", "account"}:
            yield RuleProblem(
                "stage.person",
                f"阶段是人的，不能用 {node.name}，只能用 profile 和 now",
                f"a stage is of a person: only profile and now can be used, not {node.name}",
                column=node.start + 1,
            )
        elif path is not None and path[0] == "profile" and len(path) > 1 and path[1] in _OF_STAGES:
            yield RuleProblem(
                "stage.circle",
                f"阶段的条件里不能用 profile.{path[1]}",
                f"the condition of a stage cannot ask for profile.{path[1]}",
                column=node.start + 1,
            )
            return
        elif isinstance(node, Call) and node.function in _CLOCKS:
            yield RuleProblem(
                "stage.clock",
                f'阶段的条件里不能用 {node.function}；要写多久以前、多少天，例如 within(profile.last_seen_at, "90d")',
                f"the condition of a stage cannot ask for {node.function}; write how long ago, how many days",
                column=node.start + 1,
                suggestion='within(profile.last_seen_at, "90d")',
            )


def _score(values: Mapping[str, Any], _named: Mapping[str, str], catalogue: Catalogue) -> _Made:
    rule = ScoreRule.model_validate(values)
    return rule, [problem for each in rule.points for problem in _unknown_type(each, catalogue, field="points")]


def _unknown_type(event_type: str, catalogue: Catalogue, *, field: str) -> Iterator[RuleProblem]:
    if event_type not in catalogue.events and not event_type.startswith("custom."):
        yield RuleProblem(
            "event.foreign",
            f"{event_type} 不是内置事件，只有外部系统或规则的 emit 发来时才会有",
            f"{event_type} is no built-in event; it comes only from outside or by a rule's emit",
            field=field,
            suggestion=closest(event_type, catalogue.events, cutoff=0.8),
            severity=Severity.HINT,
        )


def _tags(values: Mapping[str, Any], named: Mapping[str, str], _catalogue: Catalogue) -> _Made:
    return TagGroup.model_validate({**values, "name": named["name"]}), ()


def _rfm(values: Mapping[str, Any], _named: Mapping[str, str], _catalogue: Catalogue) -> _Made:
    bounds = {name: values.get(name) or values.get(f"measured_{name}") for name in ("recency", "frequency", "monetary")}
    return RfmBounds.model_validate({name: each for name, each in bounds.items() if each}), ()


_MAKERS: Final = {
    Kind.ATTRIBUTE: _attribute,
    Kind.PROPERTY: _property,
    Kind.STAGE: _stage,
    Kind.SCORE: _score,
    Kind.TAGS: _tags,
    Kind.RFM: _rfm,
}
