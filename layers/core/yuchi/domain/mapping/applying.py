"""A row becomes what it says: event type, business key, time, who it is about, data, attributes, tags. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from yuchi.domain.event import ALL_OTHERS, derive_id, fan_identity
from yuchi.domain.identity import EMAIL, PHONE, WECHAT
from yuchi.domain.language import Condition, Context
from yuchi.domain.mapping.moments import EARLIEST, LATEST
from yuchi.domain.mapping.values import PARTS, Conversion, Read, Row, as_key, as_moment, as_text
from yuchi.domain.mapping.written import SKIP
from yuchi.domain.problem import RuleProblem, RuleProblemError

MAX_KEY: Final = 200
MAX_TAG: Final = 64
MAX_TAGS: Final = 50
SECRET: Final = frozenset({PHONE, EMAIL})
"""Identities that must not leave the door as they are: they are sealed there."""
NOBODY: Final = frozenset(
    {"0", "-", "--", "/", "null", "none", "nil", "nan", "undefined", "unknown", "无", "未知", "匿名", "#n/a"}
)
"""What systems write where they have no id. Taken as one, it would make everybody one person."""
_NOW: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one row says.

    ``key``: the business key, empty where the mapping names none. ``time``: None where the row says none.
    ``identities``: namespace -> value, the most believed first; phones and addresses are still bare, so this must not
    travel beyond the door.
    """

    type: str
    key: tuple[str, ...]
    time: datetime | None
    identities: Mapping[str, str]
    data: Mapping[str, Any]
    attributes: Mapping[str, Any]
    tags: tuple[str, ...]
    untags: tuple[str, ...] = ()

    def event_id(self, brand: str, source: str, *otherwise: str) -> str:
        """The same for the same fact, whichever file or message tells it; by ``otherwise`` where it has no key."""
        parts = self.key or otherwise
        return derive_id("mapped", brand, source, self.type, *parts)


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that the mapping leaves out on purpose: its ``when`` does not hold, or its type is ``skip``."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be taken, and everything that is wrong with it."""

    problems: tuple[RuleProblem, ...]


Outcome = Mapped | Skipped | Rejected


