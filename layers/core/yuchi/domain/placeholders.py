"""Texts with ``{{profile.attributes.城市}}`` in them: filled in by plain look-up, nothing is ever evaluated.

A default follows a bar: ``{{profile.attributes.称呼|亲}}``. A value that is missing becomes its default, or an empty
text. Values come from strangers, so each is made harmless for the place it goes to (see :class:`Channel`) and cut to
what room the author's own words leave: a value can never add a link, a menu or a line, and never push the author's
words out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from yuchi.domain.catalogue import Catalogue, FieldSpec, Kind
from yuchi.domain.problem import SPELLING, RuleProblem, closest

Scalar = str | int | float | bool | None
Views = Mapping[str, Mapping[str, Any]]
"""``event``, ``profile`` and ``account`` as conditions see them."""

MAX_VALUE_CHARACTERS: Final = 200
"""How much of one value is shown in a message."""
MAX_STORED_CHARACTERS: Final = 1_000
"""How long a text gets that is kept in an attribute or sent as data, its values filled in."""
MAX_PLACEHOLDERS: Final = 20
MAX_PATH: Final = 6
MAX_WHOLE: Final = 10**15
"""Larger numbers are written with an exponent."""
STORED_NUMBERS: Final = (1e-100, 1e100)
"""Between which a number may lie to be kept as one: a double reaches further than the stores do."""
BEIJING: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China has no summer time, so a fixed offset is exact."""


class Channel(StrEnum):
    """Where a text goes, which decides how values in it are made harmless.

    ``TEXT``: WeChat shows ``<a>`` tags and makes links of bare addresses. ``PLAIN``: titles and the like; same
    treatment. ``URL``: values are percent-encoded. ``DATA``: stored or sent as JSON; only control characters go.
    """

    TEXT = "text"
    PLAIN = "plain"
    URL = "url"
    DATA = "data"


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``path`` is the root and the names below it; ``column`` where it starts in the text, from 1."""

    path: tuple[str, ...]
    default: str
    column: int

    @property
    def written(self) -> str:
        """The path as a marketer writes it."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Template:
    """A text taken apart: literal texts and placeholders in their order."""

    parts: tuple[str | Placeholder, ...]
    problems: tuple[RuleProblem, ...] = ()

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        """The placeholders in the order of the text."""
        return tuple(part for part in self.parts if isinstance(part, Placeholder))


