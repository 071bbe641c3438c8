"""What a rule has to do with the brand's other rules: which are like it, and which give the tags that it asks for."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yuchi.domain.draft import Draft
from yuchi.domain.problem import RuleProblem, Severity, closest
from yuchi.domain.rule import Rule

Likeness = tuple[Any, ...]

_SHOWN: Final = 40
"""How many characters of a tag are repeated."""
_TEXT_OR_SPACE: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\s+""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the reviewer has to know of the rules in one chunk: likeness -> rule id -> name, and the tags they give."""

    likenesses: Mapping[Likeness, Mapping[str, str]]
    tags: frozenset[str]


def neighbours_of(rules: Iterable[Rule]) -> Neighbours:
    """The rules of a chunk, summed up."""
    likenesses: dict[Likeness, dict[str, str]] = defaultdict(dict)
    tags: set[str] = set()
    for rule in rules:
        likenesses[likeness(rule)][rule.rule_id] = rule.name
        tags.update(name for stored in rule.stored_actions if stored.get("kind") == "tag" for name in stored["names"])
    return Neighbours(likenesses=likenesses, tags=frozenset(tags))


def likeness(draft: Draft | Rule) -> Likeness:
    """Equal for rules that fire on the same events under the same condition; spaces count in texts alone."""
    return draft.account, frozenset(draft.on), _TEXT_OR_SPACE.sub(lambda found: found.group(1) or "", draft.when)


def duplicate_hint(name: str) -> RuleProblem:
    """The hint for a rule that is like the one called ``name``."""
    return RuleProblem(
        "rule.duplicate",
        f"和规则“{name}”的事件与条件完全相同，可以合并成一条",
        f"has the same events and condition as the rule {name!r}; they could be one",
        severity=Severity.HINT,
    )


def tag_hints(asked: Iterable[str], given: Collection[str]) -> Iterator[RuleProblem]:
    """A hint for each tag that a condition asks for and no rule gives. It may come from elsewhere, so it is no error."""
    for tag in sorted(set(asked).difference(given)):
        yield RuleProblem(
            "when.tag.ungiven",
            f"目前没有规则会打这个标签：{tag[:_SHOWN]}",
            f"no rule gives this tag at present: {tag[:_SHOWN]}",
            field="when",
            suggestion=closest(tag, given),
            severity=Severity.HINT,
        )
