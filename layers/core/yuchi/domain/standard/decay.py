"""Scores and interests that decay: what was earned halves with each half-life. Pure.

A value is kept with its moment and its half-life, so that whoever has it can read it at any later time, and two of them can
be added, without knowing how the brand defines it now.
"""

from collections.abc import Mapping
from math import inf, log2
from typing import Any, Final

from yuchi.domain.event import Event
from yuchi.domain.profile import Decayed, Profile
from yuchi.domain.standard.model import INTERESTS_HALF_LIFE, BrandSchema

INTERESTS_KEPT: Final = 20
MAX_NAME: Final = 40
DIGITS: Final = 6
_SUBJECTS: Final = (
    "product.",
    "page.",
    "screen.",
    "products.",
    "product_list.",
    "wishlist.",
    "cart.",
    "order.completed",
)
"""Events by which people show what they are interested in."""
_NAMES: Final = ("category", "topic")
_LISTS: Final = ("topics", "categories")
_STRENGTH: Final[Mapping[str, float]] = {
    "product.added": 3.0,
    "wishlist.added": 3.0,
    "order.completed": 5.0,
    "product.shared": 3.0,
}
"""How much an event says about interest; 1 where it is not named."""


def value_at(score: Decayed, moment: int) -> float:
    """What is left of ``score`` at ``moment`` (epoch seconds)."""
    return score.value * _factor(moment - score.at, score.half_life)


def joined(left: Decayed, right: Decayed) -> Decayed:
    """Both together, at the later of their moments."""
    newer = max(left, right, key=lambda each: each.at)
    total = value_at(left, newer.at) + value_at(right, newer.at)
    return Decayed(value=round(total, DIGITS), at=newer.at, half_life=newer.half_life)


def without(score: Decayed, share: Decayed) -> Decayed:
    """``score`` less what is left of ``share`` in it."""
    left = max(score.value - value_at(share, score.at), 0)
    return score.model_copy(update={"value": round(left, DIGITS)})


def falls_to(score: Decayed, value: float) -> float:
    """The moment (epoch seconds) at which ``score`` has fallen to ``value``; infinite where it never does."""
    if value <= 0 or score.value <= 0:
        return inf
    return score.at + score.half_life * log2(score.value / value)


def with_points(profile: Profile, event: Event, schema: BrandSchema) -> Profile:
    """The profile after what ``event`` earns; the same profile where it earns nothing. A late event earns what would be left
    of it.
    """
    moment = int(event.time.timestamp())
    decayed = dict(profile.decayed)
    for name, rule in schema.scores.items():
        points = rule.points.get(event.type)
        if points:
            decayed[name] = _earned(decayed.get(name), points, moment, rule.half_life)
    interests = _with_interests(profile.interests, event, moment)
    changes: dict[str, Any] = {}
    if decayed != profile.decayed:
        changes["decayed"] = decayed
    if interests is not profile.interests:
        changes["interests"] = interests
    return profile.model_copy(update=changes) if changes else profile


def interests_of(data: Mapping[str, Any]) -> tuple[str, ...]:
    """The categories and topics that an event's data names, each once."""
    products: Any = data.get("products")
    lines = (
        [data, *(each for each in products[:INTERESTS_KEPT] if isinstance(each, dict))]
        if _is_list(products)
        else [data]
    )
    named = [line.get(name) for line in lines for name in _NAMES]
    lists = [data[name] for name in _LISTS if _is_list(data.get(name))]
    named += [each for several in lists for each in several[:INTERESTS_KEPT]]
    return tuple(dict.fromkeys(each.strip()[:MAX_NAME] for each in named if isinstance(each, str) and each.strip()))


def strongest(interests: Mapping[str, Decayed], moment: int) -> dict[str, float]:
    """Interest -> weight at ``moment``, the strongest first."""
    weights = {name: round(value_at(each, moment), 2) for name, each in interests.items()}
    return dict(sorted(weights.items(), key=lambda each: (-each[1], each[0])))


def _with_interests(interests: Mapping[str, Decayed], event: Event, moment: int) -> Mapping[str, Decayed]:
    if not event.type.startswith(_SUBJECTS):
        return interests
    found = interests_of(event.data)
    if not found:
        return interests
    points = _STRENGTH.get(event.type, 1.0)
    changed = {
        **interests,
        **{name: _earned(interests.get(name), points, moment, INTERESTS_HALF_LIFE) for name in found},
    }
    return kept_interests(changed)


def kept_interests(interests: Mapping[str, Decayed]) -> dict[str, Decayed]:
    """The strongest of them."""
    if len(interests) <= INTERESTS_KEPT:
        return dict(interests)
    moment = max(each.at for each in interests.values())
    kept = sorted(interests, key=lambda name: (-value_at(interests[name], moment), name))[:INTERESTS_KEPT]
    return {name: interests[name] for name in kept}


def _earned(score: Decayed | None, points: float, moment: int, half_life: int) -> Decayed:
    new = Decayed(value=points, at=moment, half_life=half_life)
    if score is None:
        return new
    return joined(score, new).model_copy(update={"half_life": half_life})


def _factor(seconds: int, half_life: int) -> float:
    return float(0.5 ** (seconds / half_life)) if seconds > 0 else 1.0


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
