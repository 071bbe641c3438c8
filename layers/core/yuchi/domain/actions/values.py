"""Names and values inside a line: ``领取试用装, 爱占小便宜``, ``城市 = 上海``, ``来源=菜单, 数量=1``."""

import json
import re
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    StringConstraints,
)

from yuchi.domain.actions.base import refusal, unreadable
from yuchi.domain.placeholders import Scalar

MAX_NAME: Final = 64
MAX_VALUE: Final = 500
MAX_NUMBER: Final = 10**15

_INTEGER: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_DECIMAL: Final = re.compile(r"-?(?:0|[1-9]\d{0,14})\.\d{1,8}")
_PIECE: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,，、]*)\s*(?:[,，、]|$)')
_ASSIGNED: Final = re.compile(r"\s*+([^=＝\s][^=＝]{0,199}?)\s*+[=＝]\s*+(.*)", re.DOTALL)
_PAIR: Final = re.compile(
    r'\s*+([^=＝,，、"\s][^=＝,，、"]{0,199}?)\s*+[=＝]\s*+("(?:[^"\\]|\\.)*+"\s*+(?=[,，、]|$)|[^,，、]*+)(?:[,，、]|$)'
)
_WORDS: Final[dict[str, Scalar]] = {"true": True, "false": False, "null": None}
_ODD: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def _plain_name(name: str) -> str:
    if "{{" in name:
        raise refusal("name.placeholder", "名称里不能用占位符", "a name cannot hold placeholders")
    if _ODD.search(name):
        raise refusal("name.characters", "名称里有看不见的字符", "the name has invisible characters")
    return name


def _scalar(value: Any) -> Any:
    """Only plain values; numbers that come as another type of number become int or float."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        value = value.strip()
        if len(value) > MAX_VALUE or any("\ud800" <= each <= "\udfff" for each in value):
            raise refusal("value.long", f"内容最多 {MAX_VALUE} 个字符", f"a value has at most {MAX_VALUE} characters")
        return value
    if isinstance(value, int | float) and abs(value) < MAX_NUMBER:
        number = round(value, 8)
        return int(number) if number == int(number) else number
    raise refusal("value.kind", "内容要写成文字、数字、true 或 false", "a value is a text, a number, true or false")


Name = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_NAME, strip_whitespace=True), AfterValidator(_plain_name)
]
"""Of a tag, a score, a timer."""
FieldName = Annotated[Name, StringConstraints(pattern=r"^[^\s.,，、=＝|{}\[\]\"'<>]+$")]
"""Of an attribute or a datum: can be written in a condition and in a placeholder."""
Value = Annotated[
    StrictBool | StrictStr | StrictInt | StrictFloat | None,
    BeforeValidator(_scalar, json_schema_input_type=str | int | float | bool | None),
]


def read_names(argument: str) -> tuple[str, ...]:
    """``a, b、"c, d"`` -> names, each once, in their order."""
    names: list[str] = []
    position = 0
    while position < len(argument):
        found = _PIECE.match(argument, position)
        if found is None or (found.end() == position):
            raise unreadable(
                "names.unreadable",
                "名称写法不对，多个名称用逗号隔开",
                "cannot read the names, put commas between them",
                column=position + 1,
            )
        name = _unquote(found.group(1), column=found.start(1) + 1)
        if name and name not in names:
            names.append(name)
        position = found.end()
    if not names:
        raise unreadable("names.none", "没有写名称", "no name is given", column=1)
    return tuple(names)


def write_names(names: tuple[str, ...]) -> str:
    """The inverse of :func:`read_names`."""
    return ", ".join(_quote(name) if re.search(r'[,，、"\\]|\sfor\s', name) else name for name in names)


def read_value(text: str, *, column: int = 1) -> Scalar:
    """A number where it reads as one, ``true``, ``false``, ``null``, else a text; quotes make it a text for sure."""
    stripped = text.strip()
    if stripped.startswith('"'):
        return _unquote(stripped, column=column)
    if stripped in _WORDS:
        return _WORDS[stripped]
    if _INTEGER.fullmatch(stripped):
        return int(stripped)
    return float(stripped) if _DECIMAL.fullmatch(stripped) else stripped


def write_value(value: Scalar) -> str:
    """The inverse of :func:`read_value`."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.8f}".rstrip("0")
    plain = value and not re.search(r'[,，、=＝"\\\n]', value) and isinstance(read_value(value), str)
    return value if plain else _quote(value)


def read_assignment(argument: str) -> tuple[str, Scalar]:
    """``城市 = 上海`` -> name and value. The value reaches to the end of the line."""
    found = _ASSIGNED.fullmatch(argument)
    if found is None:
        raise unreadable(
            "assignment.unreadable",
            "要写成“名称 = 内容”",
            "write it as: name = value",
            column=1,
            suggestion="set " + " = ".join(argument.split(maxsplit=1)) if len(argument.split(maxsplit=1)) > 1 else "",
        )
    return found.group(1), read_value(found.group(2), column=found.start(2) + 1)


def read_pairs(argument: str, *, offset: int = 0) -> dict[str, Scalar]:
    """``来源=菜单, 数量=1`` -> a map. ``offset``: where the pairs start in the action's argument."""
    pairs: dict[str, Scalar] = {}
    position = 0
    while position < len(argument.rstrip()):
        found = _PAIR.match(argument, position)
        if found is None:
            raise unreadable(
                "pairs.unreadable",
                "要写成“名称=内容, 名称=内容”",
                "write it as: name=value, name=value",
                column=offset + position + 1,
            )
        pairs[found.group(1)] = read_value(found.group(2), column=offset + found.start(2) + 1)
        position = found.end()
    return pairs


def write_pairs(pairs: dict[str, Any]) -> str:
    """The inverse of :func:`read_pairs`."""
    return ", ".join(f"{name}={write_value(value)}" for name, value in pairs.items())


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _unquote(text: str, *, column: int) -> str:
    if not text.startswith('"'):
        return text.strip()
    try:
        return str(json.loads(text, strict=False))
    except ValueError as exc:
        raise unreadable("quotes.unreadable", "引号没有成对", "the quotes do not match", column=column) from exc
