"""The keys of the items in ``Schema``: which kind of definition each is, and what it defines."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from yuchi.domain.problem import RuleProblem, RuleProblemError, closest


class Kind(StrEnum):
    """What an item defines: the beginning of its key."""

    ATTRIBUTE = "attribute"
    PROPERTY = "property"
    STAGE = "stage"
    SCORE = "score"
    TAGS = "tags"
    RFM = "rfm"


FORMS: Final[Mapping[Kind, str]] = {
    Kind.ATTRIBUTE: "attribute#生日",
    Kind.PROPERTY: "property#order.completed#total",
    Kind.STAGE: "stage#20-dormant",
    Kind.SCORE: "score#intent",
    Kind.TAGS: "tags#会员等级",
    Kind.RFM: "rfm",
}
"""Kind -> an example of its keys."""

_PATTERNS: Final[Mapping[Kind, re.Pattern[str]]] = {
    Kind.ATTRIBUTE: re.compile(r"attribute#(?P<name>\w[\w.-]{0,63})"),
    Kind.PROPERTY: re.compile(
        r"property#(?P<type>[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39})#(?P<name>\w[\w.-]{0,63})"
    ),
    Kind.STAGE: re.compile(r"stage#(?P<order>\d{1,4})-(?P<name>\w[\w-]{0,39})"),
    Kind.SCORE: re.compile(r"score#(?P<name>intent|influence)"),
    Kind.TAGS: re.compile(r"tags#(?P<name>\w[\w.-]{0,39})"),
    Kind.RFM: re.compile(r"rfm"),
}

_NAMED_GROUP: Final = re.compile(r"\(\?P<\w+>")


def pattern_of(kind: Kind) -> str:
    """What keys of ``kind`` look like, as a regular expression of JSON schemas."""
    return f"^{_NAMED_GROUP.sub('(', _PATTERNS[kind].pattern)}$"


def kind_of(key: str) -> Kind | None:
    """The kind of definition that an item's key begins with."""
    try:
        return Kind(key.partition("#")[0])
    except ValueError:
        return None


def read_key(key: str) -> tuple[Kind, dict[str, str]]:
    """The kind, and the parts of the name (``name``, ``type``, ``order``). Raises :class:`RuleProblemError`."""
    kind = kind_of(key)
    if kind is None:
        meant = closest(key.partition("#")[0].lower(), list(Kind))
        raise RuleProblemError(
            RuleProblem(
                "item.kind",
                f"item 要以 {'、'.join(f'{each}#' for each in list(Kind)[:-1])} 开头，或者就是 rfm；编号不能改，请另建一条",
                "item begins with " + ", ".join(f"{each}#" for each in list(Kind)[:-1]) + " or is rfm; make a new item",
                field="item",
                suggestion=FORMS[Kind(meant)] if meant else "",
            )
        )
    found = _PATTERNS[kind].fullmatch(key)
    if found is None:
        raise RuleProblemError(
            RuleProblem(
                "item.form",
                f"item 要写成 {FORMS[kind]} 这样；编号不能改，请另建一条",
                f"item is written like {FORMS[kind]}; make a new item to change it",
                field="item",
                suggestion=FORMS[kind],
            )
        )
    return kind, found.groupdict()
