"""``tag`` and ``untag``."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field
from typing_extensions import override

from yuchi.domain.actions.base import BaseAction
from yuchi.domain.actions.lasting import Span
from yuchi.domain.actions.values import Name, read_names, write_names
from yuchi.domain.durations import DURATION_PATTERN, format_duration

MAX_TAGS: Final = 20
_LASTING: Final = re.compile(rf"\sfor\s+({DURATION_PATTERN})\s*$")


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


Names = Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_TAGS), AfterValidator(_each_once)]


class Tag(BaseAction):
    """Give tags. ``lasts``: seconds until they fall off again; giving a tag anew starts the time anew."""

    verb: ClassVar = "tag"
    zh: ClassVar = "给这个人打标签，可以写多个；加 for 30d 表示 30 天后自动失效"
    en: ClassVar = "give the person tags; with `for 30d` they expire after 30 days"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "tag 领取试用装, 爱占小便宜",
        "tag 试用中 for 30d",
        {"tag": {"names": ["试用中"], "for": "30d"}},
    )

    kind: Literal["tag"] = "tag"
    names: Names
    lasts: Annotated[Span | None, Field(validation_alias=AliasChoices("for", "lasts"))] = None

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        found = _LASTING.search(argument)
        names, lasts = (argument[: found.start()], found.group(1)) if found else (argument, None)
        return cls.model_validate({"names": read_names(names), "lasts": lasts})

    @classmethod
    @override
    def from_map(cls, argument: Any) -> Self:
        return cls.model_validate({"names": argument}) if isinstance(argument, list) else super().from_map(argument)

    @override
    def argument(self) -> str:
        return write_names(self.names) + (f" for {format_duration(self.lasts)}" if self.lasts else "")


class Untag(BaseAction):
    """Take tags away. Tags that the person does not carry are no error."""

    verb: ClassVar = "untag"
    zh: ClassVar = "去掉这个人的标签，可以写多个"
    en: ClassVar = "take tags away from the person"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = ("untag 试用中, 新粉丝",)

    kind: Literal["untag"] = "untag"
    names: Names

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        return cls.model_validate({"names": read_names(argument)})

    @classmethod
    @override
    def from_map(cls, argument: Any) -> Self:
        return cls.model_validate({"names": argument}) if isinstance(argument, list) else super().from_map(argument)

    @override
    def argument(self) -> str:
        return write_names(self.names)
