"""What a spreadsheet's cell means: texts, numbers, moments, errors, by its kind and style."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from yuchi.domain.mapping.values import NOT_WORKED_OUT

_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_RETURN: Final = 0x0D
_SURROGATES: Final = range(0xD800, 0xE000)


def unescape(text: str) -> str:
    """``_x000D_`` is how spreadsheets write what XML cannot."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: _char(int(found.group(1), 16)), text)


def _char(number: int) -> str:
    return "" if number == 0 or number in _SURROGATES else "\n" if number == _RETURN else chr(number)


class Styles:
    """Which styles show a number as a moment or as a time span, and which day is the first."""

    def __init__(self, formats: Mapping[str, str], styles: list[str], *, since_1904: bool) -> None:
        """``formats``: the book's own by their number; ``styles``: the number of the format of each style."""
        self._epoch = MAC_EPOCH if since_1904 else WINDOWS_EPOCH
        texts = {str(number): text for number, text in BUILTIN_FORMATS.items()} | dict(formats)
        self._moments = {str(each) for each, number in enumerate(styles) if is_date_format(texts.get(number, ""))}
        self._spans = {str(each) for each, number in enumerate(styles) if is_timedelta_format(texts.get(number, ""))}

    def number(self, text: str, style: str) -> Any:
        """A number, or what its style makes of it."""
        try:
            value = int(text) if text.lstrip("-").isdecimal() else float(text)
        except ValueError:
            return text
        if style not in self._moments and style not in self._spans:
            return value
        try:
            return _plain(from_excel(value, self._epoch, timedelta=style in self._spans))
        except (ValueError, OverflowError):
            return value


def moment(text: str) -> Any:
    """What the standard lets be written as a date."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    """JSON values and datetimes; a time alone becomes text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - on the writer's own calendar
    if isinstance(value, time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else value


def value_of(kind: str, text: str | None, style: str, *, formula: bool, styles: Styles) -> Any:
    """The value of a cell whose text is its own; None for an empty one."""
    if text is None or (not text and kind == "n"):
        return NOT_WORKED_OUT if formula else None
    if kind == "n":
        return styles.number(text.strip(), style) if text.strip() else None
    if kind == "b":
        return text.strip() in {"1", "true"}
    if kind == "d":
        return moment(text.strip())
    return unescape(text) or None  # str and inlineStr; and e, an error, which the mapping judges
