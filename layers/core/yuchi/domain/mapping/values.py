"""One value out of a row: where it stands, and what it is to become."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, Final

from yuchi.domain.event import format_time
from yuchi.domain.language.moments import BEIJING, parse_day
from yuchi.domain.mapping.moments import read_moment
from yuchi.domain.problem import RuleProblem, RuleProblemError

Row = Mapping[str, Any]
"""A row by its column names, or a message: JSON values, and datetime from spreadsheets."""
Read = Callable[[Row], Any]
"""Gives the value, None where there is none. Raises :class:`~yuchi.domain.problem.RuleProblemError`."""

UNITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("元", "yuan"), 1),
    **dict.fromkeys(("角",), 10),
    **dict.fromkeys(("分", "fen", "cent"), 100),
    **dict.fromkeys(("厘",), 1000),
}
"""Units of amounts: how many of them make one yuan (or dollar)."""

MAX_TEXT: Final = 2_000
MAX_ITEMS: Final = 200
MAX_NUMBER: Final = 10**15
SEPARATORS: Final = ",，;；、|"

_AMOUNT: Final = re.compile(r"[¥￥$€£]?\s{0,2}([+-]?[0-9][0-9,]{0,20}(?:\.[0-9]{0,10})?|[+-]?\.[0-9]{1,10})\s{0,2}元?")
_SCIENTIFIC: Final = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]{1,2}")
_EXCEL_TEXT: Final = re.compile(r'="([^"]*)"')
_TRUE: Final = frozenset({"true", "1", "y", "yes", "是", "对", "有", "√", "on", "t"})
_FALSE: Final = frozenset({"false", "0", "n", "no", "否", "不", "无", "×", "off", "f"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value is read: what a ``type`` needs beside the value itself."""

    formats: Sequence[str] = ()
    zone: tzinfo = BEIJING
    unit: int = 1
    separators: str = SEPARATORS


PARTS: Final = "\0rows"
"""In a row that stands for several: all of them. No column has such a name."""


def look_up(row: Row, path: str) -> Any:
    """What stands in the column ``path``, or below it: ``buyer.mobile``, ``lines.0.sku``. ``.`` is the row itself,
    or all those that it stands for.
    """
    value = row.get(path)
    if value is not None or "." not in path:
        return value
    if path == ".":
        return row.get(PARTS, row)
    inner: Any = row
    for part in path.split("."):
        if isinstance(inner, Mapping):
            inner = inner.get(part)
        elif isinstance(inner, list) and part.isdecimal() and int(part) < len(inner):
            inner = inner[int(part)]
        else:
            return None
    return inner


def first_of(paths: Sequence[str], empty: frozenset[str]) -> Read:
    """The first value among ``paths`` that is none of the ``empty`` ones."""
    if len(paths) == 1:
        path = paths[0]
        return lambda row: _cleaned(look_up(row, path), empty)

    def read(row: Row) -> Any:
        found = (_cleaned(look_up(row, path), empty) for path in paths)
        return next((value for value in found if value is not None), None)

    return read


def _cleaned(value: Any, empty: frozenset[str]) -> Any:
    """Texts without the tricks by which they pass spreadsheets unchanged: ``="0123"``, ``'0123``."""
    if not isinstance(value, str):
        return value
    text = value.strip().strip("\ufeff\u200b")
    if text.startswith("="):
        found = _EXCEL_TEXT.fullmatch(text)
        text = found.group(1) if found else text
    elif text.startswith("'") and text[1:2].isascii() and (text[1:2].isdigit() or text[1:2] == "+"):
        text = text[1:]
    if not text or text in empty or text == NOTHING_FOUND:
        return None
    if text.startswith("#") and text in _SHEET_ERRORS:
        raise _refusal(
            "cell.error",
            f"表格算出的是错误值 {text}；如果表示“没有”，请写进 empty",
            f"the spreadsheet came to the error {text}; where that means nothing, name it in empty",
        )
    if text == NOT_WORKED_OUT:
        raise _refusal(
            "cell.formula",
            "公式还没有算出结果，请用 Excel 或 WPS 打开、保存后再上传",
            "a formula that was never worked out: open the file in a spreadsheet program, and save it",
        )
    return text


