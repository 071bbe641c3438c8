"""The life-cycle stage of one person: which one it is now, and when time alone will make it another. Pure.

Conditions are asked anew at each question, so a stage is never out of date. When it changes next is found by asking again
at the moments at which a comparison with ``now`` can turn: each time that the conditions read, plus each span and number of
days in them. A moment too many costs one more look; the conditions that stages may have (see ``reading``) have no others.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from yuchi.domain.durations import DAY
from yuchi.domain.language import Condition, Context, parse_condition
from yuchi.domain.language.moments import BEIJING, as_span, as_time, parse_day
from yuchi.domain.language.tree import Call, Literal, path_of, walk
from yuchi.domain.manifest import widest
from yuchi.domain.profile import Profile, StageMark
from yuchi.domain.standard.decay import falls_to
from yuchi.domain.standard.model import BrandSchema

MAX_LOOKS: Final = 60
"""At how many moments of the future one event asks. If there are more, it asks on from the last of them."""
MAX_DAYS: Final = 3_660

Read = Callable[[Profile, Collection[str], datetime, BrandSchema], dict[str, Any]]
"""Reads fields of the view of a person, whatever the account."""


class Turn(NamedTuple):
    """From ``at`` (epoch seconds) on, the stage is ``stage``."""

    at: int
    stage: str | None


class _Terms(NamedTuple):
    """What stages compare: fields they read, and what is added to times."""

    fields: frozenset[str]
    paths: frozenset[tuple[str, ...]]
    counted: tuple[str, ...]
    spans: tuple[int, ...]
    numbers: tuple[float, ...]
    moments: tuple[int, ...]
    calendar: bool


def stage_of(profile: Profile, now: datetime, schema: BrandSchema, read: Read) -> str | None:
    """The person's stage at ``now``; None where no condition holds, and before the person was ever seen."""
    if profile.first_seen_at is None:
        return None
    view = read(profile, _terms(_conditions(schema)).fields, now, schema)
    context = Context(event={}, profile=view, account={}, now=now, past=profile.activity)
    return next((stage.name for stage in schema.stages if _condition(stage.when).matches(context)), None)


def next_turn(profile: Profile, after: int, schema: BrandSchema, read: Read) -> Turn | None:
    """The first moment after ``after`` (epoch seconds) at which time alone makes the stage another; None if it never does.

    Where too much can turn, the ``stage`` of the answer may be the same: then ask again at its moment.
    """
    current = stage_of(profile, datetime.fromtimestamp(after, UTC), schema, read)
    looks = _moments(profile, after, schema, read)
    for look in looks[:MAX_LOOKS]:
        stage = stage_of(profile, datetime.fromtimestamp(look, UTC), schema, read)
        if stage != current:
            return Turn(look, stage)
    return Turn(looks[MAX_LOOKS - 1], current) if len(looks) > MAX_LOOKS else None


def marked(profile: Profile, now: datetime, schema: BrandSchema, read: Read) -> StageMark | None:
    """The stage at ``now``, and since when: since the moment at which time brought it, if it did so unnoticed."""
    current = stage_of(profile, now, schema, read)
    if profile.stage is not None and profile.stage.name == current:
        return profile.stage
    if current is None:
        return None
    moment = int(now.timestamp())
    since, known = moment, profile.stage.since if profile.stage else profile.first_seen_at
    turn = next_turn(profile, known, schema, read) if known is not None and known < moment else None
    while turn is not None and turn.at <= moment:
        since = turn.at
        turn = next_turn(profile, turn.at, schema, read)
    return StageMark(name=current, since=since)


def with_counted(counted: Mapping[str, int | None], schema: BrandSchema) -> Mapping[str, int | None]:
    """``counted`` of the rules, with what the conditions of the stages count: event type -> the longest window asked for."""
    asked = _counted(_conditions(schema)) if schema.own_stages else ()
    return widest((counted, *asked)) if asked else counted


