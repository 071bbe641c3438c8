"""What comes due for a person by time alone: absences, dates, replenishment, tags that expire. Pure; nobody is scanned.

Each event of a person works out anew when each of the things that rules wait for comes due next (``Profile.waits``), and
sees that one timer of the person, for all of them, wakes us no later than the first. The timer is lazy: it stays where it
is when things move away, and when it fires, what has truly come due is told and the timer set for what is next.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from yuchi.domain.anniversaries import next_occurrence, yearly_day
from yuchi.domain.draft import ALL_ACCOUNTS
from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.durations import DAY, format_duration
from yuchi.domain.event import Event, derive_id, format_time
from yuchi.domain.orders import last_order, replenishment_cycle
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import next_stage
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.timeline import Timer
from yuchi.domain.triggers import REPLENISHMENT, STAGE_CHANGED, TAG_REMOVED, Absence, DateTrigger, trigger_of

WAIT_ENDED: Final = "wait.ended"
"""The event by which a person's timer wakes us. Rules do not see it."""
CLOCK: Final = "/clock"
"""Its source."""
GRACE: Final = DAY
"""How long (seconds) after its time a wake may still come; then it is taken for lost, and a date for missed."""
MAX_REMEMBERED: Final = 40
"""Of how many triggers a profile remembers what was told last."""


class Due(NamedTuple):
    """When something comes due (epoch seconds), and what is told then. ``mark``: by what it is known that it was told:
    it grows from one time to the next.
    """

    at: int
    mark: int
    data: Mapping[str, Any]


class Facts(NamedTuple):
    """What a due time depends on. ``after``: only what comes later (epoch seconds) is asked for. ``told``: the mark of what
    was told last. ``usual_cycle``: days after which the brand's customers usually buy again. ``moment``: now.
    """

    profile: Profile
    after: int
    told: int
    usual_cycle: int | None
    moment: int
    schema: BrandSchema


def is_wake(event: Event) -> bool:
    """The timer of a person fired."""
    return event.type == WAIT_ENDED


def expire_tags(draft: DraftDecision, watched: Collection[str]) -> None:
    """Where rules wait for it, take away the tags whose time is over, and say so."""
    if TAG_REMOVED not in watched:
        return
    live = draft.profile.live_tags(draft.now)
    for name, tag in draft.profile.tags.items():
        if name not in live:
            draft.tags_removed.append(name)
            draft.follow_up(TAG_REMOVED, {"tag": name, "rule": tag.rule, "reason": "expired"}, "expired", name)
    if len(live) < len(draft.profile.tags):
        draft.change(tags=live)


def settle(draft: DraftDecision, watched: Collection[str]) -> None:
    """On a wake: tell what has come due, and what has not, leave to the next."""
    profile, moment = draft.profile, _moment(draft)
    waits, told = dict(profile.waits), dict(profile.reached)
    for key in watched:
        at = waits.get(key)
        if at is None or at > moment or key in _TOLD_ELSEWHERE:
            continue
        due = _next_due(key, draft, profile, after=max(at, moment - GRACE) - 1)
        if due is not None and due.at <= moment:
            _tell(draft, key, due)
            told[key] = due.mark
            del waits[key]
    draft.change(waits=waits, reached=dict(list(told.items())[-MAX_REMEMBERED:]), wake=None)
    if not draft.follow_ups:
        draft.notes.append("wait.moved")


def wait(draft: DraftDecision, before: Profile, watched: Collection[str]) -> None:
    """After an event: when each thing comes due now, and a timer for the first. ``before``: the profile before the event."""
    if not watched and not draft.profile.waits:
        return
    profile, moment = draft.profile, _moment(draft)
    waits: dict[str, int] = {}
    for key in watched:
        known = profile.waits.get(key)
        after = moment if known is None else max(min(known - 1, moment), moment - GRACE)
        due = _next_due(key, draft, profile, after=after)
        if due is not None and (known is not None or due.at > moment or _has_begun(key, due, draft, before)):
            waits[key] = due.at
    if waits != profile.waits:
        draft.change(waits=waits)
    first, pending = min(waits.values(), default=None), _pending(profile, moment)
    if first is not None and (pending is None or first < pending):
        timer = _wake(draft.event, first)
        draft.timers.append(timer)
        draft.change(wake=timer.id)


def _has_begun(key: str, due: Due, draft: DraftDecision, before: Profile) -> bool:
    """What is due already began with this very event, so that it was not told yet; a late event says so."""
    earlier = _next_due(key, draft, before, after=due.at - 1)
    return not draft.event.historical and (earlier is None or earlier.mark < due.mark)


def _moment(draft: DraftDecision) -> int:
    """Now; a timer's own time where our clock is behind that of who fired it."""
    return int(max(draft.now, draft.event.time).timestamp()) if is_wake(draft.event) else int(draft.now.timestamp())


def _pending(profile: Profile, moment: int) -> int | None:
    """When the wake that is set comes due; None without one, and for one that was lost."""
    at = int(profile.wake.partition("-")[0]) if profile.wake else None
    return None if at is None or at < moment - GRACE else at