NOTHING_FOUND: Final = "#N/A"
"""What spreadsheets write where they looked something up that is not there."""
NOT_WORKED_OUT: Final = "\0formula"
"""What a spreadsheet's cell says that holds a formula without its result."""
_SHEET_ERRORS: Final = frozenset(
    {
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#DIV/0!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
    }
)


def as_text(value: Any) -> str:
    """A value as people would write it: 12.0 from a spreadsheet is ``12``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not isfinite(value):
        raise _refusal("number.range", "数字太大", "the number is too large")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if not isinstance(value, str | int | float):
        raise _refusal("value.kind", "这里应该是文字，来的是一组内容", "a text belongs here, not a structure")
    text = str(value)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT]


def as_key(value: Any) -> str:
    """A value that identifies something. Raises where a spreadsheet has rounded the digits away."""
    text = as_text(value)
    if _SCIENTIFIC.fullmatch(text):
        raise _refusal(
            "number.scientific",
            f"“{text}”是表格软件改成的科学计数法，原来的号码已经丢失，请把这一列设为文本后重新导出",
            f"{text!r} was turned into scientific notation by a spreadsheet; export the column as text",
        )
    return text


def _number(value: Any, conversion: Conversion) -> int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refusal("number.unreadable", "这里应该是数字", "a number belongs here")
    text = str(value)
    found = _AMOUNT.fullmatch(text) if isinstance(value, str) else None
    try:
        number = Decimal(found.group(1).replace(",", "") if found else text) / conversion.unit
    except InvalidOperation:
        raise _refusal("number.unreadable", f"“{_short(text)}”不是数字", f"{_short(text)!r} is no number") from None
    if not number.is_finite() or abs(number) >= MAX_NUMBER:
        raise _refusal("number.range", f"数字 {_short(text)} 太大", f"the number {_short(text)} is too large")
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(value: Any, _conversion: Conversion) -> bool:
    word = as_text(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise _refusal("boolean.unreadable", f"“{_short(word)}”不是“是”或“否”", f"{_short(word)!r} is neither yes nor no")


def _time(value: Any, conversion: Conversion) -> str:
    return format_time(as_moment(value, conversion))


def as_moment(value: Any, conversion: Conversion) -> datetime:
    """A time in UTC."""
    moment = read_moment(value, conversion.formats, conversion.zone)
    if moment is None:
        shown = _short(str(value))
        raise _refusal("time.unreadable", f"看不懂时间“{shown}”", f"cannot read the time {shown!r}")
    return moment


def _date(value: Any, conversion: Conversion) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    day: date | None = None if conversion.formats else parse_day(as_text(value))
    if day is None:
        day = as_moment(value, conversion).astimezone(conversion.zone).date()
    return day.isoformat()


def _list(value: Any, conversion: Conversion) -> list[Any]:
    if isinstance(value, list):
        return [as_text(each) for each in value[:MAX_ITEMS] if each is not None]
    table = str.maketrans(dict.fromkeys(conversion.separators, "\n"))
    pieces = (piece.strip() for piece in as_text(value).translate(table).split("\n"))
    return [piece for piece in pieces if piece][:MAX_ITEMS]


TYPES: Final[Mapping[str, Callable[[Any, Conversion], Any]]] = {
    "text": lambda value, _conversion: as_text(value),
    "number": _number,
    "boolean": _boolean,
    "time": _time,
    "date": _date,
    "list": _list,
}
"""What a value may be turned into. ``time`` becomes RFC 3339 in UTC, ``date`` YYYY-MM-DD: events hold JSON."""


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:30] + "…"  # noqa: PLR2004 - enough to recognise it by


def _refusal(code: str, zh: str, en: str) -> RuleProblemError:
    return RuleProblemError(RuleProblem(code, zh, en))
