"""``set`` and ``score``: what is known about a person."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import Field
from typing_extensions import override

from yuchi.domain.actions.base import BaseAction, Templated, unreadable
from yuchi.domain.actions.values import FieldName, Value, read_assignment, write_value
from yuchi.domain.placeholders import Channel
from yuchi.domain.profile import MAIN_SCORE

MAX_POINTS: Final = 1_000_000
_POINTS: Final = re.compile(r"(?:(\S[^\n]{0,99}?)\s*+)??([+＋\-－−])?\s*+(\d{1,9})\s*+分?")
_MINUS: Final = frozenset("-－−")


class Set(BaseAction):
    """Set one attribute. ``value`` None takes the attribute away."""

    verb: ClassVar = "set"
    zh: ClassVar = "设置一个属性；内容是数字就按数字保存，加英文引号则按文字保存，null 表示删除"
    en: ClassVar = "set an attribute; numbers are kept as numbers, quotes make a text, null removes it"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "set 城市 = 上海",
        "set 最近留言 = {{event.content}}",
        'set 会员号 = "00123"',
        "set 意向 = null",
        {"set": {"城市": "上海"}},
    )

    kind: Literal["set"] = "set"
    name: FieldName
    value: Annotated[Value, Templated(Channel.DATA)] = None

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        name, value = read_assignment(argument)
        return cls.model_validate({"name": name, "value": value})

    @classmethod
    @override
    def from_map(cls, argument: Any) -> Self:
        if isinstance(argument, Mapping) and len(argument) == 1:
            ((name, value),) = argument.items()
            return cls.model_validate({"name": name, "value": value})
        return super().from_map(argument)

    @override
    def argument(self) -> str:
        return f"{self.name} = {write_value(self.value)}"


class Score(BaseAction):
    """Add ``points`` (may be negative) to the main score or to a named one."""

    verb: ClassVar = "score"
    zh: ClassVar = "加分或减分；写上名称则计入该项积分，不写则计入总积分"
    en: ClassVar = "add to or take from the main score, or a named one"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = ("score +5", "score -3", "score 活跃度 +5")

    kind: Literal["score"] = "score"
    points: Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS)]
    name: FieldName = MAIN_SCORE

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        found = _POINTS.fullmatch(argument)
        if found is None:
            raise unreadable(
                "score.unreadable",
                "要写成 +5、-3 或“活跃度 +5”",
                "write +5, -3 or: name +5",
                column=1,
                suggestion="score +5",
            )
        points = int(found.group(3)) * (-1 if found.group(2) in _MINUS else 1)
        return cls.model_validate({"points": points, "name": found.group(1) or MAIN_SCORE})

    @classmethod
    @override
    def from_map(cls, argument: Any) -> Self:
        if isinstance(argument, int) and not isinstance(argument, bool):
            return cls.model_validate({"points": argument})
        if isinstance(argument, Mapping) and len(argument) == 1 and "points" not in argument:
            ((name, points),) = argument.items()
            if isinstance(points, str) and re.fullmatch(r"[+-]?\d{1,9}", points):
                points = int(points)
            return cls.model_validate({"name": name, "points": points})
        return super().from_map(argument)

    @override
    def argument(self) -> str:
        return f"{self.points:+d}" if self.name == MAIN_SCORE else f"{self.name} {self.points:+d}"
