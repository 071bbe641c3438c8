"""The rules that one event may concern, ready to be asked."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from yuchi.domain.language.access import ORDERS, Atom, Group, access_of, groups_of
from yuchi.domain.language.compiler import Test, compile_tree
from yuchi.domain.language.context import Context
from yuchi.domain.language.index import RuleIndex
from yuchi.domain.language.messages import ConditionError, Problem
from yuchi.domain.language.parser import parse


class Entry(NamedTuple):
    """One rule: its condition as text, and as ``access`` what :attr:`Condition.access` gave when it was published.

    A higher ``priority`` goes first; ``payload`` is the caller's own.
    """

    rule_id: str
    when: str
    access: Any = None
    priority: int = 0
    payload: Any = None


def _never(_context: Context) -> bool:
    return False


class Bucket:
    """The rules of one account on one event type.

    Building it costs only the indexing of the entries' accesses; conditions are read when they are first looked at. An
    access that is missing, malformed or of another condition makes its rule slower, never wrong.

    ``by_event``: file them by what the event says alone, so that :meth:`candidates` holds for whatever profile.
    """

    def __init__(self, entries: Iterable[Entry], *, by_event: bool = False) -> None:
        self._entries = sorted(entries, key=lambda entry: (-entry.priority, entry.rule_id))
        self._tests: list[Test | None] = [None] * len(self._entries)
        self._broken: dict[str, tuple[Problem, ...]] = {}
        groups = [_groups(entry) for entry in self._entries]
        if by_event:
            groups = [[group for group in each or () if _is_of_event(group)] for each in groups]
        self._filing = _choose(groups)
        self._index = RuleIndex(
            ((ordinal, group) for ordinal, group in enumerate(self._filing) if group is not None),
            (ordinal for ordinal, group in enumerate(self._filing) if group is None),
        )

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> list[Entry]:
        """All rules, in order of priority, then of their ids."""
        return list(self._entries)

    @property
    def unindexable(self) -> list[str]:
        """The ids of the rules that every event has to try."""
        return [entry.rule_id for entry, group in zip(self._entries, self._filing, strict=True) if group is None]

    @property
    def broken(self) -> Mapping[str, tuple[Problem, ...]]:
        """Rules whose stored condition turned out to be unreadable, which then never match."""
        return self._broken

    def matches(self, context: Context) -> list[Entry]:
        """The rules whose condition holds, in order of priority."""
        entries, tests, prepare = self._entries, self._tests, self._prepare
        found = []
        for ordinal in self._index.find(context):
            test = tests[ordinal] or prepare(ordinal)
            if test(context):
                found.append(entries[ordinal])
        return found

    def candidates(self, context: Context) -> list[Entry]:
        """The rules that the index cannot rule out, in order of priority. Those that match are among them."""
        return [self._entries[ordinal] for ordinal in self._index.find(context)]

    def judge(self, context: Context) -> Iterator[tuple[Entry, bool]]:
        """Each candidate in order of priority, and whether its condition holds."""
        for ordinal in self._index.find(context):
            test = self._tests[ordinal] or self._prepare(ordinal)
            yield self._entries[ordinal], test(context)

    def filing(self, rule_id: str) -> dict[str, Any] | None:
        """The part of a rule's access that it is filed under here, for :func:`describe_access`; None: always looked at."""
        for entry, group in zip(self._entries, self._filing, strict=True):
            if entry.rule_id == rule_id and group is not None:
                return {"groups": [group]}
        return None

    def _prepare(self, ordinal: int) -> Test:
        entry = self._entries[ordinal]
        try:
            test = compile_tree(parse(entry.when))
        except ConditionError as exc:
            self._broken[entry.rule_id] = exc.problems
            test = _never
        self._tests[ordinal] = test
        return test


def _groups(entry: Entry) -> list[Group] | None:
    if entry.access is None:
        return None
    groups = groups_of(entry.access, entry.when)
    if groups is not None:
        return groups
    try:
        # Of an older version, or damaged: what the condition itself says counts.
        access = access_of(parse(entry.when), entry.when)
    except ConditionError:
        return None
    return access["groups"] if access else None


def _is_of_event(group: Group) -> bool:
    return all(atom[1][0] == "event" for atom in group)


_WEIGHT_OF_ORDER: Final = 0.5
"""What part of the thresholds on a field an event is expected to pass."""
_RARE: Final = 16.0
"""A group that at most so many rules share is a good place, whatever else a rule has."""


def _choose(all_groups: list[list[Group] | None]) -> list[Group | None]:
    """For each rule the group that the fewest other rules share.

    A rule with a rare group is filed there at once, and its other groups then crowd nobody: thresholds that stand beside a
    key say nothing about how common thresholds are among the rules that have nothing better.
    """
    commonness = _commonness(group for groups in all_groups if groups for group in groups)
    chosen = [min(groups, key=commonness) if groups else None for groups in all_groups]
    crowded = [group is not None and commonness(group) > _RARE for group in chosen]
    if any(crowded):
        left = _commonness(
            group
            for groups, group_chosen, again in zip(all_groups, chosen, crowded, strict=True)
            if groups and group_chosen
            for group in (groups if again else [group_chosen])
        )
        chosen = [
            min(groups, key=left) if groups and again else group
            for groups, group, again in zip(all_groups, chosen, crowded, strict=True)
        ]
    return chosen


def _commonness(groups: Iterable[Group]) -> Callable[[Group], float]:
    """A function that tells how many of the rules that ``groups`` belong to an event that a group lets pass would meet."""
    shared = Counter(_sharing(atom) for group in groups for atom in group)
    return lambda group: sum(
        shared[_sharing(atom)] * (_WEIGHT_OF_ORDER if atom[0] in ORDERS else 1.0) for atom in group
    )


def _sharing(atom: Atom) -> Hashable:
    """Atoms with the same answer likely hold together; thresholds on one field do, whatever their value."""
    kind, path, value = atom[:3]
    return (kind, *path) if kind in ORDERS else (kind, *path, value)