@dataclass(frozen=True, slots=True)
class TypeTable:
    """The event type: ``fixed``, or by the value that ``read`` gives."""

    fixed: str = ""
    read: Read | None = None
    values: Mapping[str, str] | None = None
    otherwise: str | None = None

    def of(self, row: Row) -> str:
        """The type of ``row``'s event, or ``skip``. Raises :class:`~yuchi.domain.problem.RuleProblemError`."""
        if self.read is None or self.values is None:
            return self.fixed
        value = self.read(row)
        word = "" if value is None else as_text(value)
        found = self.values.get(word, self.otherwise)
        if found is None:
            raise RuleProblemError(
                RuleProblem(
                    "type.unknown",
                    f"对照表里没有“{word[:30]}”" if word else "决定事件类型的这一列是空的",
                    f"the table has no {word[:30]!r}" if word else "the column that decides the event type is empty",
                    field="type",
                )
            )
        return found


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """A mapping that was read and checked.

    ``columns``: the paths it looks at; ``contact_columns``: those of phones and addresses, with their namespace.
    ``historical`` None: as the door has it. ``group``: by what rows that follow each other are one event.
    """

    name: str
    type: TypeTable
    key: tuple[Read, ...]
    time: Read | None
    clock: Conversion
    account: str
    identities: Mapping[str, Read]
    data: Mapping[str, Read]
    attributes: Mapping[str, Read]
    tags: tuple[Read, ...]
    untags: tuple[Read, ...]
    exact_tags: tuple[Read, ...]
    when: Condition | None
    historical: bool | None
    columns: frozenset[str]
    contact_columns: Mapping[str, str]
    group: Read | None = None
    group_by: str = ""
    encoding: str = ""

    def apply(self, row: Row, further: Sequence[Row] = ()) -> Outcome:
        """What ``row`` says, with ``further`` ones of the same order, or why it cannot be taken. Never raises."""
        if further:
            row = {**row, PARTS: [row, *further]}
        problems: list[RuleProblem] = []
        try:
            event_type = self.type.of(row)
        except RuleProblemError as error:
            problems.extend(error.problems)
            event_type = ""
        if event_type == SKIP:
            return Skipped()
        data = _read_all("data", self.data, row, problems)
        if not self._wanted(row, data, problems):
            return Skipped()
        key = _tried("id", lambda: self._key(row), problems)
        moment = _tried("time", lambda: self._moment(row), problems)
        identities = self._identities(row, problems)
        attributes = _read_all("attributes", self.attributes, row, problems)
        tags = _tried("tags", lambda: _tags((*self.tags, *self.exact_tags), row), problems)
        untags = _tried("untags", lambda: _tags(self.untags, row), problems)
        if any(_tried("exact_tags", partial(read, row), problems) is not None for read in self.exact_tags):
            untags = (*(untags or ()), ALL_OTHERS)
        if problems:
            return Rejected(tuple(problems))
        return Mapped(event_type, key or (), moment, identities, data, attributes, tags or (), untags or ())

    def _wanted(self, row: Row, data: Mapping[str, Any], problems: Sequence[RuleProblem]) -> bool:
        """Whether ``when`` holds; a row whose condition looks at what could not be read is not passed over silently."""
        if self.when is None:
            return True
        unread = {problem.field.replace("data.", "event.", 1) for problem in problems}
        view = {**row, **data}
        return not unread.isdisjoint(self.when.fields) or self.when.matches(
            Context(event=view, profile={}, account={}, now=_NOW)
        )

    def _key(self, row: Row) -> tuple[str, ...]:
        values = [read(row) for read in self.key]
        if any(value is None for value in values):
            raise RuleProblemError(RuleProblem("id.missing", "单号是空的", "the business key is empty"))
        return tuple(as_key(value)[:MAX_KEY] for value in values)

    def _moment(self, row: Row) -> datetime | None:
        if self.time is None:
            return None
        value = self.time(row)
        if value is None:
            raise RuleProblemError(RuleProblem("time.missing", "时间是空的", "the time is empty"))
        moment = as_moment(value, self.clock)
        if not EARLIEST <= moment < LATEST:
            raise RuleProblemError(
                RuleProblem("time.range", f"时间 {as_text(value)[:30]} 不合理", f"{as_text(value)[:30]} cannot be")
            )
        return moment

    def _identities(self, row: Row, problems: list[RuleProblem]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for namespace, read in self.identities.items():
            value = _tried(
                f"identities.{namespace}", partial(_identity, row, read, blanks=namespace in SECRET), problems
            )
            if value:
                found[namespace] = value
        if not found and not problems:
            problems.append(
                RuleProblem(
                    "identity.missing",
                    "没有会员号、手机号等任何一种身份，不知道是谁",
                    "no member number, phone or any other identity: nobody knows whose it is",
                    field="identities",
                )
            )
        return found

    def whole(self, namespace: str, value: str) -> str:
        """The identity ``<namespace>:<value>``; a fan's with the account."""
        return fan_identity(self.account, value) if namespace == WECHAT else f"{namespace}:{value}"


def _tags(reads: Sequence[Read], row: Row) -> tuple[str, ...]:
    names: list[str] = []
    for read in reads:
        value = read(row)
        several = value if isinstance(value, list) else [value]
        names.extend(as_text(each) for each in several if each is not None)
    tags = tuple(dict.fromkeys(name for name in names if name and name != ALL_OTHERS))
    if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in tags):
        raise RuleProblemError(
            RuleProblem(
                "tags.many",
                f"一行最多 {MAX_TAGS} 个标签，每个最多 {MAX_TAG} 个字；分隔符是否写对了？",
                f"a row has at most {MAX_TAGS} tags of {MAX_TAG} characters; are the separators right?",
            )
        )
    return tags


def _identity(row: Row, read: Read, *, blanks: bool) -> str | None:
    """The identity's value; ``blanks``: people write it with some, and it is made uniform later."""
    value = read(row)
    if value is None:
        return None
    text = as_key(value)
    if text.lower() in NOBODY:
        return None
    if len(text) > MAX_KEY or not text.isprintable() or (not blanks and len(text.split()) > 1):
        raise RuleProblemError(
            RuleProblem(
                "identity.form",
                "号码太长，或者中间有空格、看不见的字符",
                "too long, or with spaces or invisible characters",
            )
        )
    return text


def _read_all(field: str, reads: Mapping[str, Read], row: Row, problems: list[RuleProblem]) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name, read in reads.items():
        try:
            value = read(row)
        except RuleProblemError as error:
            problems.extend(each.at(field=f"{field}.{name}") for each in error.problems)
            continue
        if value is not None:
            found[name] = value
    return found


def _tried(field: str, read: Callable[[], Any], problems: list[RuleProblem]) -> Any:
    try:
        return read()
    except RuleProblemError as error:
        problems.extend(each.at(field=field) for each in error.problems)
        return None


def columns_missing(mapping: FieldMapping, header: Sequence[str]) -> tuple[str, ...]:
    """The columns that ``mapping`` looks at and a file with this ``header`` lacks."""
    there = set(header)
    return tuple(sorted(path for path in mapping.columns if path not in there and path.partition(".")[0] not in there))
