"""What every action is: a frozen model, one line of text or a one-key map, and words for the reference."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from yuchi.domain.placeholders import Channel
from yuchi.domain.problem import RuleProblem, RuleProblemError, closest


@dataclass(frozen=True, slots=True)
class Templated:
    """Marks a field that may hold placeholders: where its text goes and how long WeChat lets it be when filled in."""

    channel: Channel
    max_bytes: int | None = None
    max_characters: int | None = None


class Part(BaseModel):
    """A piece of an action that a marketer writes."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)


class BaseAction(Part):
    """One kind of action.

    ``verb``: the first word of its line and the key of its map. ``zh``, ``en``: what it does. ``examples``: lines and
    maps that are shown in the reference and parsed by a test. ``from_line`` and ``from_map`` raise
    :class:`~yuchi.domain.problem.RuleProblemError` (columns count within the argument, from 1) or
    ``ValidationError``.
    """

    verb: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]]

    @classmethod
    def from_line(cls, argument: str) -> Self:
        """Read what stands behind the verb."""
        raise NotImplementedError

    @classmethod
    def from_map(cls, argument: Any) -> Self:
        """Read the value of the one-key map; a plain text is read like the line."""
        if isinstance(argument, str):
            return cls.from_line(argument)
        return cls.model_validate(argument)

    def argument(self) -> Any:
        """What to write behind the verb: a text for a line, anything else for a map."""
        raise NotImplementedError


def field_names() -> frozenset[str]:
    """The names of all fields that a marketer may write in a map."""
    names: set[str] = set()
    models = list(Part.__subclasses__())
    while models:
        model = models.pop()
        names.update(model.model_fields)
        models.extend(model.__subclasses__())
    return frozenset(names - {"kind"})


def refusal(code: str, zh: str, en: str) -> PydanticCustomError:
    """An error for a validator, with words for marketers."""
    return PydanticCustomError("refused", "refused", {"code": code, "zh": zh, "en": en})


def unreadable(code: str, zh: str, en: str, *, column: int | None = None, suggestion: str = "") -> RuleProblemError:
    """An error for ``from_line``."""
    return RuleProblemError(RuleProblem(code, zh, en, column=column, suggestion=suggestion))


def problems_of(error: ValidationError, *, known: Iterable[str] = ()) -> tuple[RuleProblem, ...]:
    """The errors of a model in words for marketers. ``known``: names that an unknown one may have been meant for."""
    errors = error.errors(include_url=False, include_input=False)[:MAX_TOLD]
    inner = {each["loc"][:length] for each in errors for length in range(len(each["loc"]))}
    # "too few names" only follows from "this name is not allowed".
    return tuple(_problem_of(each, known) for each in errors if each["loc"] not in inner)


def _problem_of(error: ErrorDetails, known: Iterable[str]) -> RuleProblem:
    context = error.get("ctx", {})
    if error["type"] == "refused":
        return RuleProblem(context["code"], context["zh"], context["en"])
    path = ".".join(str(part + 1) if isinstance(part, int) else part for part in _told(error["loc"]))[:80]
    zh, en = _SENTENCES.get(error["type"], _ANYTHING)
    numbers = {key: value for key, value in context.items() if isinstance(value, int | float)}
    if not (_fits(zh, numbers) and _fits(en, numbers)):
        zh, en = _ANYTHING
    name = path.rpartition(".")[2]
    return RuleProblem(
        f"action.{error['type']}",
        f"{path} {zh.format(**numbers)}".strip(),
        f"{path} {en.format(**numbers)}".strip(),
        suggestion=closest(name, known) if error["type"] == "extra_forbidden" else "",
    )


def _told(location: tuple[int | str, ...]) -> list[int | str]:
    """The path without what pydantic adds: the field ``message`` and the kind of message behind it."""
    parts = [part for part in location if part not in _HIDDEN]
    return parts[2:] if parts[:1] == ["message"] and len(parts) > _KIND else parts


def _fits(sentence: str, numbers: Mapping[str, Any]) -> bool:
    return all(f"{{{name}}}" not in sentence or name in numbers for name in ("max_length", "min_length", "le", "ge"))


MAX_TOLD = 20
_KIND = 2
_ANYTHING = ("写法不对", "is not written as it should be")
_HIDDEN = frozenset({"function-after", "function-before", "tagged-union"})
_SENTENCES = {
    "missing": ("没有填写", "is missing"),
    "extra_forbidden": ("是不认识的字段", "is not a known field"),
    "string_type": ("要写成文字", "must be a text"),
    "string_too_long": ("太长，最多 {max_length} 个字符", "is too long, at most {max_length} characters"),
    "string_too_short": ("不能为空", "must not be empty"),
    "string_pattern_mismatch": ("里有不允许的字符", "has characters that are not allowed"),
    "too_long": ("太多，最多 {max_length} 个", "are too many, at most {max_length}"),
    "too_short": ("太少，至少 {min_length} 个", "are too few, at least {min_length}"),
    "int_type": ("要写成整数", "must be a whole number"),
    "int_parsing": ("要写成整数", "must be a whole number"),
    "int_from_float": ("要写成整数", "must be a whole number"),
    "less_than_equal": ("太大，最大 {le}", "is too large, at most {le}"),
    "greater_than_equal": ("太小，最小 {ge}", "is too small, at least {ge}"),
    "model_type": ("要写成“字段: 内容”的形式", "must be a map of fields"),
    "dict_type": ("要写成“字段: 内容”的形式", "must be a map of fields"),
    "tuple_type": ("要写成列表", "must be a list"),
}
