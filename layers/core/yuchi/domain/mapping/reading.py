"""From what people wrote to a mapping that can be applied, or to all that is wrong with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from yuchi.domain.catalogue import EVENT_FIELDS
from yuchi.domain.identity import NAMESPACES, WECHAT
from yuchi.domain.language import Condition, ConditionError, parse_condition
from yuchi.domain.language.moments import BEIJING, COMMON_ZONES, find_zone
from yuchi.domain.language.tree import Call, Name, Node, walk
from yuchi.domain.mapping.applying import SECRET, FieldMapping, TypeTable
from yuchi.domain.mapping.moments import NAMED_FORMATS
from yuchi.domain.mapping.values import TYPES, UNITS, Conversion, Read, Row, as_text, first_of, look_up
from yuchi.domain.mapping.written import (
    WrittenFan,
    WrittenIdentities,
    WrittenMapping,
    WrittenTime,
    WrittenType,
    WrittenValue,
)
from yuchi.domain.problem import RuleProblem, RuleProblemError, closest
from yuchi.domain.traits import TRAITS

RESERVED: Final = frozenset(EVENT_FIELDS) | {TRAITS}
"""Names that an event's data cannot have: the event's own, and where attributes travel."""

MAX_PROBLEMS: Final = 20


def read_mapping(raw: Any) -> FieldMapping:
    """The mapping that ``raw`` (YAML's values) describes.

    Raises :class:`~yuchi.domain.problem.RuleProblemError` with everything that is wrong with it.
    """
    try:
        written = WrittenMapping.model_validate(raw)
    except ValidationError as error:
        raise RuleProblemError(*_told(error)) from None
    problems = list(_check(written))
    if problems:
        raise RuleProblemError(*problems)
    return _Making(written).mapping()


class _Making:
    """The parts of one mapping, made while its columns are noted."""

    def __init__(self, written: WrittenMapping) -> None:
        self.written = written
        self.empty = frozenset(written.empty)
        self.columns: set[str] = set()

    def mapping(self) -> FieldMapping:
        """All parts together."""
        written = self.written
        identities = written.identities
        return FieldMapping(
            name=written.name,
            type=self._type(),
            key=tuple(self._first((path,)) for path in written.id or ()),
            time=self._first(written.time.paths) if written.time else None,
            clock=self._clock(written.time),
            account=identities.wechat.account if identities.wechat else "",
            identities={
                name: self._first(value.paths) if isinstance(value, WrittenFan) else self._value(value)
                for name in NAMESPACES
                if (value := getattr(identities, name, None)) is not None
            },
            data={name: self._value(value) for name, value in written.data.items()},
            attributes={name: self._value(value) for name, value in written.attributes.items()},
            tags=tuple(self._value(value) for value in written.tags),
            untags=tuple(self._value(value) for value in written.untags),
            exact_tags=tuple(self._value(value) for value in written.exact_tags),
            when=parse_condition(written.when) if written.when.strip() else None,
            historical=written.historical,
            group=self._first((written.group_by,)) if written.group_by else None,
            group_by=written.group_by or "",
            encoding=written.encoding or "",
            columns=frozenset(self.columns),
            contact_columns={
                path: name
                for name in sorted(SECRET)
                if isinstance(value := getattr(identities, name), WrittenValue)
                for path in value.paths or ()
            },
        )

    def _type(self) -> TypeTable:
        written = self.written.type
        if isinstance(written, str):
            return TypeTable(fixed=written)
        return TypeTable(read=self._first(written.paths), values=written.values, otherwise=written.otherwise)

    def _first(self, paths: tuple[str, ...]) -> Read:
        self.columns.update(paths)
        return first_of(paths, self.empty)

    def _clock(self, written: WrittenTime | WrittenValue | None) -> Conversion:
        zone = (written.zone if written else None) or self.written.zone
        return Conversion(formats=written.formats if written else (), zone=_zone(zone))

    def _value(self, written: WrittenValue) -> Read:
        if written.each is not None and written.fields is not None:
            return self._each(written.each, written.fields)
        if written.paths is None:
            return lambda _row: written.const
        read = self._first(written.paths)
        if written.values is not None:
            read = _by_table(read, written.values, written.otherwise)
        kind = written.type or ("number" if written.unit else "list" if written.separators_given else None)
        if kind is None:
            return _plain(read)
        convert = TYPES[kind]
        conversion = Conversion(
            formats=written.formats,
            zone=_zone(written.zone or self.written.zone),
            unit=UNITS[written.unit] if written.unit else 1,
            separators=written.separators,
        )

        def converted(row: Row) -> Any:
            value = read(row)
            return None if value is None else convert(value, conversion)

        return converted

    def _each(self, path: str, fields: Mapping[str, WrittenValue]) -> Read:
        inner = _Making(self.written)
        reads = {name: inner._value(value) for name, value in fields.items()}
        self.columns.update(inner.columns if path == "." else {path})

        def read(row: Row) -> list[dict[str, Any]] | None:
            found = look_up(row, path)
            things = found if isinstance(found, list) else [found]
            if len(things) > MAX_THINGS:
                raise RuleProblemError(
                    RuleProblem(
                        "things.many", f"一单最多 {MAX_THINGS} 项", f"more than {MAX_THINGS} things in one list"
                    )
                )
            made = [_thing(reads, thing) for thing in things if isinstance(thing, Mapping)]
            return [thing for thing in made if thing] or None

        return read


MAX_THINGS: Final = 200


def _thing(reads: Mapping[str, Read], row: Row) -> dict[str, Any]:
    return {name: value for name, read in reads.items() if (value := read(row)) is not None}


def _by_table(read: Read, values: Mapping[str, Any], otherwise: Any) -> Read:
    def looked_up(row: Row) -> Any:
        value = read(row)
        if isinstance(value, list):
            return [found for each in value if (found := values.get(as_text(each), otherwise)) is not None]
        return None if value is None else values.get(as_text(value), otherwise)

    return looked_up


def _plain(read: Read) -> Read:
    """As it stands in the row; what is no JSON becomes text."""

    def plain(row: Row) -> Any:
        value = read(row)
        return value if isinstance(value, str | int | float | bool | list | dict | None) else as_text(value)

    return plain


def _zone(name: str) -> tzinfo:
    return find_zone(name) or BEIJING


def _check(written: WrittenMapping) -> Iterator[RuleProblem]:
    """What the form alone does not tell."""
    if written.id and written.time is None:
        yield RuleProblem(
            "id.without_time",
            "写了 id 就要写 time：时间不固定时，同一单在两个文件里会成为两个事件",
            "an id needs a time: without it the same order in two files becomes two events",
            field="time",
        )
    for name in written.data.keys() & RESERVED:
        yield RuleProblem(
            "data.reserved",
            f"{name} 是事件自己的名称，请换一个",
            f"{name} is a name of the event's own",
            field=f"data.{name}",
        )
    yield from _check_when(written.when)
    for field, value in _all_values(written):
        if value.zone and find_zone(value.zone) is None:
            yield _bad_zone(value.zone, f"{field}.zone" if field else "zone")
        for form in value.formats:
            if form not in NAMED_FORMATS and "%" not in form:
                yield RuleProblem(
                    "format.unknown",
                    f"看不懂时间写法“{form[:30]}”，例如 %Y-%m-%d %H:%M:%S 或 {'、'.join(NAMED_FORMATS)}",
                    f"cannot read the format {form[:30]!r}: write %Y-%m-%d %H:%M:%S or one of {', '.join(NAMED_FORMATS)}",
                    field=f"{field}.formats",
                )
    if find_zone(written.zone) is None:
        yield _bad_zone(written.zone, "zone")


def _check_when(text: str) -> Iterator[RuleProblem]:
    try:
        condition: Condition | None = parse_condition(text) if text.strip() else None
    except ConditionError as error:
        yield from (problem.at(field="when") for problem in error.problems)
        return
    if condition is not None and any(_is_outside(node) for node in walk(condition.tree)):
        yield RuleProblem(
            "when.row",
            "这里只能判断这一行的内容（event），不能判断画像、账号或当前时间",
            "only the row (event) can be asked here, no profile, account or present time",
            field="when",
        )


def _is_outside(node: Node) -> bool:
    """``profile``, ``account``, ``now``, and the functions that look at a person's past."""
    return (isinstance(node, Name) and node.name in _OUTSIDE) or (isinstance(node, Call) and node.function in _PAST)


_OUTSIDE: Final = frozenset({"profile", "account", "now"})
_PAST: Final = frozenset({"count", "last"})


def _all_values(written: WrittenMapping) -> Iterator[tuple[str, WrittenValue | WrittenTime]]:
    if written.time:
        yield "time", written.time
    parts: Iterable[tuple[str, Any]] = (
        *((f"data.{name}", value) for name, value in written.data.items()),
        *((f"attributes.{name}", value) for name, value in written.attributes.items()),
        *((f"tags.{number}", value) for number, value in enumerate(written.tags, 1)),
        *((f"untags.{number}", value) for number, value in enumerate(written.untags, 1)),
        *((f"exact_tags.{number}", value) for number, value in enumerate(written.exact_tags, 1)),
        *((f"identities.{name}", getattr(written.identities, name, None)) for name in NAMESPACES if name != WECHAT),
    )
    for field, value in parts:
        if isinstance(value, WrittenValue):
            yield field, value
            yield from ((f"{field}.{name}", inner) for name, inner in (value.fields or {}).items())


def _bad_zone(name: str, field: str) -> RuleProblem:
    return RuleProblem(
        "zone.unknown", f"没有时区“{name[:40]}”", f"there is no time zone {name[:40]!r}", field=field,
        suggestion=closest(name, COMMON_ZONES),
    )  # fmt: skip


def _told(error: ValidationError) -> Iterator[RuleProblem]:
    for each in error.errors(include_url=False)[:MAX_PROBLEMS]:
        place = list(_place(each["loc"]))
        tell = _SENTENCES.get(each["type"], _unreadable)
        yield tell(each).at(field=".".join(place))


def _place(location: Iterable[str | int]) -> Iterator[str]:
    """The names of the item alone: pydantic puts those of its own types between them."""
    for part in location:
        if part not in _TAGS:
            yield str(part + 1) if isinstance(part, int) else part


def _missing(_error: Any) -> RuleProblem:
    return RuleProblem("mapping.missing", "没有填写", "is missing")


def _unknown(error: Any) -> RuleProblem:
    name = str(error["loc"][-1])
    return RuleProblem("mapping.unknown", "不认识这一项", "is not known here", suggestion=closest(name, _KEYS))


def _choice(error: Any) -> RuleProblem:
    expected = str(error.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ")
    word = str(error.get("input", ""))
    return RuleProblem(
        "mapping.choice", f"只能是 {expected.replace(', ', '、')}", f"must be one of {expected}",
        suggestion=closest(word, expected.split(", ")),
    )  # fmt: skip


def _pattern(error: Any) -> RuleProblem:
    shown = str(error.get("input", ""))[:40]
    if error["loc"] and "type" in error["loc"]:
        return RuleProblem(
            "mapping.type",
            f"“{shown}”不是事件类型，写法如 order.completed，或者写 skip 跳过",
            f"{shown!r} is no event type: write one like order.completed, or skip",
        )
    return RuleProblem(
        "mapping.name", f"名称“{shown}”里有不能用的符号", f"the name {shown!r} has characters that cannot be used"
    )


def _own(error: Any) -> RuleProblem:
    code = str(error.get("ctx", {}).get("error", ""))
    zh, en = _OWN.get(code, ("写法不对", "cannot be read"))
    return RuleProblem(f"mapping.{code}" if code in _OWN else "mapping.unreadable", zh, en)


def _unreadable(_error: Any) -> RuleProblem:
    return RuleProblem("mapping.unreadable", "写法不对", "cannot be read")


_OWN: Final = {
    "value.origin": (
        "要写 from（列名）、const（固定值）、each（一组）中的一个",
        "write one of from (a column), const (a value), each (a list)",
    ),
    "value.fields": ("each 和 fields 要一起写", "each and fields belong together"),
    "identities.none": ("至少写一种身份，例如 member 或 phone", "name at least one identity, such as member or phone"),
}
_SENTENCES: Final[Mapping[str, Callable[[Any], RuleProblem]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "literal_error": _choice,
    "string_pattern_mismatch": _pattern,
    "value_error": _own,
}
_TAGS: Final = frozenset({"fixed", "table", "[key]"})


def _keys(models: Iterable[type[BaseModel]]) -> frozenset[str]:
    return frozenset((field.alias or name) for model in models for name, field in model.model_fields.items())


_KEYS: Final = _keys((WrittenMapping, WrittenValue, WrittenType, WrittenTime, WrittenFan, WrittenIdentities))
