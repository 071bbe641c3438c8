"""A rule as it is edited: one DynamoDB item, read leniently and judged without ever raising."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from yuchi.domain.actions import Action
from yuchi.domain.draft_columns import CHINESE_COLUMNS, COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.limits import Limit
from yuchi.domain.plain import canonical, digest, plain
from yuchi.domain.problem import RuleProblem, RuleProblemError, closest
from yuchi.domain.record import record
from yuchi.domain.triggers import event_types_of

MAX_BYTES: Final = 64 * 1024
MAX_COLUMNS: Final = 50
"""How many columns are looked at, so that garbage costs little."""
DEFAULT_PRIORITY: Final = 100
ALL_ACCOUNTS: Final = "*"
_REQUIRED: Final = ("brand", "rule_id", "on", "then")


@record
class Draft:
    """A rule as a marketer wrote it, well-formed; what it refers to is not checked yet. Times are in UTC.

    ``on``: event types, and triggers as :mod:`yuchi.domain.triggers` writes them.
    """

    brand: str
    rule_id: str
    on: tuple[str, ...]
    then: tuple[Action, ...]
    account: str = ALL_ACCOUNTS
    name: str = ""
    enabled: bool = True
    when: str = "true"
    limit: Limit | None = None
    priority: int = DEFAULT_PRIORITY
    stop: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def event_types(self) -> tuple[str, ...]:
        """The types of the events that it waits for; ``on`` may hold triggers too."""
        return event_types_of(self.on)


@record
class Reading:
    """What came of reading an item: ``draft`` where it is well-formed, else ``problems``.

    ``disabled``: ``enabled`` says clearly no, whatever else may be wrong. ``hash``: of the marketer's columns.
    """

    draft: Draft | None
    problems: tuple[RuleProblem, ...]
    disabled: bool
    hash: str


def read_draft(item: Mapping[str, Any]) -> Reading:
    """Read an item of DynamoDB types (str, Decimal, bool, None, binary, set, list, dict). Never raises."""
    written = _marketers(item)
    data = canonical(written)
    reading_hash = digest(data)
    problems: list[RuleProblem] = []
    values: dict[str, Any] = {}
    if len(data) > MAX_BYTES:
        problems.append(
            RuleProblem(
                "item.size",
                f"规则太大（{len(data) // 1024} KB），最多 {MAX_BYTES // 1024} KB",
                f"the rule is too large ({len(data) // 1024} KB), at most {MAX_BYTES // 1024} KB",
            )
        )
        return Reading(draft=None, problems=tuple(problems), disabled=_is_disabled(written), hash=reading_hash)
    for column, read in COLUMNS.items():
        value = written.get(column)
        if value is None or (isinstance(value, str) and not value.strip()):
            if column in _REQUIRED:
                problems.append(_missing(column))
            continue
        try:
            values[column] = read(value)
        except RuleProblemError as exc:
            problems.extend(problem.at(field=column) for problem in exc.problems)
    if not written.keys() <= COLUMNS.keys():
        problems.extend(_unknown(column) for column in list(written)[:MAX_COLUMNS] if column not in COLUMNS)
    if not problems and "starts_at" in values and "ends_at" in values and values["ends_at"] <= values["starts_at"]:
        problems.append(
            RuleProblem("time.order", "结束时间要晚于开始时间", "must be later than starts_at", field="ends_at")
        )
    return Reading(
        draft=None if problems else Draft(**{**values, "name": values.get("name") or values["rule_id"]}),
        problems=tuple(problems),
        disabled=_is_disabled(written),
        hash=reading_hash,
    )


def marketer_hash(item: Mapping[str, Any]) -> str:
    """A hash of what the marketer wrote; the system's own columns do not change it."""
    return digest(canonical(_marketers(item)))


def key_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """``(brand, rule_id)`` as they stand, for naming an item that may be wrong in every way."""
    return str(item.get("brand", ""))[:100], str(item.get("rule_id", ""))[:100]


def _marketers(item: Mapping[str, Any]) -> dict[str, Any]:
    return plain({name: value for name, value in item.items() if name not in SYSTEM_COLUMNS})  # type: ignore[no-any-return]  # `plain` keeps the shape


def _is_disabled(written: Mapping[str, Any]) -> bool:
    try:
        return "enabled" in written and not COLUMNS["enabled"](written["enabled"])
    except RuleProblemError:
        return False


def _missing(column: str) -> RuleProblem:
    return RuleProblem("column.missing", "这一栏没有填写", "this column is missing", field=column)


def _unknown(column: str) -> RuleProblem:
    shown = column[:40]
    meant = column.strip().lower()
    return RuleProblem(
        "column.unknown",
        "不认识的栏目",
        "is not a known column",
        field=shown,
        suggestion=CHINESE_COLUMNS.get(meant) or closest(meant, COLUMNS),
    )
