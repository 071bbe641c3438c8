"""What an event says about the person by itself, before any rule: activity, following, windows."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any, Final

from yuchi.domain.account import AccountKind, AccountSettings
from yuchi.domain.catalogue import EventSpec
from yuchi.domain.consents import with_consent
from yuchi.domain.event import CAUSED, Event
from yuchi.domain.orders import with_order
from yuchi.domain.profile import ACTIVITY_KEPT, Channel, Profile
from yuchi.domain.standard.decay import with_points
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.traits import with_traits

NOT_BY_THE_FAN: Final = frozenset(
    {"template.delivered", "subscription.delivered", "fan.unsubscribed", "timer.fired", "wait.ended"}
)
"""What happens about a fan and is not caused by the fan's coming, so that it does not count as being active."""


MAX_TEMPLATES: Final = 50
"""Of so many templates the credits are kept for one fan; an account has 25."""


def observe(
    profile: Profile,
    event: Event,
    *,
    spec: EventSpec | None,
    kind: AccountKind | None,
    counted: Mapping[str, int | None],
    schema: BrandSchema,
) -> Profile:
    """The profile after the bare fact of ``event``, with the points that the brand's ``schema`` gives for it.

    ``counted``: the event types that conditions count, with the longest window asked for in seconds (None: any).
    Events may come late or in another order: each field keeps the latest fact, counts keep all.
    """
    moment = int(event.time.timestamp())
    changes: dict[str, object] = {"first_seen_at": first_seen(profile, moment, trusted=event.trusted)}
    if event.subject and _is_from_wechat(event):
        channel = profile.channels.get(event.subject) or Channel(account=event.account)
        channel = _heard(channel, event, moment, window=spec.window if spec else None, kind=kind)
        changes["channels"] = {**profile.channels, event.subject: channel}
    if event.hops == 0 and event.type not in NOT_BY_THE_FAN and not event.historical:
        changes["last_seen_at"] = max(moment, profile.last_seen_at or 0)
    if event.contacts:
        changes["contacts"] = {**profile.contacts, **event.contacts}
    if event.type in counted:
        changes["activity"] = {
            **profile.activity,
            event.type: remember(profile.activity.get(event.type, ()), moment, counted[event.type]),
        }
    observed = with_consent(with_order(with_traits(profile.model_copy(update=changes), event), event), event)
    return with_points(observed, event, schema)


def first_seen(profile: Profile, moment: int, *, trusted: bool) -> int:
    """When the person was seen first, after an event at ``moment``. Told by anybody, it makes nobody older than known."""
    known = profile.first_seen_at
    return moment if known is None or (trusted and moment < known) else known


def _heard(channel: Channel, event: Event, moment: int, *, window: str | None, kind: AccountKind | None) -> Channel:
    """The channel after a push of its fan."""
    channel = _FOLLOWING.get(event.type, _unchanged)(channel, event, moment)
    channel = _CREDITS.get(event.type, _unchanged)(channel, event, moment)
    if kind is AccountKind.MINI_PROGRAM and not channel.subscribed:
        channel = channel.model_copy(update={"subscribed": True})
    if window and moment > channel.windows.get(window, 0):
        channel = channel.model_copy(update={"windows": {**channel.windows, window: moment}})
    return channel


NOTHING_KNOWN: Final[Mapping[str, object]] = {
    name: {}
    for name in (
        *("tags", "attributes", "slices", "contacts", "scores", "activity", "timers", "waits"),
        *("orders", "order_totals", "decayed", "interests"),
    )
} | {"stage": None, "first_order_at": None, "last_order_at": None, "wake": None}
"""What is left of the personal data of somebody who was forgotten."""


def forget(profile: Profile, event: Event, settings: AccountSettings) -> Profile:
    """The profile after the fan left: personal data is erased unless the account keeps it (WeChat's platform rule).

    What stays: who left and when, and which limited rules fired, so that nothing is given twice to those who return.
    Timers go too, or a rule would write about the person again when one of them fires. Events from before that are still
    on their way are known by ``forgotten_at``: see :func:`is_forgotten`.
    """
    channel = profile.channels.get(event.subject or "")
    gone = event.type == "fan.unsubscribed" and channel is not None and not channel.subscribed
    if not gone or settings.keep_after_unsubscribe or any(other.subscribed for other in profile.channels.values()):
        return profile
    moment = int(event.time.timestamp())
    return profile.model_copy(update={**NOTHING_KNOWN, "forgotten_at": max(moment, profile.forgotten_at or 0)})