ROOTS: Final = ("event", "profile", "account")
_OPEN, _CLOSE = "{{", "}}"
_NAME: Final = re.compile(r"[^\s.|{}\[\]\"'<>]{1,64}")
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]+"
)
_DOT_BEFORE_NAME: Final = re.compile(r"(?<=\w)[.\uff0e\u3002\uff61\u2024](?=[^\W\d_])")
_SOFTER: Final = str.maketrans({"<": "＜", ">": "＞", "&": "＆", "{": "｛", "}": "｝"})
_RENDERED_KINDS: Final = frozenset({Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.TIME, Kind.ANY})


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Take ``text`` apart. What is malformed stays in the text as it is and is told in ``problems``."""
    parts: list[str | Placeholder] = []
    problems: list[RuleProblem] = []
    position = 0
    while (start := text.find(_OPEN, position)) >= 0:
        end = text.find(_CLOSE, start)
        if end < 0:
            problems.append(
                RuleProblem(
                    "placeholder.unclosed",
                    "占位符缺少结尾的 }}",
                    "the placeholder has no closing }}",
                    column=start + 1,
                )
            )
            break
        if start > position:
            parts.append(text[position:start])
        found = _read_placeholder(text[start + 2 : end], column=start + 1)
        if isinstance(found, RuleProblem):
            problems.append(found)
            parts.append(text[start : end + 2])
        else:
            parts.append(found)
        position = end + 2
    if position < len(text):
        parts.append(text[position:])
    template = Template(parts=tuple(parts), problems=tuple(problems))
    if len(template.placeholders) > MAX_PLACEHOLDERS:
        too_many = RuleProblem(
            "placeholder.too_many",
            f"一段文字里最多 {MAX_PLACEHOLDERS} 个占位符",
            f"at most {MAX_PLACEHOLDERS} placeholders in one text",
        )
        return Template(parts=template.parts, problems=(*template.problems, too_many))
    return template


def check_template(text: str, *, catalogue: Catalogue, event_types: Iterable[str]) -> tuple[RuleProblem, ...]:
    """What is wrong with the placeholders in ``text`` when an event of one of ``event_types`` comes."""
    template = parse_template(text)
    problems = list(template.problems)
    types = tuple(event_types)
    for placeholder in template.placeholders:
        problem = _check_path(placeholder, catalogue.fields(placeholder.path[0], types))
        if problem is not None:
            problems.append(problem)
    return tuple(problems)


def fill_text(
    text: str, views: Views, *, channel: Channel, max_bytes: int | None = None, max_characters: int | None = None
) -> str:
    """``text`` with its placeholders filled in, made for ``channel``.

    The author's words stay whole; the values share what the two caps (UTF-8 bytes, characters) leave, in their order.
    """
    template = parse_template(text)
    if not template.placeholders:
        return text
    literal = "".join(part for part in template.parts if isinstance(part, str))
    bytes_left = (max_bytes or 1 << 30) - len(literal.encode("utf-8", "replace"))
    characters_left = (max_characters or 1 << 30) - len(literal)
    written: list[str] = []
    for part in template.parts:
        if isinstance(part, str):
            written.append(part)
            continue
        place = Channel.URL if channel is Channel.TEXT and _inside_markup("".join(written)) else channel
        value = _cut(_harmless(_look_up(part, views), place), place, max(bytes_left, 0), max(characters_left, 0))
        bytes_left -= len(value.encode())
        characters_left -= len(value)
        written.append(value)
    return "".join(written)


def fill_value(value: Scalar, views: Views) -> Scalar:
    """A value of an attribute or of data: a text that is one placeholder alone keeps the type of what it names."""
    if not isinstance(value, str):
        return value
    parts = parse_template(value).parts
    if len(parts) == 1 and isinstance(parts[0], Placeholder):
        found = _find(parts[0].path, views)
        if isinstance(found, bool | int | float) and _can_be_stored(found):
            return found
        if found is None and not parts[0].default:
            return None
    return fill_text(value, views, channel=Channel.DATA, max_characters=MAX_STORED_CHARACTERS)


def _can_be_stored(number: float) -> bool:
    return number == 0 or STORED_NUMBERS[0] < abs(number) < STORED_NUMBERS[1]


def _read_placeholder(inside: str, *, column: int) -> Placeholder | RuleProblem:
    path_text, _, default = inside.partition("|")
    path = tuple(part.strip() for part in path_text.strip().split("."))
    if path[0] not in ROOTS or len(path) == 1:
        guess = closest(path[0], ROOTS)
        return RuleProblem(
            "placeholder.root",
            f"占位符要以 event.、profile. 或 account. 开头，这里是 {path_text.strip()[:40]}",
            f"a placeholder starts with event., profile. or account., not {path_text.strip()[:40]}",
            column=column,
            suggestion="{{" + ".".join((guess, *path[1:])) + "}}" if guess and len(path) > 1 else "",
        )
    if not all(_NAME.fullmatch(part) for part in path) or len(path) > MAX_PATH:
        return RuleProblem(
            "placeholder.path",
            "占位符里只能写用点隔开的名字，不能写表达式",
            "a placeholder holds names with dots between them, no expression",
            column=column,
        )
    return Placeholder(path=path, default=default.strip(), column=column)


def _check_path(placeholder: Placeholder, known: Mapping[str, FieldSpec] | None) -> RuleProblem | None:
    if known is None:
        return None
    root, name, *rest = placeholder.path
    spec = known.get(name)
    if spec is None:
        of_profile = root == "profile"
        return (
            _unknown_of_profile(placeholder, known)
            if of_profile
            else _unknown_field(placeholder, root, (name, *rest), known)
        )
    while rest and spec.fields:
        inner = spec.fields.get(rest[0])
        if inner is None:
            return _unknown_field(placeholder, f"{root}.{name}", rest, spec.fields)
        name, spec, rest = f"{name}.{rest[0]}", inner, rest[1:]
    if rest and spec.kind not in {Kind.MAP, Kind.ANY, Kind.LIST}:
        return RuleProblem(
            "placeholder.below",
            f"{root}.{name} 下面没有更多字段",
            f"{root}.{name} has no fields below it",
            column=placeholder.column,
            suggestion=f"{{{{{root}.{name}}}}}",
        )
    if not rest and spec.kind not in _RENDERED_KINDS:
        return RuleProblem(
            "placeholder.not_text",
            f"{root}.{name} 是一组内容，请写出其中一个，例如 {root}.{name}.名称",
            f"{root}.{name} holds many values, name one of them",
            column=placeholder.column,
        )
    return None


def _unknown_field(placeholder: Placeholder, before: str, names: Sequence[str], known: Iterable[str]) -> RuleProblem:
    """``before`` has the fields ``known``, and not the first of ``names``."""
    guess = closest(names[0], known)
    return RuleProblem(
        "placeholder.unknown",
        f"没有 {before}.{names[0]} 这个字段",
        f"there is no field {before}.{names[0]}",
        column=placeholder.column,
        suggestion="{{" + ".".join((before, guess, *names[1:])) + "}}" if guess else "",
    )


def _unknown_of_profile(placeholder: Placeholder, known: Iterable[str]) -> RuleProblem:
    """Mostly an attribute that rules set, written as if it were a field of its own."""
    _, name, *rest = placeholder.path
    guess = closest(name, known, cutoff=SPELLING)
    meant = ("profile", guess, *rest) if guess else ("profile", "attributes", name)
    return RuleProblem(
        "placeholder.attribute",
        f"没有 profile.{name} 这个字段；规则用 set 设置的属性写作 {{{{profile.attributes.{name}}}}}",
        f"there is no field profile.{name}; an attribute that rules set is written {{{{profile.attributes.{name}}}}}",
        column=placeholder.column,
        suggestion="{{" + ".".join(meant) + "}}",
    )


def _find(path: tuple[str, ...], views: Views) -> Any:
    value: Any = views
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _look_up(placeholder: Placeholder, views: Views) -> str:
    value = _find(placeholder.path, views)
    match value:
        case None | "":
            return placeholder.default
        case bool():
            return "是" if value else "否"
        case str():
            return value
        case int() | float():
            return _number(value)
        case datetime():
            return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
        case _:
            return placeholder.default


def _number(value: float) -> str:
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < MAX_WHOLE else f"{number:.10g}"


def _inside_markup(written: str) -> bool:
    """True in the middle of a tag such as ``<a href="https://...?u=``."""
    return written.rfind("<") > written.rfind(">")


def _harmless(value: str, channel: Channel) -> str:
    value = _UNSEEN.sub(" ", value[:MAX_STORED_CHARACTERS])
    if channel is Channel.DATA:
        return value
    value = value.strip()[:MAX_VALUE_CHARACTERS]
    if channel is Channel.URL:
        return quote(value, safe="", errors="replace")
    # A middle dot and a spaced scheme are read the same, but no client turns them into a link.
    return _DOT_BEFORE_NAME.sub("·", value.replace("://", "： / / ")).translate(_SOFTER)


def _cut(value: str, channel: Channel, max_bytes: int, max_characters: int) -> str:
    if len(value) > max_characters:
        value = value[:max_characters]
    if len(value.encode()) > max_bytes:
        value = value.encode()[:max_bytes].decode(errors="ignore")
    # Half a percent escape would spoil the address.
    return re.sub(r"%[0-9A-F]?$", "", value) if channel is Channel.URL else value
