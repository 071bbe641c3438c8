"""What a rule rests on: the other rules that change what it reads, and the event types that matter to any of them."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from yuchi.domain.account import Account, AccountKind
from yuchi.domain.backtest.applying import APPLIED
from yuchi.domain.language import Condition, parse_condition
from yuchi.domain.language.tree import Binary, Literal, path_of, walk
from yuchi.domain.manifest import widest
from yuchi.domain.mirroring import MIRRORED
from yuchi.domain.observe import FOLLOWING
from yuchi.domain.orders import ORDERED, REFUNDED
from yuchi.domain.rule import ALL_ACCOUNTS, Rule
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.triggers import STAGE_CHANGED, event_types_of, is_watched

Types = frozenset[str] | None
"""Event types; None for all of them."""

TIMER: Final = "timer.fired"
_ORDERS: Final = ORDERED | REFUNDED
_BY_DECISIONS: Final = frozenset({"stage", "stage_since"})
"""Fields that decisions keep, whatever the event: of these every event has to be decided."""
_LEAVING: Final = frozenset({"fan.unsubscribed", "fan.subscribed"})
_BY_COMING: Final = frozenset({"first_seen_at", "last_seen_at", "new"})
"""Fields that tell of nothing but when events came."""
_FED_BY: Final[Mapping[str, Types]] = {
    "id": frozenset(),
    **dict.fromkeys(_BY_COMING, frozenset()),
    "tags": _LEAVING | {MIRRORED},
    "score": _LEAVING,
    "scores": _LEAVING,
    "subscribed": FOLLOWING,
    "subscribed_at": FOLLOWING,
    "unsubscribed_at": FOLLOWING,
    "scene": FOLLOWING,
    "orders": _ORDERS | _LEAVING,
    "rfm": _ORDERS | _LEAVING,
}
"""Field of the profile -> the event types that change it by themselves. A field that is not here may be changed by any."""

_OF_CHANNELS: Final = frozenset({"subscribed", "subscribed_at", "unsubscribed_at", "scene"})
_READ_IN_TEXTS: Final = re.compile(r"profile\.(\w+)")
_TAGGING: Final = frozenset({"tag", "untag"})
_WRITERS: Final[Mapping[str, frozenset[str]]] = {
    "tags": _TAGGING,
    "score": frozenset({"score"}),
    "scores": frozenset({"score"}),
    "attributes": frozenset({"set"}),
}
"""Field of the profile -> the kinds of actions that write it."""
_CAUSES: Final[Mapping[str, frozenset[str]]] = {
    "tag.added": _TAGGING,
    "tag.removed": _TAGGING,
    "score.reached": frozenset({"score"}),
    "timer.fired": frozenset({"after"}),
}
"""Event type -> the kinds of actions that cause it; of any other type it may be ``emit``."""
_SETTING_OFF: Final = frozenset({"emit", "after"})


@dataclass(frozen=True, slots=True)
class Needs:
    """``rules``: the candidate and the live rules that are replayed with it. ``decided``: the types on which one of them
    may fire. ``observed``: further types that change what they read, None for all. ``fields``: what they read of the
    profile. ``counted``: as :func:`yuchi.domain.observe.observe` takes it. ``horizon``: how many seconds of the past they
    can see, None for all of it. ``coming``: they read when the person came, by whatever event. ``timed``: some of them
    wait for what time alone brings about, or read what every decision keeps, so that every event is decided. ``alone``: the
    candidate stands alone, and nothing that it does changes when it fires, so that its matches need but be noted.
    """

    rules: tuple[Rule, ...]
    decided: frozenset[str]
    observed: Types
    fields: frozenset[str]
    counted: Mapping[str, int | None]
    horizon: int | None
    coming: bool = False
    timed: bool = False
    alone: bool = False

    @property
    def types(self) -> Types:
        """The types that have to be read; None: all."""
        return None if self.observed is None or self.coming else self.decided | self.observed | self.counted.keys()


def needs_of(candidate: Rule, live: Iterable[Rule], accounts: Sequence[Account], schema: BrandSchema) -> Needs:
    """What ``candidate`` needs of the ``live`` rules of its brand, whose own definitions are in ``schema``.

    A live rule with the candidate's id is replaced by it.
    """
    found = _Gathering(candidate, [rule for rule in live if rule.rule_id != candidate.rule_id], schema)
    found.gather()
    observed: Types = frozenset()
    for name in found.fields:
        fed = _fed_by(name, accounts)
        observed = None if observed is None or fed is None else observed | fed
    if observed is not None and (found.fields & _WRITERS.keys()):
        observed |= {APPLIED}
    if observed is not None and (found.counted or any(TIMER in rule.on for rule in found.rules.values())):
        observed |= _LEAVING  # who leaves is forgotten, timers and counts too
    if observed is not None and len(accounts) > 1 and observed & _LEAVING:
        observed |= FOLLOWING  # who leaves one account and still follows another is not forgotten
    timed = any(is_watched(listened_to) for rule in found.rules.values() for listened_to in rule.on)
    timed |= bool(found.fields & _BY_DECISIONS) or ("attributes" in found.fields and bool(schema.attributes))
    return Needs(
        rules=tuple(found.rules.values()),
        decided=frozenset(each for rule in found.rules.values() for each in event_types_of(rule.on)),
        observed=None if timed else observed,
        fields=frozenset(found.fields),
        counted=found.counted,
        horizon=None if timed else found.horizon(),
        coming=bool(found.fields & _BY_COMING),
        timed=timed,
        alone=not timed and len(found.rules) == 1 and _changes_nothing_for_itself(candidate, found.fields),
    )


def _fed_by(name: str, accounts: Sequence[Account]) -> Types:
    if name in _OF_CHANNELS and any(account.kind is AccountKind.MINI_PROGRAM for account in accounts):
        return None  # whatever a person does in a mini program says that it is used
    return _FED_BY.get(name)


Test = Callable[[Rule], bool]


def _changes_nothing_for_itself(rule: Rule, fields: Collection[str]) -> bool:
    kinds = {stored.get("kind") for stored in rule.stored_actions}
    written = {name for name, writers in _WRITERS.items() if kinds & writers}
    free = not (
        rule.stored_limit or rule.starts_at or rule.ends_at or kinds & _SETTING_OFF or written.intersection(fields)
    )
    return free and not any(_causes(event_type)(rule) for event_type in rule.on)


@dataclass(slots=True)
class _Gathering:
    """Follows what the rules read to the rules that write it, until nothing is new."""

    candidate: Rule
    others: list[Rule]
    schema: BrandSchema
    rules: dict[str, Rule] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)
    counted: dict[str, int | None] = field(default_factory=dict)

    def gather(self) -> None:
        waiting = [self.candidate]
        while waiting:
            rule = waiting.pop()
            if rule.rule_id in self.rules:
                continue
            self.rules[rule.rule_id] = rule
            waiting += [other for other in self._rests_on(rule) if other.rule_id not in self.rules]

    def horizon(self) -> int | None:
        """Only a candidate that stands alone and looks at a window forgets what lies before it."""
        if len(self.rules) > 1 or self.fields or self.candidate.stored_limit:
            return None
        windows = list(self.counted.values())
        return None if None in windows else max((each for each in windows if each is not None), default=0)

    def _rests_on(self, rule: Rule) -> list[Rule]:
        condition = _condition(rule.when)
        self._count(rule.counted)
        fields = _fields_of(condition)
        for stored in rule.stored_actions:
            if stored.get("kind") in {"set", "emit", "after"}:
                fields |= set(_READ_IN_TEXTS.findall(json.dumps(stored, ensure_ascii=False)))
        self.fields |= fields
        self._count(condition.counted)
        wanted = [_writes(name, condition, self.schema) for name in fields if name in _WRITERS]
        if fields & _BY_DECISIONS or STAGE_CHANGED in rule.on:
            wanted += self._stages()
        wanted += [_causes(event_type) for event_type in rule.on]
        return [other for other in self.others if any(test(other) for test in wanted) or _may_stop(other, rule)]

    def _stages(self) -> list[Test]:
        """A stage rests on whatever the conditions of the stages read."""
        wanted: list[Test] = []
        for condition in (_condition(stage.when) for stage in self.schema.stages):
            fields = _fields_of(condition)
            self.fields |= fields
            self._count(condition.counted)
            wanted += [_writes(name, condition, self.schema) for name in fields if name in _WRITERS]
        return wanted

    def _count(self, counted: Mapping[str, int | None]) -> None:
        self.counted = widest((self.counted, counted))


@lru_cache(maxsize=4096)
def _condition(text: str) -> Condition:
    return parse_condition(text)


def _fields_of(condition: Condition) -> set[str]:
    return {name.split(".")[1] for name in condition.fields if name.startswith("profile.")}


def _writes(name: str, condition: Condition, schema: BrandSchema) -> Test:
    kinds = _WRITERS[name]
    tags = _with_rivals(condition.tags, schema) if name == "tags" and _asks_for_constant_tags_only(condition) else None

    def test(rule: Rule) -> bool:
        actions = (stored for stored in rule.stored_actions if stored.get("kind") in kinds)
        return any(tags is None or not tags.isdisjoint(stored.get("names", ())) for stored in actions)

    return test


def _with_rivals(tags: frozenset[str], schema: BrandSchema) -> frozenset[str]:
    """With the tags that take theirs away: those of the same exclusive group."""
    groups = (schema.group_of.get(tag) for tag in tags)
    return tags.union(*(group.tags for group in groups if group is not None and group.exclusive))


def _causes(event_type: str) -> Test:
    kinds = _CAUSES.get(event_type)

    def test(rule: Rule) -> bool:
        for stored in rule.stored_actions:
            if kinds is not None and stored.get("kind") in kinds:
                return True
            if stored.get("kind") == "emit" and stored.get("type") == event_type:
                return True
        return False

    return test


def _may_stop(other: Rule, rule: Rule) -> bool:
    """``other`` goes before ``rule`` on some event and says stop."""
    return (
        other.stop
        and (-other.priority, other.rule_id) < (-rule.priority, rule.rule_id)
        and not set(other.on).isdisjoint(rule.on)
        and (ALL_ACCOUNTS in {other.account, rule.account} or other.account == rule.account)
    )


def _asks_for_constant_tags_only(condition: Condition) -> bool:
    """Each use of ``profile.tags`` is ``"constant" in profile.tags``, or a field of one tag."""
    uses = asked = 0
    for node in walk(condition.tree):
        if path_of(node) == ("profile", "tags"):
            uses += 1
        if isinstance(node, Binary) and node.operator == "in" and path_of(node.right) == ("profile", "tags"):
            asked += isinstance(node.left, Literal)
    return uses == asked
