"""The index over the rules of one bucket: from an event to the few rules that may match. A filter, never the decision."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from sys import intern
from typing import Any, Final

from yuchi.domain.language.access import ORDERS, Atom
from yuchi.domain.language.context import Context
from yuchi.domain.language.functions import FUNCTIONS
from yuchi.domain.language.values import key_of, select

Ordinals = tuple[int, ...]
"""Places of rules in their order of priority, ascending."""
Probe = Callable[[Any, list[Ordinals]], None]
"""Takes the field's value, adds the rules that it may match."""
Field = tuple[tuple[str, ...], tuple[str, ...]]
"""A path, and the methods called on it."""


def field_of(atom: Atom) -> Field:
    """Which value the atom tests."""
    return tuple(atom[1]), tuple(atom[3]) if atom[3:] else ()


class FieldIndex:
    """All atoms of one field."""

    def __init__(self, field: Field) -> None:
        self.read = reader_of(field)
        self._kinds: dict[str, dict[Hashable, list[int]]] = {}

    def add(self, kind: str, value: Any, ordinal: int) -> None:
        """File the rule ``ordinal`` under an atom."""
        # The very string that the rule's condition compares with, so that both are in the processor's cache.
        key = value if kind in ORDERS else intern(value) if type(value) is str else key_of(value)
        self._kinds.setdefault(kind, {}).setdefault(key, []).append(ordinal)

    def probes(self) -> tuple[Probe, ...]:
        """What to ask with each value."""
        return tuple(
            _PROBES[kind]({key: tuple(dict.fromkeys(ordinals)) for key, ordinals in table.items()})
            for kind, table in self._kinds.items()
        )


def reader_of(field: Field) -> Callable[[Context], Any]:
    """The function that reads a field's value from a context."""
    (root, first, *rest), methods = field
    read = _ROOT_READERS[root](first)
    if not rest and not methods:
        return read
    implementations = [FUNCTIONS[method].implementation for method in methods]

    def read_deep(context: Context) -> Any:
        value = read(context)
        for name in rest:
            value = select(value, name)
        for implementation in implementations:
            value = implementation(value)
        return value

    return read_deep


def _of_event(name: str) -> Callable[[Context], Any]:
    return lambda context: context.event.get(name)


def _of_profile(name: str) -> Callable[[Context], Any]:
    return lambda context: context.profile.get(name)


def _of_account(name: str) -> Callable[[Context], Any]:
    return lambda context: context.account.get(name)


_ROOT_READERS: Final[Mapping[str, Callable[[str], Callable[[Context], Any]]]] = {
    "event": _of_event,
    "profile": _of_profile,
    "account": _of_account,
}

Table = Mapping[Any, Ordinals]


def _equality(table: Table) -> Probe:
    find = table.get

    def probe(value: Any, hits: list[Ordinals]) -> None:
        found = find(value if type(value) is str else key_of(value))
        if found is not None:
            hits.append(found)

    return probe


def _membership(table: Table) -> Probe:
    keys = table.keys()

    def probe(value: Any, hits: list[Ordinals]) -> None:
        if isinstance(value, dict):
            # An intersection walks over the smaller of the two.
            hits.extend(table[key] for key in keys & value.keys())
        elif isinstance(value, list):
            hits.extend(table[key] for key in keys & {key_of(element) for element in value})

    return probe


def _prefixes(table: Table) -> Probe:
    lengths = sorted({len(prefix) for prefix in table})

    def probe(value: Any, hits: list[Ordinals]) -> None:
        if isinstance(value, str):
            size = len(value)
            for length in lengths:
                if length > size:
                    break
                found = table.get(value[:length])
                if found is not None:
                    hits.append(found)

    return probe


def _suffixes(table: Table) -> Probe:
    lengths = sorted({len(suffix) for suffix in table})

    def probe(value: Any, hits: list[Ordinals]) -> None:
        if isinstance(value, str):
            size = len(value)
            for length in lengths:
                if length > size:
                    break
                found = table.get(value[size - length :])
                if found is not None:
                    hits.append(found)

    return probe


def _words(table: Table) -> Probe:
    # Imported here: most buckets have no keywords, and a cold start should not pay for them.
    from ahocorasick_rs import AhoCorasick

    words = list(table)
    ordinals = list(table.values())
    find = AhoCorasick(words).find_matches_as_indexes

    def probe(value: Any, hits: list[Ordinals]) -> None:
        if isinstance(value, str):
            try:
                found = find(value, overlapping=True)
            except UnicodeEncodeError:
                # Half of a surrogate pair, which the automaton does not take: every rule is looked at.
                hits.extend(ordinals)
            else:
                hits.extend([ordinals[number] for number in {match[0] for match in found}])

    return probe


def _thresholds(side: Callable[[list[Any], Any], int], *, above: bool) -> Callable[[Table], Probe]:
    def build(table: Table) -> Probe:
        bounds = sorted(table)
        ordinals = [table[bound] for bound in bounds]

        def probe(value: Any, hits: list[Ordinals]) -> None:
            if isinstance(value, int | float) and not isinstance(value, bool):
                place = side(bounds, value)
                hits.extend(ordinals[:place] if above else ordinals[place:])

        return probe

    return build


_PROBES: Final[Mapping[str, Callable[[Table], Probe]]] = {
    "is": _equality,
    "in": _membership,
    "starts": _prefixes,
    "ends": _suffixes,
    "word": _words,
    ">": _thresholds(bisect_left, above=True),
    ">=": _thresholds(bisect_right, above=True),
    "<": _thresholds(bisect_right, above=False),
    "<=": _thresholds(bisect_left, above=False),
}


class RuleIndex:
    """Finds candidates. Built once from ``(ordinal, group)`` pairs and the ordinals that no group files."""

    def __init__(self, filed: Iterable[tuple[int, Sequence[Atom]]], rest: Iterable[int]) -> None:
        fields: dict[Field, FieldIndex] = {}
        for ordinal, group in filed:
            for atom in group:
                field = field_of(atom)
                found = fields.get(field)
                if found is None:
                    found = fields[field] = FieldIndex(field)
                found.add(atom[0], atom[2], ordinal)
        self._rest: Ordinals = tuple(rest)
        self._fields = [(each.read, each.probes()) for each in fields.values()]

    def find(self, context: Context) -> Sequence[int]:
        """The ordinals of the rules that may match, ascending."""
        hits: list[Ordinals] = []
        for read, probes in self._fields:
            value = read(context)
            if value is not None:
                for probe in probes:
                    probe(value, hits)
        if not hits:
            return self._rest
        if len(hits) == 1 and not self._rest:
            return hits[0]
        return sorted(set(self._rest).union(*hits))
