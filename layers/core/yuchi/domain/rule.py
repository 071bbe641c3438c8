"""A rule as it is published: checked, numbered, immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Self

from yuchi.domain.actions import Action, dump_action, load_actions
from yuchi.domain.draft import ALL_ACCOUNTS, DEFAULT_PRIORITY, Draft
from yuchi.domain.limits import Limit, parse_limit
from yuchi.domain.triggers import counted_by

__all__ = ["ALL_ACCOUNTS", "Rule"]

_PLAIN: Final[Mapping[str, Any]] = {
    "name": "",
    "account": ALL_ACCOUNTS,
    "when": "true",
    "access": None,
    "limit": None,
    "priority": DEFAULT_PRIORITY,
    "stop": False,
    "starts_at": None,
    "ends_at": None,
    "counted": {},
}
"""What is left out of the stored form."""


@dataclass(frozen=True)
class Rule:
    """One published version of a rule.

    A container loads thousands of rules for the few that fire, so actions and limit stay as they are stored until
    they are asked for. ``access``: how the index files the rule (JSON values of :mod:`yuchi.domain.language`), None
    where it cannot. ``counted``: event type -> the longest window in seconds that the condition counts, None for any
    time. ``starts_at`` and ``ends_at`` are epoch seconds in storage.
    """

    rule_id: str
    version: int
    on: tuple[str, ...]
    stored_actions: tuple[Mapping[str, Any], ...]
    account: str = ALL_ACCOUNTS
    name: str = ""
    when: str = "true"
    access: Any = None
    stored_limit: str | None = None
    priority: int = DEFAULT_PRIORITY
    stop: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    counted: Mapping[str, int | None] = field(default_factory=dict)

    @cached_property
    def actions(self) -> tuple[Action, ...]:
        """What to do, in order. Their places in here are part of the actions' ids."""
        return load_actions(self.stored_actions)

    @cached_property
    def limit(self) -> Limit | None:
        """How often per person."""
        return parse_limit(self.stored_limit) if self.stored_limit else None

    @property
    def replies(self) -> bool:
        """Whether it may answer the push itself."""
        return any(stored.get("kind") == "reply" for stored in self.stored_actions)

    @property
    def indexable(self) -> bool:
        """False where each event of the bucket has to try the whole condition."""
        return self.access is not None

    @classmethod
    def make(
        cls, draft: Draft, *, version: int, access: Any = None, counted: Mapping[str, int | None] | None = None
    ) -> Self:
        """The next version of a rule from a checked draft and what its condition was compiled to."""
        return cls(
            rule_id=draft.rule_id,
            version=version,
            account=draft.account,
            name=draft.name,
            on=draft.on,
            when=draft.when,
            access=access,
            stored_actions=tuple(dump_action(action) for action in draft.then),
            stored_limit=str(draft.limit) if draft.limit else None,
            priority=draft.priority,
            stop=draft.stop,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            counted=counted_by(draft.on) | dict(counted or {}),
        )

    def dump(self) -> dict[str, Any]:
        """The compact JSON form."""
        content = {
            "id": self.rule_id,
            "version": self.version,
            "account": self.account,
            "name": self.name,
            "on": list(self.on),
            "when": self.when,
            "access": self.access,
            "then": list(self.stored_actions),
            "limit": self.stored_limit,
            "priority": self.priority,
            "stop": self.stop,
            "starts_at": _epoch(self.starts_at),
            "ends_at": _epoch(self.ends_at),
            "counted": self.counted,
        }
        return {name: value for name, value in content.items() if name not in _PLAIN or value != _PLAIN[name]}

    @classmethod
    def load(cls, stored: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`dump`."""
        get = stored.get
        return cls(
            rule_id=stored["id"],
            version=stored["version"],
            on=tuple(stored["on"]),
            stored_actions=tuple(stored["then"]),
            account=get("account", ALL_ACCOUNTS),
            name=get("name", ""),
            when=get("when", "true"),
            access=get("access"),
            stored_limit=get("limit"),
            priority=get("priority", DEFAULT_PRIORITY),
            stop=get("stop", False),
            starts_at=_moment(get("starts_at")),
            ends_at=_moment(get("ends_at")),
            counted=get("counted") or {},
        )


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _moment(epoch: int | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)
