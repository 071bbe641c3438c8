"""A brand's definitions as they are live: plain, immutable, with the lookups that each event needs."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Final

from pydantic import BaseModel, ConfigDict

from yuchi.domain.durations import DAY
from yuchi.domain.rfm import RfmBounds

INTENT: Final = "intent"
INFLUENCE: Final = "influence"
INTERESTS_HALF_LIFE: Final = 30 * DAY
"""After how many seconds what somebody was interested in weighs half."""


class ValueType(StrEnum):
    """What kind of value an attribute or an event property has."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "boolean"
    LIST = "list"


class _Defined(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ValueRule(_Defined):
    """What an event property may be. ``allowed``: the values it may have; none: any of its type."""

    type: ValueType
    title: str = ""
    unit: str = ""
    allowed: tuple[str | int | float | bool, ...] = ()


class AttributeRule(ValueRule):
    """What an attribute may be. ``sources``: whose word counts, the first that said anything wins; the others come after
    them, the newest first. ``retention_days``: how long a word counts. ``personal``: it tells who somebody is.
    """

    sources: tuple[str, ...] = ()
    retention_days: int | None = None
    personal: bool = False


class StageRule(_Defined):
    """A stage of the life cycle. Stages are tried by ``order``; the first whose condition holds is the person's."""

    order: int
    name: str
    when: str = "true"
    title: str = ""


class ScoreRule(_Defined):
    """A score that decays: ``points`` by event type, and after how many seconds half of them is left."""

    points: Mapping[str, float]
    half_life: int


class TagGroup(_Defined):
    """Tags that belong together. ``exclusive``: a person has at most one of them. ``lasts``: seconds after which one goes
    where the rule says nothing. ``weight``: what one is worth when it is sure, 0 to 1.
    """

    name: str
    tags: tuple[str, ...]
    exclusive: bool = False
    lasts: int | None = None
    weight: float = 1.0


class BrandSchema(BaseModel):
    """Everything a brand defined that is live. Of what it did not define, what we ship counts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    attributes: Mapping[str, AttributeRule] = {}
    properties: Mapping[str, Mapping[str, ValueRule]] = {}
    own_stages: tuple[StageRule, ...] = ()
    own_scores: Mapping[str, ScoreRule] = {}
    tag_groups: tuple[TagGroup, ...] = ()
    rfm: RfmBounds = RfmBounds()

    @cached_property
    def stages(self) -> tuple[StageRule, ...]:
        """The brand's stages in their order, or those we ship."""
        return tuple(sorted(self.own_stages, key=lambda stage: (stage.order, stage.name))) or DEFAULT_STAGES

    @cached_property
    def scores(self) -> Mapping[str, ScoreRule]:
        """Each score by its name: the brand's, or the one we ship."""
        return {**DEFAULT_SCORES, **self.own_scores}

    @cached_property
    def group_of(self) -> Mapping[str, TagGroup]:
        """Tag -> its group."""
        return {tag: group for group in reversed(self.tag_groups) for tag in group.tags}

    @cached_property
    def precedence(self) -> Mapping[str, tuple[str, ...]]:
        """Attributes for which it matters who says it -> the sources in order."""
        return {name: rule.sources for name, rule in self.attributes.items() if rule.sources}

    @cached_property
    def retention(self) -> Mapping[str, int]:
        """Attribute -> for how many seconds a word on it counts."""
        return {name: rule.retention_days * DAY for name, rule in self.attributes.items() if rule.retention_days}


DEFAULT_STAGES: Final = (
    StageRule(order=10, name="lost", when='profile.last_active_at < now - duration("4320h")', title="流失"),
    StageRule(order=20, name="dormant", when='profile.last_active_at < now - duration("2160h")', title="沉睡"),
    StageRule(order=30, name="loyal", when="profile.orders.count >= 3", title="忠诚"),
    StageRule(
        order=40,
        name="new",
        when='profile.first_seen_at >= now - duration("720h") && profile.orders.count == 0',
        title="新客",
    ),
    StageRule(order=50, name="active", when="true", title="活跃"),
)
"""The stages of a brand that defines none: 90 and 180 days without any activity, three orders, the first 30 days."""

DEFAULT_SCORES: Final[Mapping[str, ScoreRule]] = {
    INTENT: ScoreRule(
        points={
            "page.viewed": 1,
            "screen.viewed": 1,
            "menu.clicked": 1,
            "menu.viewed": 1,
            "message.text": 2,
            "qrcode.scanned": 2,
            "product.viewed": 2,
            "product.clicked": 2,
            "products.searched": 2,
            "wishlist.added": 4,
            "product.added": 5,
            "cart.viewed": 3,
            "checkout.started": 8,
            "order.completed": 10,
        },
        half_life=14 * DAY,
    ),
    INFLUENCE: ScoreRule(
        points={
            "product.shared": 5,
            "cart.shared": 5,
            "page.shared": 5,
            "invite.sent": 3,
            "review.submitted": 5,
            "referral.brought": 20,
        },
        half_life=90 * DAY,
    ),
}
"""The scores of a brand that defines none. ``referral.brought`` is told of whoever brought somebody."""

DEFAULT_SCHEMA: Final = BrandSchema()
"""Of a brand that defines nothing."""