def _wake(event: Event, at: int) -> Timer:
    """Its id begins with its time, so that the profile knows it and the earlier of two is the lesser text. Its account is
    left open: it is that of the person then.
    """
    due = datetime.fromtimestamp(at, UTC)
    wake = Event(
        id=f"{at:010d}-{derive_id(event.id, WAIT_ENDED, str(at))[:24]}",
        source=CLOCK,
        type=WAIT_ENDED,
        time=due,
        brand=event.brand,
        account="",
        subject=event.subject,
    )
    return Timer(due=due, event=wake)


def _tell(draft: DraftDecision, key: str, due: Due) -> None:
    trigger = trigger_of(key)
    event_type = trigger.event_type if trigger else key
    data = dict(due.data) | ({"trigger": key} if trigger else {})
    for account in _accounts(draft, key):
        channel = draft.profile.channel(account)
        event = draft.caused(event_type, data, datetime.fromtimestamp(due.at, UTC), key, str(due.mark), account)
        subject = channel[0] if channel else draft.event.subject
        draft.happen(event.model_copy(update={"account": account, "subject": subject}))


def _accounts(draft: DraftDecision, key: str) -> Sequence[str]:
    """The accounts on which the person is told of: those with rules of their own for it, which the person follows.

    Rules for all accounts fire on each of them, and shall fire once: where there are some, one account is enough.
    """
    home, listening = draft.event.account, draft.listening(key)
    followed = [channel.account for channel in draft.profile.channels.values() if channel.subscribed]
    own = [account for account in dict.fromkeys((home, *sorted(followed))) if account in listening]
    if ALL_ACCOUNTS in listening:
        return own[:1] or [home]
    return own


def _next_due(key: str, draft: DraftDecision, profile: Profile, *, after: int) -> Due | None:
    usual = draft.account.settings.replenishment_days if draft.account else None
    facts = Facts(
        profile=profile,
        after=after,
        told=profile.reached.get(key, -1),
        usual_cycle=usual,
        moment=_moment(draft),
        schema=draft.schema,
    )
    trigger = trigger_of(key)
    due = _DUE[type(trigger)](facts, trigger) if trigger else _FIXED_DUE[key](facts)
    return due if due is not None and due.mark > facts.told else None


def _absence(facts: Facts, trigger: Absence) -> Due | None:
    since = _last_activity(facts.profile, trigger.activity)
    if since is None:
        return None
    data = {
        "activity": trigger.activity,
        "after_seconds": trigger.seconds,
        "after": format_duration(trigger.seconds),
        "since": _written(since),
    }
    return Due(at=since + trigger.seconds, mark=since, data=data)


def _last_activity(profile: Profile, activity: str) -> int | None:
    """Orders are known also from before a rule asked for them."""
    moments = profile.activity.get(activity, ())
    return max(moments) if moments else last_order(profile) if activity == "order.completed" else None


def _date(facts: Facts, trigger: DateTrigger) -> Due | None:
    day = yearly_day(_date_value(facts.profile, trigger.name))
    if day is None:
        return None
    after = datetime.fromtimestamp(facts.after, UTC)
    found = next_occurrence(
        day, after=after, days_before=trigger.days_before, minute=trigger.minute, beyond=max(facts.told, 0)
    )
    if found is None:
        return None
    data = {
        "date": trigger.name,
        "day": found.day.isoformat(),
        "years": found.years,
        "days_before": trigger.days_before,
    }
    return Due(at=int(found.at.timestamp()), mark=found.day.year, data=data)


def _date_value(profile: Profile, name: str) -> Any:
    if name not in _NAMED_DATES:
        return profile.attributes.get(name)
    moment = _NAMED_DATES[name](profile)
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def _subscribed_at(profile: Profile) -> int | None:
    channel = profile.channel()
    return channel[1].subscribed_at if channel and channel[1].subscribed else None


def _replenishment(facts: Facts) -> Due | None:
    since = last_order(facts.profile)
    cycle = replenishment_cycle(facts.profile, facts.usual_cycle)
    if since is None or cycle is None:
        return None
    data = {"since": _written(since), "cycle_days": cycle.days, "cycle_of": cycle.of}
    return Due(at=since + round(cycle.days * DAY), mark=since, data=data)


def _tag_expiry(facts: Facts) -> Due | None:
    ends = [tag.expires_at for tag in facts.profile.tags.values() if tag.expires_at is not None]
    return Due(at=min(ends), mark=0, data={}) if ends else None


def _stage_turn(facts: Facts) -> Due | None:
    turn = next_stage(facts.profile, max(facts.after, facts.moment), facts.schema)
    return Due(at=turn.at, mark=0, data={}) if turn else None


def _written(moment: int) -> str:
    return format_time(datetime.fromtimestamp(moment, UTC))


_NAMED_DATES: Final[Mapping[str, Callable[[Profile], int | None]]] = {
    "subscribed_at": _subscribed_at,
    "first_order_at": lambda profile: profile.first_order_at,
}
_DUE: Final[Mapping[type, Callable[[Facts, Any], Due | None]]] = {Absence: _absence, DateTrigger: _date}
_TOLD_ELSEWHERE: Final = frozenset({TAG_REMOVED, STAGE_CHANGED})
"""What each event looks after by itself; for these it is enough that a wake comes. See :func:`expire_tags` and
:mod:`yuchi.domain.life_cycle`.
"""
_FIXED_DUE: Final[Mapping[str, Callable[[Facts], Due | None]]] = {
    REPLENISHMENT: _replenishment,
    TAG_REMOVED: _tag_expiry,
    STAGE_CHANGED: _stage_turn,
}
