"""The archive's events once more, through the same decisions as live ones."""

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.archive import event_of
from yuchi.domain.backtest.applying import APPLIED, constant_actions, noted_actions
from yuchi.domain.backtest.findings import MAX_EXAMPLES, Example, Findings
from yuchi.domain.backtest.needs import TIMER, Needs
from yuchi.domain.backtest.persons import Persons
from yuchi.domain.backtest.replayed_rules import ReplayedRules
from yuchi.domain.catalogue import EventSpec
from yuchi.domain.decision import Decision, decide
from yuchi.domain.event import CAUSED, PUBLIC, Event, parse_time
from yuchi.domain.language import Condition, Context, explain, parse_condition
from yuchi.domain.observe import NOT_BY_THE_FAN, first_seen, forget, is_forgotten, observe, remember
from yuchi.domain.orders import ORDERED, REFUNDED, event_view
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import PROFILE_VIEW, Seen, profile_view
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.standard.values import conform
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
    _rules: ReplayedRules = field(init=False)
    _timers: list[tuple[datetime, str, Event]] = field(default_factory=list)
    _set: set[str] = field(default_factory=set)
    _condition: Condition = field(init=False)
    _views: dict[str, dict[str, Any]] = field(init=False)
    _since: str = field(init=False)
    _constant: tuple[dict[str, Any], ...] | None = field(init=False)
    _fields: list[tuple[str, Callable[[Seen], Any]]] = field(init=False)
    _ways: dict[str, Callable[[Record], None]] = field(default_factory=dict)
    _rests: dict[str, Callable[[Record], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.persons = Persons(self.brand)
        self._rules = ReplayedRules(self.brand, self.needs.rules, self.schema)
        self._condition = parse_condition(self.candidate.when)
        self._views = {name: account.view() for name, account in self.accounts.items()}
        self._since = self.since.isoformat()
        self._constant = constant_actions(self.candidate)
        self._fields = [(name, PROFILE_VIEW[name].read) for name in self.needs.fields if name in PROFILE_VIEW]

    def day(self, records: Iterable[Record]) -> None:
        """One day's records, as far as :attr:`Needs.types` wants them or they prove identities; those that are there twice
        are taken once. They happen in the order in which live processing met them.
        """
        ordered = _in_order({record["id"]: record for record in records}.values())
        findings, ways, candidate, since = self.findings, self._ways, self.candidate.rule_id, self._since[:19]
        findings.seen += len(ordered)
        for record in ordered:
            if record["matched"] and candidate in record["matched"] and record["time"] >= since:
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
            self._rests[event_type] = self._left(event_type)
        else:
            way = self._left(event_type)
        self._ways[event_type] = way
        return way

    def _left(self, event_type: str) -> Callable[[Record], None]:
        """What is left of an event of a type that no rule fires on."""
        needs = self.needs
        if needs.observed is None or event_type in needs.observed:
            return self._observe
        if needs.coming:
            return self._glance
        return self._counting(event_type) if event_type in needs.counted else _ignore

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
        matches = bucket is not None and any(matched for _, matched in bucket.judge(context))
        if matches and not self.needs.alone:
            self._decide(event_of(record), profile, now)
            return
        if matches and time >= self.since:
            self._note_alone(event_of(record), profile, now)
        self._rests[record["type"]](record)

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
                "trusted": not record["source"].startswith(PUBLIC),
            }
        fields: dict[str, Any] = {}
        if self._fields:
            _, channel = profile.channel(record["account"], record["subject"]) or ("", None)
            seen = Seen(profile, channel, now, self.schema)
            fields = {name: read(seen) for name, read in self._fields}
        account = self._views.get(record["account"], {})
        return Context(event=view, profile=fields, account=account, now=now, past=profile.activity)

    def _counting(self, event_type: str) -> Callable[[Record], None]:
        """For events that are but counted, which are most of what is read: all is looked up once."""
        profiles, known, find = self.persons.profiles, self.persons.known, self.persons.find_known
        window = self._rules.counted[event_type]

        def count(record: Record) -> None:
            profile = profiles.get(known.get(record["subject"], ""))
            if profile is None or profile.person != record["person"]:
                profile = find(record)
            if profile.forgotten_at is not None:
                self._observe(record)
                return
            # The profile is this replay's own, and nobody else reads its dict: a copy for each page view would be most
            # of the work.
            past, moment = profile.activity, int(parse_time(record["time"]).timestamp())
            past[event_type] = remember(past.get(event_type, ()), moment, window)

        return count

    def _glance(self, record: Record) -> None:
        """An event of which only the time matters: what :func:`observe` does of that, without making the event."""
        profile = self.persons.find_known(record)
        if profile.forgotten_at is not None:
            self._observe(record)
            return
        event_type, moment = record["type"], int(parse_time(record["time"]).timestamp())
        if event_type in self.needs.counted:
            counted = self._rules.counted[event_type]
            profile.activity[event_type] = remember(profile.activity.get(event_type, ()), moment, counted)
        trusted = not record["source"].startswith(PUBLIC)
        changes = {"first_seen_at": first_seen(profile, moment, trusted=trusted)}
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

    def _note_alone(self, event: Event, profile: Profile, now: datetime) -> None:
        """A match that changes nothing for any rule that is replayed."""
        if is_forgotten(event, profile):
            return
        if not event.account and (channel := profile.channel()):
            event = event.model_copy(update={"account": channel[1].account})
        self._note(event, profile, now)

    def _note(self, event: Event, profile: Profile, now: datetime) -> None:
        matched = self.findings.match(
            person=profile.person,
            subject=event.subject or "",
            account=event.account,
            time=event.time,
        )
        wants_example = len(self.findings.examples) < MAX_EXAMPLES and matched.count == 1
        if self._constant is not None and not wants_example:
            matched.actions = self._constant
            return
        views = {
            "event": event_view(conform(event, self.schema).event),
            "profile": profile_view(profile, event.account, now, event.subject, schema=self.schema),
            "account": self._views.get(event.account, {}),
        }
        matched.actions = noted_actions(self.candidate, views)
        if wants_example:
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


def _in_order(records: Collection[Record]) -> list[Record]:
    """As live processing met them: by time, and what was told long after, when it was told. Ties stay as they lie."""
    if any(map(itemgetter("recorded"), records)):
        return sorted(records, key=lambda record: record["recorded"] or record["time"])
    return sorted(records, key=itemgetter("time"))


def _ignore(_record: Record) -> None:
    """No rule reads what such an event changes."""
