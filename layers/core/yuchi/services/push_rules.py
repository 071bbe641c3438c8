"""Rules from files into the table: what would change, changing it, and what the reviewer says."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from yuchi.domain.draft import key_of, marketer_hash
from yuchi.domain.draft_columns import COLUMNS
from yuchi.domain.plain import plain
from yuchi.domain.short_form import short_item
from yuchi.services.ports_operators import RuleBook
from yuchi.services.ports_rules import Item

WAIT_SECONDS: Final = 10.0
"""An edit is live, or its problem told, within this time."""
POLL_SECONDS: Final = 0.5
SHOWN_OF_NEW: Final = ("name", "on", "when")
"""What of a new rule is told: enough to know it by."""


class ChangeKind(StrEnum):
    """What a push does to a rule."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule: ``columns`` as it shall be (None: removed), ``seen`` as it is (None: not there).

    ``differences``: column -> (as it is, as it shall be), both in the shortest form.
    """

    brand: str
    rule_id: str
    kind: ChangeKind
    columns: Item | None
    seen: Item | None
    differences: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the reviewer made of a pushed rule. ``status`` is "" where it has not said anything yet."""

    brand: str
    rule_id: str
    status: str
    problem: str = ""
    hint: str = ""
    live_version: int | None = None


def plan_push(items: Sequence[Item], book: RuleBook, *, prune: bool) -> list[RuleChange]:
    """What pushing ``items`` (each with its keys) would do. ``prune``: rules of their brands that are not among them go."""
    stored = {
        (brand, str(item["rule_id"])): item
        for brand in dict.fromkeys(key_of(item)[0] for item in items)
        for item in book.all(brand)
    }
    changes = [_compare(item, stored.get(key_of(item))) for item in items]
    if prune:
        wanted = {key_of(item) for item in items}
        changes += [
            RuleChange(*key, kind=ChangeKind.REMOVED, columns=None, seen=seen, differences={})
            for key, seen in stored.items()
            if key not in wanted
        ]
    return changes


def push(changes: Sequence[RuleChange], book: RuleBook) -> Iterator[tuple[RuleChange, bool]]:
    """Make each change, and say whether it could be made: False where somebody edited the rule since it was read."""
    for change in changes:
        if change.columns is not None:
            yield change, book.write(change.columns, seen=change.seen)
        elif change.seen is not None:
            yield change, book.remove(change.brand, change.rule_id, seen=change.seen)


def verdicts(
    keys: Sequence[tuple[str, str]], book: RuleBook, *, wait: Callable[[float], None], seconds: float = WAIT_SECONDS
) -> list[Verdict]:
    """What the reviewer says of rules, waiting up to ``seconds`` for it."""
    waited = 0.0
    while True:
        said = [_verdict(key, book.get(*key)) for key in keys]
        if all(verdict.status for verdict in said) or waited >= seconds:
            return said
        wait(POLL_SECONDS)
        waited += POLL_SECONDS


def is_reviewed(item: Item) -> bool:
    """Whether what the reviewer wrote is about the item as it stands."""
    return item.get("reviewed") == marketer_hash(item)


def _verdict(key: tuple[str, str], item: Item | None) -> Verdict:
    if item is None or not is_reviewed(item):
        return Verdict(*key, status="")
    version = plain(item.get("live_version"))
    return Verdict(
        *key,
        status=str(item.get("status", "")),
        problem=str(item.get("problem") or ""),
        hint=str(item.get("hint") or ""),
        live_version=version if isinstance(version, int) else None,
    )


def _compare(item: Item, seen: Item | None) -> RuleChange:
    brand, rule_id = key_of(item)
    new = short_item(item)
    if seen is None:
        shown: dict[str, tuple[Any, Any]] = {name: (None, new[name]) for name in SHOWN_OF_NEW if name in new}
        return RuleChange(brand, rule_id, ChangeKind.NEW, item, None, shown)
    old = short_item(seen)
    differences = {
        name: (old.get(name), new.get(name))
        for name in dict.fromkeys((*COLUMNS, *old, *new))
        if old.get(name) != new.get(name)
    }
    kind = ChangeKind.CHANGED if differences else ChangeKind.SAME
    return RuleChange(brand, rule_id, kind, item, seen, differences)
