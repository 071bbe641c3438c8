"""Placeholders inside actions: checked when a rule is saved, filled in when it fires.

Fields say by :class:`~yuchi.domain.actions.base.Templated` that they hold texts with placeholders, so a new action
needs no code here.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel

from yuchi.domain.actions.base import Templated
from yuchi.domain.actions.saying import Reply, Send
from yuchi.domain.actions.table import Action
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.placeholders import Channel, Views, check_template, fill_text, fill_value
from yuchi.domain.problem import RuleProblem

M = TypeVar("M", bound=BaseModel)


def check_texts(action: Action, *, catalogue: Catalogue, event_types: Iterable[str]) -> tuple[RuleProblem, ...]:
    """What is wrong with the placeholders of ``action``."""
    if not _may_hold_texts(type(action)):
        return ()
    types = tuple(event_types)
    return tuple(
        problem for text in texts_of(action) for problem in check_template(text, catalogue=catalogue, event_types=types)
    )


def fill_action(action: Action, views: Views) -> Action | None:
    """``action`` with its placeholders filled in; None when the text to say has come out empty (WeChat refuses
    that).
    """
    filled = fill_part(action, views)
    return None if isinstance(filled, Reply | Send) and lacks_text(filled.message) else filled


def lacks_text(part: BaseModel) -> bool:
    """Whether a text that must not be empty is."""
    for name, mark in _marks(type(part)).items():
        value = getattr(part, name)
        inner = value if isinstance(value, tuple) else ()
        if any(isinstance(each, BaseModel) and lacks_text(each) for each in inner):
            return True
        required = mark is not None and type(part).model_fields[name].is_required()
        if required and isinstance(value, str) and not value.strip():
            return True
    return False


@cache
def _marks(model: type[BaseModel]) -> dict[str, Templated | None]:
    """The mark of each field that has one."""
    return {
        name: next((each for each in field.metadata if isinstance(each, Templated)), None)
        for name, field in model.model_fields.items()
    }


@cache
def _may_hold_texts(model: type[BaseModel]) -> bool:
    """False for actions without any marked field: most actions are tags and scores."""
    return any(_marks(model).values()) or "message" in model.model_fields


def texts_of(part: BaseModel) -> Iterator[str]:
    """Every text in ``part`` that may hold placeholders."""
    for name, mark in _marks(type(part)).items():
        value = getattr(part, name)
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, BaseModel):
                yield from texts_of(each)
        if mark is not None:
            yield from (each for each in _values(value) if isinstance(each, str))


def _values(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else (value,)


def fill_part(part: M, views: Views) -> M:
    """``part`` of an action, its placeholders filled in."""
    changes: dict[str, Any] = {}
    for name, mark in _marks(type(part)).items():
        value = getattr(part, name)
        filled = _fill_parts(value, views) if mark is None else _fill_marked(value, mark, views)
        if filled is not value:
            changes[name] = filled
    return part.model_copy(update=changes) if changes else part


def _fill_parts(value: Any, views: Views) -> Any:
    if isinstance(value, BaseModel):
        return fill_part(value, views)
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        filled = tuple(fill_part(each, views) for each in value)
        return value if all(new is old for new, old in zip(filled, value, strict=True)) else filled
    return value


def _fill_marked(value: Any, mark: Templated, views: Views) -> Any:
    if isinstance(value, dict):
        return {name: fill_value(each, views) for name, each in value.items()}
    if not isinstance(value, str) or "{{" not in value:
        return value
    if mark.channel is Channel.DATA:
        return fill_value(value, views)
    return fill_text(value, views, channel=mark.channel, max_bytes=mark.max_bytes, max_characters=mark.max_characters)