def is_forgotten(event: Event, profile: Profile) -> bool:
    """``event`` is from before the person was forgotten, and only now comes to us: nothing of it may be kept.

    What rules caused goes by when the person was forgotten, its very second included. What the fan did on an account goes
    by when the fan left that account too: a late push of another account may still say that the fan follows it.
    """
    if profile.forgotten_at is None:
        return False
    moment = int(event.time.timestamp())
    if event.source == CAUSED:
        return moment <= profile.forgotten_at
    if not _is_from_wechat(event):
        return False
    channel = profile.channels.get(event.subject or "")
    left_at = channel.unsubscribed_at if channel else None
    return left_at is not None and moment < min(left_at, profile.forgotten_at)


def _is_from_wechat(event: Event) -> bool:
    return event.hops == 0 and event.source.startswith("/wechat/")


def remember(moments: tuple[int, ...], moment: int, window: int | None) -> tuple[int, ...]:
    """``moments`` of one event type with one more: ascending, the newest ``ACTIVITY_KEPT``, none older than ``window``."""
    kept = (*moments, moment) if not moments or moment >= moments[-1] else tuple(sorted((*moments, moment)))
    kept = kept[-ACTIVITY_KEPT:]
    if window is None or kept[0] >= kept[-1] - window:
        return kept
    return kept[bisect_left(kept, kept[-1] - window) :]


def _unchanged(channel: Channel, _event: Event, _moment: int) -> Channel:
    return channel


def _subscribe(channel: Channel, event: Event, moment: int) -> Channel:
    if moment < max(channel.subscribed_at or 0, channel.unsubscribed_at or 0):
        return channel
    scene = event.data.get("scene")
    return channel.model_copy(
        update={
            "subscribed": True,
            "subscribed_at": moment,
            "scene": scene if isinstance(scene, str) and scene else channel.scene,
        }
    )


def _imported(channel: Channel, event: Event, moment: int) -> Channel:
    """WeChat's list of followers, as it was read at ``moment``. What was pushed after that is newer."""
    since = event.data.get("subscribed_at")
    if not isinstance(since, int) or isinstance(since, bool) or moment < (channel.unsubscribed_at or 0):
        return channel
    scene = event.data.get("scene")
    return channel.model_copy(
        update={
            "subscribed": True,
            "subscribed_at": channel.subscribed_at if channel.subscribed else since,
            "scene": channel.scene or (scene if isinstance(scene, str) and scene else None),
        }
    )


def _unsubscribe(channel: Channel, _event: Event, moment: int) -> Channel:
    if moment < max(channel.subscribed_at or 0, channel.unsubscribed_at or 0):
        return channel
    return channel.model_copy(update={"subscribed": False, "unsubscribed_at": moment, "windows": {}, "mirror": {}})


def _present(channel: Channel, _event: Event, moment: int) -> Channel:
    """A fan who writes or taps the menu follows, even if we never saw the push of the following itself."""
    if channel.subscribed or moment < (channel.unsubscribed_at or 0):
        return channel
    return channel.model_copy(update={"subscribed": True, "subscribed_at": channel.subscribed_at or moment})


def _agreed(channel: Channel, event: Event, _moment: int) -> Channel:
    """A yes in a dialog is worth one notice of its template; a no takes nothing back."""
    agreed = {str(each): channel.credits.get(str(each), 0) + 1 for each in _listed(event, "accepted")}
    return channel.model_copy(update={"credits": dict([*(channel.credits | agreed).items()][-MAX_TEMPLATES:])})


def _refused(channel: Channel, event: Event, _moment: int) -> Channel:
    """A no in the settings keeps every notice of the template out."""
    refused = {str(each) for each in _listed(event, "rejected")}
    return channel.model_copy(
        update={"credits": {name: left for name, left in channel.credits.items() if name not in refused}}
    )


def _delivered(channel: Channel, event: Event, _moment: int) -> Channel:
    """A notice that arrived used one up."""
    left = dict(channel.credits)
    for result in _listed(event, "results"):
        template = str(result.get("template_id", "")) if isinstance(result, Mapping) else ""
        if template in left:
            left[template] -= 1
    return channel.model_copy(update={"credits": {name: number for name, number in left.items() if number > 0}})


def _listed(event: Event, name: str) -> list[Any]:
    found = event.data.get(name)
    return found if isinstance(found, list) else []


_FOLLOWING: Final[Mapping[str, Callable[[Channel, Event, int], Channel]]] = {
    "fan.subscribed": _subscribe,
    "fan.imported": _imported,
    "fan.unsubscribed": _unsubscribe,
    "qrcode.scanned": _present,
    "menu.clicked": _present,
    "menu.viewed": _present,
    "message.text": _present,
    "message.image": _present,
    "message.voice": _present,
    "message.video": _present,
    "message.location": _present,
}

_CREDITS: Final[Mapping[str, Callable[[Channel, Event, int], Channel]]] = {
    "subscription.answered": _agreed,
    "subscription.changed": _refused,
    "subscription.delivered": _delivered,
}

FOLLOWING: Final = frozenset(_FOLLOWING)
"""The event types that say whether a fan follows."""
