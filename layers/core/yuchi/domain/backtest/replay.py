"""The archive's events once more, through the same decisions as live ones."""

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from operator import itemgetter
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.archive import event_of
from yuchi.domain.backtest.applying import APPLIED, noted_actions
from yuchi.domain.backtest.findings import MAX_EXAMPLES, Example, Findings
from yuchi.domain.backtest.needs import TIMER, Needs
from yuchi.domain.backtest.persons import Persons
from yuchi.domain.catalogue import EventSpec
from yuchi.domain.decision import Decision, LiveRules, decide
from yuchi.domain.event import CAUSED, Event, parse_time
from yuchi.domain.language import Bucket, Condition, Context, explain, parse_condition
from yuchi.domain.observe import NOT_BY_THE_FAN, forget, is_forgotten, observe, remember
from yuchi.domain.orders import ORDERED, REFUNDED, event_view
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import PROFILE_VIEW, Seen, profile_view
from yuchi.domain.rule import Rule
from yuchi.domain.ruleset import Publication, build, load
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.standard.stages import with_counted
from yuchi.domain.standard.values import conform
from yuchi.domain.triggers import STAGE_CHANGED, listened
from yuchi.domain.waiting import CLOCK

Record = Mapping[str, Any]
_ORDERS: Final = ORDERED | REFUNDED
_MADE_HERE: Final = frozenset({CAUSED, CLOCK})
"""Sources of events that rules and time brought about: the replayed rules bring them about again."""
_WHOLE: Final = frozenset({APPLIED, TIMER})
"""Types that a glance at the condition does not do justice to."""


