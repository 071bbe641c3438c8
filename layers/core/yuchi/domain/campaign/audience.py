"""An audience: one condition over profiles, and which parts of a stored profile it takes to answer it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Self

from yuchi.domain.campaign.model import ALL_ACCOUNTS, Campaign
from yuchi.domain.language import Condition, Context, parse_condition
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import PROFILE_VIEW, Seen
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema

ALWAYS: Final = ("brand", "person", "version", "channels", "consents", "merged_into")
"""What it takes to choose the way to a person."""
STORED: Final[Mapping[str, tuple[str, ...]]] = {
    "id": ("person",),
    "tags": ("tags",),
    "attributes": ("attributes", "slices"),
    "score": ("scores",),
    "scores": ("scores",),
    "orders": ("orders", "order_totals", "first_order_at", "last_order_at"),
    "rfm": ("order_totals", "last_order_at"),
    "consents": ("consents",),
    **dict.fromkeys(("subscribed", "subscribed_at", "unsubscribed_at", "scene"), ("channels",)),
    "first_seen_at": ("first_seen_at",),
    "last_seen_at": ("last_seen_at",),
    "last_active_at": ("last_seen_at", "last_order_at", "first_seen_at"),
    "intent": ("decayed",),
    "influence": ("decayed",),
    "interests": ("interests",),
    "new": ("version",),
}
"""Field of the view -> the parts of the stored profile that it is made of. One that is not here may need any."""


@dataclass(frozen=True)
class AudienceTest:
    """``account``: that of the campaign where it has one alone, else "": then a person's account followed last counts.

    Counts and last times of events are of what rules count too, see :func:`yuchi.domain.observe.observe`.
    """

    condition: Condition
    account: str
    now: datetime
    schema: BrandSchema = DEFAULT_SCHEMA

    @classmethod
    def of(cls, campaign: Campaign, now: datetime, schema: BrandSchema = DEFAULT_SCHEMA) -> Self:
        """The audience of a checked campaign."""
        own = campaign.accounts[0] if len(campaign.accounts) == 1 and campaign.accounts[0] != ALL_ACCOUNTS else ""
        return cls(parse_condition(campaign.audience), own, now, schema)

    @cached_property
    def fields(self) -> frozenset[str]:
        """The fields of the profile that the condition names."""
        return frozenset(
            name.split(".")[1] for name in self.condition.fields if name.startswith("profile.") and "." in name
        )

    def named(self, field: str) -> frozenset[str] | None:
        """The names of a map that the condition asks for; None where it may look at any."""
        prefix = f"profile.{field}."
        names = {each.removeprefix(prefix) for each in self.condition.fields if each.startswith(prefix)}
        any_of_them = f"profile.{field}" in self.condition.fields or any("." in name for name in names)
        return None if any_of_them or "profile" in self.condition.fields else frozenset(names)

    @cached_property
    def stored(self) -> tuple[str, ...] | None:
        """The parts of a stored profile that are needed; None for all of them."""
        if not self.fields <= STORED.keys() or "profile" in self.condition.fields:
            return None
        past = ("activity",) if self.condition.counted else ()
        return tuple(dict.fromkeys([*ALWAYS, *past, *(part for name in sorted(self.fields) for part in STORED[name])]))

    def holds(self, profile: Profile) -> bool:
        """Whether the person belongs to it."""
        _, channel = profile.channel(self.account or None) or ("", None)
        seen = Seen(profile, channel, self.now, self.schema)
        names = PROFILE_VIEW if "profile" in self.condition.fields else self.fields
        view = {name: PROFILE_VIEW[name].read(seen) for name in names}
        return self.condition.matches(Context({}, view, {}, self.now, profile.activity))