def _moments(profile: Profile, after: int, schema: BrandSchema, read: Read) -> list[int]:
    """When something may turn, later than ``after``, in order: a second later than it does, as ``<`` and ``<=`` differ."""
    terms = _terms(_conditions(schema))
    view = read(profile, terms.fields, datetime.fromtimestamp(after, UTC), schema)
    found = set[int](terms.moments)
    times = list(_times(profile, view, terms))
    for time in times:
        found.update(time + span for span in terms.spans)
        found.update(time + round(number * DAY) for number in terms.numbers)
        if terms.calendar:
            found.update(_midnights(time, terms.numbers))
    if "tags" in terms.fields:
        found.update(tag.expires_at for tag in profile.tags.values() if tag.expires_at is not None)
    if "rfm" in terms.fields and profile.last_order_at is not None:
        found.update(profile.last_order_at + round(days * DAY) for days in schema.rfm.recency)
    found.update(_falls(profile, terms))
    return sorted(each + 1 for each in found if each >= after)


def _times(profile: Profile, view: Mapping[str, Any], terms: _Terms) -> Iterator[int]:
    for path in terms.paths:
        value: Any = view
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        moment = _epoch(value)
        if moment is not None:
            yield moment
    if "rfm" in terms.fields and profile.last_order_at is not None:
        yield profile.last_order_at
    for event_type in terms.counted:
        yield from profile.activity.get(event_type, ())


def _epoch(value: Any) -> int | None:
    moment = as_time(value)
    if moment is None and isinstance(value, str):
        day = parse_day(value)
        moment = datetime(day.year, day.month, day.day, tzinfo=BEIJING) if day else None
    return None if moment is None else int(moment.timestamp())


def _midnights(time: int, numbers: Iterable[float]) -> Iterator[int]:
    day = datetime.fromtimestamp(time, BEIJING).date()
    for number in numbers:
        for more in (0, 1):
            later: date = day + timedelta(days=int(number) + more)
            yield int(datetime(later.year, later.month, later.day, tzinfo=BEIJING).timestamp())


def _falls(profile: Profile, terms: _Terms) -> Iterator[int]:
    for name, score in profile.decayed.items():
        if name in terms.fields:
            for number in terms.numbers:
                # Conditions see it rounded, so it turns a little earlier or later than the number itself.
                moments = (falls_to(score, number + off) for off in (0.005, 0, -0.005))
                yield from (int(at) for at in moments if at < score.at + MAX_DAYS * DAY)


def _conditions(schema: BrandSchema) -> tuple[str, ...]:
    return tuple(stage.when for stage in schema.stages)


@lru_cache(maxsize=1024)
def _condition(text: str) -> Condition:
    return parse_condition(text)


@lru_cache(maxsize=256)
def _counted(conditions: Sequence[str]) -> tuple[Mapping[str, int | None], ...]:
    return tuple(counted for text in conditions if (counted := _condition(text).counted))


@lru_cache(maxsize=256)
def _terms(conditions: Sequence[str]) -> _Terms:
    paths, spans, numbers, moments, counted = set[tuple[str, ...]](), set[int](), set[float](), set[int](), set[str]()
    calendar = False
    for text in conditions:
        condition = _condition(text)
        counted.update(condition.counted)
        for node in walk(condition.tree):
            path = path_of(node)
            if path is not None and path[0] == "profile":
                paths.add(path[1:])
            elif isinstance(node, Call) and node.function == "ageInDays":
                calendar = True
            elif isinstance(node, Literal):
                _note(node.value, spans, numbers, moments)
    fields = frozenset(path[0] for path in paths if path)
    return _Terms(
        fields=fields,
        paths=frozenset(path for path in paths if path),
        counted=tuple(sorted(counted)),
        spans=tuple(sorted(spans)),
        numbers=tuple(sorted(numbers)),
        moments=tuple(sorted(moments)),
        calendar=calendar,
    )


def _note(value: Any, spans: set[int], numbers: set[float], moments: set[int]) -> None:
    if isinstance(value, timedelta):
        spans.add(abs(int(value.total_seconds())))
    elif isinstance(value, datetime):
        moments.add(int(value.timestamp()))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= MAX_DAYS:
            numbers.add(value)
    elif isinstance(value, str):
        span = as_span(value)
        if span is not None:
            spans.add(abs(int(span.total_seconds())))