@dataclass(slots=True)
class Replay:
    """A replay of one brand. Days are given in their order by :meth:`day`; :attr:`findings` grow.

    ``since``: matches before it are not counted, but what they leave on profiles is. ``accounts`` and ``specs``: by id and
    event type. ``schema``: the brand's own definitions.
    """

    candidate: Rule
    needs: Needs
    brand: str
    accounts: Mapping[str, Account]
    specs: Mapping[str, EventSpec]
    since: datetime
    schema: BrandSchema
    locale: Locale = Locale.ZH
    findings: Findings = field(default_factory=Findings)
    persons: Persons = field(init=False)
    _rules: "_Rules" = field(init=False)
    _timers: list[tuple[datetime, str, Event]] = field(default_factory=list)
    _set: set[str] = field(default_factory=set)
    _condition: Condition = field(init=False)
    _views: dict[str, dict[str, Any]] = field(init=False)
    _since: str = field(init=False)
    _fields: list[tuple[str, Callable[[Seen], Any]]] = field(init=False)
    _ways: dict[str, Callable[[Record], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.persons = Persons(self.brand)
        self._rules = _Rules(self.brand, self.needs.rules, self.schema)
        self._condition = parse_condition(self.candidate.when)
        self._views = {name: account.view() for name, account in self.accounts.items()}
        self._since = self.since.isoformat()
        self._fields = [(name, PROFILE_VIEW[name].read) for name in self.needs.fields if name in PROFILE_VIEW]

    def day(self, records: Iterable[Record]) -> None:
        """One day's records, as far as :attr:`Needs.types` wants them or they prove identities; those that are there twice
        are taken once. They happen in the order in which live processing met them.
        """
        ordered = _in_order({record["id"]: record for record in records}.values())
        findings, ways, candidate, since = self.findings, self._ways, self.candidate.rule_id, self._since[:19]
        findings.seen += len(ordered)
        for record in ordered:
            if candidate in record["matched"] and record["time"] >= since:
                findings.live.add(record["person"])
                findings.live_events += 1
            if record["subject"] is None or (record["source"] in _MADE_HERE and not self._is_orphan(record)):
                continue
            if self._timers:
                self._fire_timers(until=parse_time(record["time"]))
            if record["identities"] or record["tags"] or record.get("untags") or record["historical"]:
                self._happen(record)
            else:
                event_type = record["type"]
                way = ways.get(event_type) or self._way_of(event_type)
                way(record)

    def finish(self, until: datetime) -> Findings:
        """Let the timers that were due before ``until`` fire; what was found."""
        self._fire_timers(until=until)
        self.findings.unite(self.persons.became)
        return self.findings

    # --- one record

    def _way_of(self, event_type: str) -> Callable[[Record], None]:
        """What becomes of events of a type, by what the rules need of it."""
        needs = self.needs
        way: Callable[[Record], None]
        if needs.timed or event_type in _WHOLE:
            way = self._happen
        elif event_type in needs.decided:
            way = self._maybe
        else:
            way = self._left(event_type)
        self._ways[event_type] = way
        return way

    def _left(self, event_type: str) -> Callable[[Record], None]:
        """What is left of an event of a type that no rule fires on."""
        needs = self.needs
        if needs.observed is None or event_type in needs.observed:
            return self._observe
        return self._glance if event_type in needs.counted or needs.coming else _ignore

    def _maybe(self, record: Record) -> None:
        """An event on which a rule may fire: most meet no rule, and need no decision then."""
        profile = self.persons.profiles.get(self.persons.known.get(record["subject"], ""))
        if profile is None or profile.person != record["person"]:
            profile = self.persons.find(record)
        time = parse_time(record["time"])
        now = parse_time(record["recorded"]) if record["recorded"] else time
        if time >= self.since:
            self.findings.decided += 1
        bucket = self._rules.bucket(record["account"], record["type"])
        context = self._context(record, profile, time, now)
        if bucket is not None and any(matched for _, matched in bucket.judge(context)):
            self._decide(event_of(record), profile, now)
        else:
            self._left(record["type"])(record)

    def _context(self, record: Record, profile: Profile, time: datetime, now: datetime) -> Context:
        if record["type"] in _ORDERS or record["type"] in self.schema.properties:
            view = event_view(self._event_of(record))
        else:
            view = {
                **record["data"],
                "type": record["type"],
                "time": time,
                "id": record["id"],
                "account": record["account"],
                "source": record["source"],
            }
        fields: dict[str, Any] = {}
        if self._fields:
            _, channel = profile.channel(record["account"], record["subject"]) or ("", None)
            seen = Seen(profile, channel, now, self.schema)
            fields = {name: read(seen) for name, read in self._fields}
        account = self._views.get(record["account"], {})
        return Context(event=view, profile=fields, account=account, now=now, past=profile.activity)

    def _glance(self, record: Record) -> None:
        """An event of which only the time matters: what :func:`observe` does of that, without making the event."""
        profile = self.persons.find_known(record)
        if profile.forgotten_at is not None:
            self._observe(record)
            return
        event_type, moment = record["type"], int(parse_time(record["time"]).timestamp())
        if event_type in self.needs.counted:
            # The profile is this replay's own, and nobody else reads its dict: a copy for each page view would be most
            # of the work.
            counted = self._rules.counted[event_type]
            profile.activity[event_type] = remember(profile.activity.get(event_type, ()), moment, counted)
        if self.needs.coming:
            changes = {"first_seen_at": min(moment, profile.first_seen_at or moment)}
            if record["hops"] == 0 and event_type not in NOT_BY_THE_FAN:
                changes["last_seen_at"] = max(moment, profile.last_seen_at or 0)
            self.persons.profiles[profile.person] = profile.model_copy(update=changes)

    def _observe(self, record: Record) -> None:
        profile, event = self.persons.find(record), self._event_of(record)
        if is_forgotten(event, profile):
            return
        account = self.accounts.get(event.account)
        kind, spec = account.kind if account else None, self.specs.get(event.type)
        profile = observe(profile, event, spec=spec, kind=kind, counted=self._rules.counted, schema=self.schema)
        self.persons.keep(forget(profile, event, account.settings) if account else profile)

    def _event_of(self, record: Record) -> Event:
        """The event as today's data standard wants it: what lies in the archive may be from before it."""
        return conform(event_of(record), self.schema).event

    def _happen(self, record: Record) -> None:
        event = event_of(record)
        profile = self.persons.find(record, event)
        if event.type == TIMER and event.source == CAUSED:
            profile = profile.model_copy(update={"timers": {**profile.timers, str(event.data.get("timer")): event.id}})
        if event.time >= self.since and event.type in self.needs.decided:
            self.findings.decided += 1
        self._decide(event, profile, parse_time(record["recorded"]) if record["recorded"] else event.time)

    # --- decisions

    def _decide(self, event: Event, profile: Profile, now: datetime) -> None:
        """Decide ``event``, and then what it causes, each behind the other."""
        waiting = deque([event])
        while waiting:
            current = waiting.popleft()
            profile = self.persons.profiles.get(profile.person, profile)
            decision = self._decide_one(current, profile, now)
            waiting.extend(decision.entry.follow_ups)
            for timer in decision.timers:
                self._set.add(timer.id)
                heapq.heappush(self._timers, (timer.due, timer.id, timer.event))

    def _decide_one(self, event: Event, profile: Profile, now: datetime) -> Decision:
        if not event.account and (channel := profile.channel()):
            event = event.model_copy(update={"account": channel[1].account})
        account = self.accounts.get(event.account)
        decision = decide(
            event=event,
            profile=profile,
            account=account,
            rules=self._rules.live(event),
            spec=self.specs.get(event.type),
            answer=None,
            now=now,
        )
        if decision.profile is not None:
            self.persons.keep(decision.profile)
        if event.time >= self.since and any(each.rule == self.candidate.rule_id for each in decision.entry.matched):
            self._note(event, profile, now)
        return decision

    def _note(self, event: Event, profile: Profile, now: datetime) -> None:
        views = {
            "event": event_view(conform(event, self.schema).event),
            "profile": profile_view(profile, event.account, now, event.subject, schema=self.schema),
            "account": self._views.get(event.account, {}),
        }
        matched = self.findings.match(
            person=profile.person,
            subject=event.subject or "",
            account=event.account,
            time=event.time,
        )
        matched.actions = noted_actions(self.candidate, views)
        if len(self.findings.examples) < MAX_EXAMPLES and matched.count == 1:
            context = Context(**views, now=now, past=profile.activity)
            lines = explain(self._condition, context).root.text_lines(self.locale)
            self.findings.examples.append(Example(profile.person, event.id, event.type, event.time, tuple(lines)))

    # --- what time brings

    def _fire_timers(self, *, until: datetime) -> None:
        while self._timers and self._timers[0][0] <= until:
            due, _, event = heapq.heappop(self._timers)
            person = self.persons.known.get(event.subject or "")
            profile = self.persons.profiles.get(person or "")
            if profile is not None:
                self._decide(event, profile, due)

    def _is_orphan(self, record: Record) -> bool:
        """A timer that was set before the archive begins: no replayed event set it. All else that rules caused, the
        replayed rules cause again.
        """
        if record["type"] != TIMER or TIMER not in self.needs.decided or record["id"] in self._set:
            return False
        profile = self.persons.profiles.get(record["person"] or "")
        return profile is None or (profile.forgotten_at is None and record["data"].get("timer") not in profile.timers)


class _Rules:
    """The replayed rules, as a ruleset of their own."""

    def __init__(self, brand: str, rules: Sequence[Rule], schema: BrandSchema) -> None:
        self.schema = schema
        self._publication: Publication = build(brand, rules)
        self._buckets: dict[tuple[str, str], Bucket | None] = {}

    @cached_property
    def counted(self) -> Mapping[str, int | None]:
        return with_counted(self._publication.manifest.counted(), self.schema)

    @cached_property
    def watched(self) -> Sequence[str]:
        watched = self._publication.manifest.watched()
        return (*watched, STAGE_CHANGED) if self.schema.own_stages and STAGE_CHANGED not in watched else watched

    def bucket(self, account: str, listened_to: str) -> Bucket | None:
        key = account, listened_to
        if key not in self._buckets:
            publication = self._publication
            self._buckets[key] = load(publication.blobs[name] for name in publication.manifest.hashes(*key))
        return self._buckets[key]

    def live(self, event: Event) -> LiveRules:
        return LiveRules(
            bucket=self.bucket(event.account, listened(event)),
            listens=lambda listened_to: self.bucket(event.account, listened_to) is not None,
            counted=self.counted,
            version=0,
            watched=self.watched,
            listening=self._publication.manifest.listening,
            schema=self.schema,
        )


def _in_order(records: Collection[Record]) -> list[Record]:
    """As live processing met them: by time, and what was told long after, when it was told. Ties stay as they lie."""
    if any(map(itemgetter("recorded"), records)):
        return sorted(records, key=lambda record: record["recorded"] or record["time"])
    return sorted(records, key=itemgetter("time"))


def _ignore(_record: Record) -> None:
    """No rule reads what such an event changes."""
