"""Two persons become one, and two again: a merge and its undoing. Pure.

The absorbed person's profile stays where it is and points to the survivor, so identities and timelines need not move.
What the survivor was before is kept for the undoing, which takes back exactly what the merge brought and leaves what
happened since.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict

from yuchi.domain.attributes import resolved
from yuchi.domain.consents import later
from yuchi.domain.orders import COUNT, REFUNDS, SPENT
from yuchi.domain.profile import ACTIVITY_KEPT, Channel, Decayed, Fired, Order, Profile, Slice, Tag
from yuchi.domain.standard.decay import joined, kept_interests, without

UNDOABLE: Final = timedelta(days=180)
"""How long a merge can be undone."""

V = TypeVar("V")
Join = Callable[[V, V], V]
Leave = Callable[[V, V | None, V, V], V]


class Merge(BaseModel):
    """A merge on record. ``before``: the survivor as it was, ``absorbed`` the other person's id; ``event`` (an id) proved
    that they are one, at ``at`` (epoch seconds).
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    before: Profile
    absorbed: str
    event: str
    at: int

    @property
    def survivor(self) -> str:
        """The id of the person who lives on."""
        return self.before.person


def merge(survivor: Profile, absorbed: Profile) -> Profile:
    """The person that both are: tags unite, counters add, each channel and source keeps its own slice."""
    changes: dict[str, Any] = {
        name: _unite(getattr(survivor, name), getattr(absorbed, name), join) for name, (join, _) in _PARTS.items()
    }
    changes["order_totals"] = _without_twins(changes["order_totals"], survivor, absorbed)
    for name, choose in _EXTREMES.items():
        changes[name] = _outer(choose, getattr(survivor, name), getattr(absorbed, name))
    changes["interests"] = kept_interests(changes["interests"])
    changes["apart"] = tuple(dict.fromkeys((*survivor.apart, *absorbed.apart)))
    changes["identities"] = tuple(dict.fromkeys((*survivor.identities, *absorbed.identities)))
    changes["attributes"] = resolved(changes["slices"])
    return survivor.model_copy(update=changes)


def unmerge(current: Profile, *, before: Profile, absorbed: Profile) -> Profile:
    """The survivor without what it got from ``absorbed``. ``before``: the survivor as it was when it absorbed.

    What did not change since the merge becomes what it was; of what changed, only the absorbed share goes. The absorbed
    person becomes what it was at the merge: take ``absorbed`` itself.
    """
    merged = merge(before, absorbed)
    changes: dict[str, Any] = {
        name: _part(
            getattr(current, name),
            before=getattr(before, name),
            merged=getattr(merged, name),
            absorbed=getattr(absorbed, name),
            leave=leave,
        )
        for name, (_, leave) in _PARTS.items()
    }
    squeezed_out = {name: each for name, each in before.interests.items() if name not in merged.interests}
    changes["interests"] = kept_interests({**squeezed_out, **changes["interests"]})
    changes["apart"] = tuple(each for each in current.apart if each in before.apart or each not in absorbed.apart)
    brought = set(absorbed.identities) - set(before.identities)
    changes["identities"] = tuple(each for each in current.identities if each not in brought)
    changes["attributes"] = resolved(changes["slices"])
    for name in _EXTREMES:
        if getattr(current, name) == getattr(merged, name):
            changes[name] = getattr(before, name)
    return current.model_copy(update=changes)


def _unite(left: Mapping[str, V], right: Mapping[str, V], join: Join[V]) -> dict[str, V]:
    both = {name: join(value, right[name]) for name, value in left.items() if name in right}
    return {**left, **right, **both}


def _part(
    current: Mapping[str, V],
    *,
    before: Mapping[str, V],
    merged: Mapping[str, V],
    absorbed: Mapping[str, V],
    leave: Leave[V],
) -> dict[str, V]:
    kept: dict[str, V] = {}
    for name, value in current.items():
        if name not in absorbed:
            kept[name] = value
        elif value != merged.get(name):
            kept[name] = leave(value, before.get(name), merged.get(name, value), absorbed[name])
        elif name in before:
            kept[name] = before[name]
    return kept


def _join_tags(left: Tag, right: Tag) -> Tag:
    newer = max(left, right, key=lambda tag: (tag.last, tag.event))
    ends = (left.expires_at, right.expires_at)
    return newer.model_copy(
        update={
            "since": min(left.since, right.since),
            "count": left.count + right.count,
            "expires_at": None if None in ends else max(end for end in ends if end is not None),
        }
    )


