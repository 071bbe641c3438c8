"""Values at the door: whether what a source tells fits the brand's data standard. What does not is kept apart. Pure."""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ConfigDict

from yuchi.domain.event import Event, format_time
from yuchi.domain.language.moments import parse_day, parse_timestamp
from yuchi.domain.standard.model import AttributeRule, BrandSchema, ValueRule, ValueType
from yuchi.domain.traits import TRAITS

MAX_SHOWN: Final = 200
"""Characters kept of a value that did not fit."""
MAX_REJECTED: Final = 50
"""How many values that did not fit are kept of one event."""
HIDDEN: Final = "***"
"""What is kept of a personal value that did not fit."""

WRONG_TYPE: Final = "type"
NOT_ALLOWED: Final = "allowed"

_NUMBER: Final = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,10})?")
_THOUSANDS: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d{1,10})?")
_YES: Final = frozenset({"true", "yes", "1", "是", "y", "t"})
_NO: Final = frozenset({"false", "no", "0", "否", "n", "f"})
_SEPARATORS: Final = re.compile(r"[,;、，；|]+")


class Rejected(BaseModel):
    """A value that did not fit: ``reason`` is ``type`` or ``allowed``, ``value`` its text, cut."""

    model_config = ConfigDict(frozen=True)

    reason: str
    value: str = ""


class Conformed(NamedTuple):
    """An event with the values that fit, and by name those that did not: ``<name>``, or ``traits.<name>``."""

    event: Event
    rejected: Mapping[str, Rejected]


class UnfitError(ValueError):
    """A value does not fit; the text is the reason."""


def conform(event: Event, schema: BrandSchema) -> Conformed:
    """``event`` as the data standard wants it: values in their types, without those that do not fit.

    Names that the standard does not list pass as they are. What rules caused is not looked at.
    """
    properties = schema.properties.get(event.type)
    traits = event.data.get(TRAITS) if schema.attributes else None
    if event.hops or not (properties or (isinstance(traits, dict) and traits.keys() & schema.attributes.keys())):
        return Conformed(event, {})
    data, rejected = _fitting(event.data, properties or {}, "")
    if isinstance(traits, dict):
        data[TRAITS], unfit = _fitting(traits, schema.attributes, f"{TRAITS}.")
        rejected |= unfit
    if data == event.data and not rejected:
        return Conformed(event, {})
    return Conformed(event.model_copy(update={"data": data}), dict(list(rejected.items())[:MAX_REJECTED]))


def fit(value: Any, rule: ValueRule) -> Any:
    """``value`` in the type of ``rule``: a text is read where only one reading is possible. None stays None, for it says
    that there is no value. Raises :class:`UnfitError`.
    """
    if value is None or (value == "" and rule.type is not ValueType.TEXT):
        return None
    read = _READERS[rule.type](value)
    if rule.allowed and not all(each in rule.allowed for each in (read if isinstance(read, list) else [read])):
        raise UnfitError(NOT_ALLOWED)
    return read


def shown(value: Any, rule: ValueRule) -> str:
    """What may be kept of a value that did not fit."""
    if isinstance(rule, AttributeRule) and rule.personal:
        return HIDDEN
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text[:MAX_SHOWN]


def _fitting(
    said: Mapping[str, Any], rules: Mapping[str, ValueRule], prefix: str
) -> tuple[dict[str, Any], dict[str, Rejected]]:
    values, rejected = dict(said), dict[str, Rejected]()
    for name, rule in rules.items():
        if name not in said:
            continue
        try:
            values[name] = fit(said[name], rule)
        except UnfitError as error:
            del values[name]
            rejected[f"{prefix}{name}"] = Rejected(reason=str(error), value=shown(said[name], rule))
    return values, rejected


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise UnfitError(WRONG_TYPE)


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isfinite(value):
            return value
        raise UnfitError(WRONG_TYPE)
    text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _NUMBER.fullmatch(text):
        raise UnfitError(WRONG_TYPE)
    return float(text) if "." in text else int(text)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = unicodedata.normalize("NFKC", str(value)).strip().lower() if isinstance(value, str | int) else ""
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise UnfitError(WRONG_TYPE)


def _time(value: Any) -> str:
    """A calendar day as ``1990-05-01``, a moment in UTC. A number is no time: it may be seconds, milliseconds or a year."""
    text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    day = parse_day(text)
    if day is not None:
        return day.isoformat()
    moment = parse_timestamp(text)
    if moment is None:
        raise UnfitError(WRONG_TYPE)
    return format_time(moment)


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [part.strip() for part in _SEPARATORS.split(value) if part.strip()]
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return value
    raise UnfitError(WRONG_TYPE)


_READERS: Final[Mapping[ValueType, Callable[[Any], Any]]] = {
    ValueType.TEXT: _text,
    ValueType.NUMBER: _number,
    ValueType.BOOLEAN: _boolean,
    ValueType.TIME: _time,
    ValueType.LIST: _list,
}