def _leave_tag(tag: Tag, _before: Tag | None, _merged: Tag, absorbed: Tag) -> Tag:
    return tag.model_copy(update={"count": max(tag.count - absorbed.count, 1)})


def _join_fired(left: Fired, right: Fired) -> Fired:
    ends = (left.until, right.until)
    return Fired(
        since=min(left.since, right.since),
        count=left.count + right.count,
        until=None if None in ends else max(end for end in ends if end is not None),
    )


def _leave_fired(fired: Fired, _before: Fired | None, merged: Fired, absorbed: Fired) -> Fired:
    own = fired.count - absorbed.count if fired.since == merged.since else fired.count
    return fired.model_copy(update={"count": max(own, 1)})


def _join_channels(left: Channel, right: Channel) -> Channel:
    """The same identity on both sides cannot be, save after a repair by hand: the one heard of last is right."""
    return max(left, right, key=lambda each: (each.subscribed_at or 0, each.unsubscribed_at or 0))


def _join_activity(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted((*left, *right))[-ACTIVITY_KEPT:])


def _leave_activity(
    times: tuple[int, ...], _before: tuple[int, ...] | None, _merged: tuple[int, ...], absorbed: tuple[int, ...]
) -> tuple[int, ...]:
    return tuple(sorted((Counter(times) - Counter(absorbed)).elements()))


def _outer(choose: Callable[[V, V], V], left: V | None, right: V | None) -> V | None:
    return choose(left, right) if left is not None and right is not None else left if right is None else right


def _add(left: int, right: int) -> int:
    return left + right


def _take_away(value: int, before: int | None, merged: int, _absorbed: int) -> int:
    return value - (merged - (before or 0))


def _leave_decayed(score: Decayed, _before: Decayed | None, _merged: Decayed, absorbed: Decayed) -> Decayed:
    return without(score, absorbed)


def _join_orders(left: Order, right: Order) -> Order:
    """The same order on both sides was told of both persons."""
    return left.model_copy(update={"refunded": max(left.refunded, right.refunded)})


def _without_twins(totals: Mapping[str, int], survivor: Profile, absorbed: Profile) -> dict[str, int]:
    """The totals with each order counted once that both sides knew."""
    twins = [(order, absorbed.orders[key]) for key, order in survivor.orders.items() if key in absorbed.orders]
    if not twins:
        return dict(totals)
    taken = {
        COUNT: len(twins),
        SPENT: sum(theirs.total for _, theirs in twins),
        REFUNDS: sum(min(ours.refunded, theirs.refunded) for ours, theirs in twins),
    }
    return {name: value - taken.get(name, 0) for name, value in totals.items()}


def _keep_left(left: Any, _right: Any) -> Any:
    return left


def _keep(value: Any, _before: Any, _merged: Any, _absorbed: Any) -> Any:
    return value


def _join_slices(left: Mapping[str, Slice], right: Mapping[str, Slice]) -> dict[str, Slice]:
    return _unite(left, right, lambda mine, theirs: max(mine, theirs, key=lambda each: (not each.public, each.at)))


def _leave_slices(
    value: Mapping[str, Slice],
    before: Mapping[str, Slice] | None,
    merged: Mapping[str, Slice],
    absorbed: Mapping[str, Slice],
) -> dict[str, Slice]:
    return _part(value, before=before or {}, merged=merged, absorbed=absorbed, leave=_keep)


_EXTREMES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "first_seen_at": min,
    "last_seen_at": max,
    "first_order_at": min,
    "last_order_at": max,
    "forgotten_at": max,
    "wake": min,
}
"""Moments of which the earliest or the latest counts. The id of a wake begins with its time."""

_PARTS: Final[Mapping[str, tuple[Join[Any], Leave[Any]]]] = {
    "tags": (_join_tags, _leave_tag),
    "slices": (_join_slices, _leave_slices),
    "contacts": (_keep_left, _keep),
    "scores": (_add, _take_away),
    "decayed": (joined, _leave_decayed),
    "interests": (joined, _leave_decayed),
    "orders": (_join_orders, _keep),
    "order_totals": (_add, _take_away),
    "channels": (_join_channels, _keep),
    "activity": (_join_activity, _leave_activity),
    "fired": (_join_fired, _leave_fired),
    "consents": (later, _keep),
    "erased": (max, _keep),
    # A timer of the same name on both sides: the survivor's counts, the other will be found outdated when it fires.
    "timers": (_keep_left, _keep),
    "waits": (min, _keep),
    "reached": (max, _keep),
}
"""Each part of a profile that is a map: how two of its values become one, and how one leaves again."""
