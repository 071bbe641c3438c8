"""A whole Yuchi in memory: real domain and services on fake ports, with a clock that tests move."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.departures import FakeDepartures
from tests.fakes.queues import FakeQueue
from tests.fakes.stores import (
    FakeAccounts,
    FakeArchive,
    FakeCounters,
    FakeImportCounts,
    FakeLedger,
    FakeMetrics,
    FakePeople,
    FakeReceipts,
    FakeRulesets,
)
from yuchi.bootstrap import make_catalogue
from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.draft import read_draft
from yuchi.domain.event import Event, derive_id, fan_identity
from yuchi.domain.language import parse_condition
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import Profile
from yuchi.domain.rule import Rule
from yuchi.domain.ruleset import build, load
from yuchi.domain.triggers import event_types_of
from yuchi.services.fire_timers import FireTimers
from yuchi.services.perform_action import ActionOutcome, PerformAction
from yuchi.services.performers import make_performers
from yuchi.services.ports import ActionMessage, EventMessage
from yuchi.services.process_event import ProcessEvent

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ACCOUNT = Account(id="tea", brand="demo", name="青山茶事", original_id="gh_tea", appid="wx0000000000000001")
SECRETS = AccountSecrets.model_validate({"app_secret": "s" * 32, "token": "t" * 32, "encoding_aes_key": "A" * 43})


@dataclass
class FakeWeChat:
    """Takes customer-service messages and webhooks; ``answers`` are given one after the other, then SENT."""

    sent: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    tagged: list[tuple[str, str, bool]] = field(default_factory=list)
    answers: list[ActionOutcome | BaseException] = field(default_factory=list)

    def send(self, account: Account, openid: str, body: Mapping[str, Any]) -> ActionOutcome:
        outcome = self._answer()
        if outcome.state in {LedgerState.SENT, LedgerState.UNKNOWN}:
            self.sent.append((f"{account.id}:{openid}", body))
        return outcome

    def call(self, account: Account, secrets: AccountSecrets, message: ActionMessage) -> ActionOutcome:
        del account, secrets
        outcome = self._answer()
        self.called.append(message.action.id)
        return outcome

    def put(self, account: Account, tag: str, openids: Sequence[str], *, on: bool) -> ActionOutcome:
        outcome = self._answer()
        if outcome.state is LedgerState.SENT:
            self.tagged += [(f"{account.id}:{openid}", tag, on) for openid in openids]
        return outcome

    def _answer(self) -> ActionOutcome:
        answer = self.answers.pop(0) if self.answers else ActionOutcome(LedgerState.SENT)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def rule(rule_id: str, on: str, then: list[Any], when: str = "true", **columns: Any) -> Rule:
    """A published rule from what a marketer writes."""
    reading = read_draft(
        {"brand": "demo", "rule_id": rule_id, "name": rule_id, "enabled": True, "on": on, "when": when, "then": then}
        | columns
    )
    assert reading.draft is not None, reading.problems
    condition = parse_condition(reading.draft.when, event_types=event_types_of(reading.draft.on))
    return Rule.make(reading.draft, version=1, access=condition.access, counted=condition.counted)


class World:
    """Events go in by :meth:`push`; :meth:`run` lets everything happen that is to happen."""

    def __init__(self, *rules: Rule, account: Account = ACCOUNT) -> None:
        self.now = START
        self.account = account
        self.people = FakePeople()
        self.receipts = FakeReceipts()
        self.ledger = FakeLedger()
        self.archive = FakeArchive()
        self.departures = FakeDepartures()
        self.metrics = FakeMetrics()
        self.wechat = FakeWeChat()
        self.events = FakeQueue(EventMessage)
        self.actions = FakeQueue(ActionMessage)
        self.rulesets = FakeRulesets()
        self.accounts = FakeAccounts({account.id: account}, {account.id: SECRETS})
        self.publish(*rules)
        self.process = ProcessEvent(
            accounts=self.accounts,
            profiles=self.people,
            store=self.people,
            rulesets=self.rulesets,
            events=self.events,
            actions=self.actions,
            archive=self.archive,
            counters=FakeCounters(),
            imports=FakeImportCounts(),
            metrics=self.metrics,
            catalogue=make_catalogue(),
            clock=self.clock,
        )
        self.perform = PerformAction(
            accounts=self.accounts,
            profiles=self.people,
            ledger=self.ledger,
            performers=make_performers(
                sender=self.wechat,
                caller=self.wechat,
                board=self.wechat,
                receipts=self.receipts,
                timeline=self.people,
                departures=self.departures,
                clock=self.clock,
            ),
            metrics=self.metrics,
            clock=self.clock,
        )
        self.timers = FireTimers(
            timers=self.people, events=self.events, counters=FakeCounters(), metrics=self.metrics, clock=self.clock
        )

    def clock(self) -> datetime:
        return self.now

    def pass_time(self, **span: float) -> None:
        self.now += timedelta(**span)

    def publish(self, *rules: Rule) -> None:
        """Make exactly these rules live."""
        publication = build(self.account.brand, rules)
        types = {event_type for each in rules for event_type in each.on}
        self.rulesets.buckets = {}
        for event_type in types:
            blobs = [publication.blobs[name] for name in publication.manifest.hashes(self.account.id, event_type)]
            bucket = load(blobs)
            if bucket is not None:
                self.rulesets.buckets |= {(account, event_type): bucket for account in (self.account.id, "")}
        self.rulesets.counts = publication.manifest.counted()

    def event(self, event_type: str, fan: str = "o-fan", **data: Any) -> Event:
        """An event as WeChat's push would make it, now."""
        return Event(
            id=derive_id(event_type, fan, str(self.now.timestamp()), repr(sorted(data.items()))),
            source=f"/wechat/{self.account.id}",
            type=event_type,
            time=self.now,
            brand=self.account.brand,
            account=self.account.id,
            subject=fan_identity(self.account.id, fan),
            data=data,
        )

    def push(self, event_type: str, fan: str = "o-fan", **data: Any) -> Event:
        """Put an event onto the queue."""
        event = self.event(event_type, fan, **data)
        self.events.send([(event.id, event.subject or "", EventMessage(event=event))])
        return event

    def run(self, *, rounds: int = 20) -> None:
        """Let all queues run empty; what fails comes again."""
        for _ in itertools.repeat(None, rounds):
            events, actions = self.events.take(), self.actions.take()
            if not events and not actions:
                return
            again = self.process.process(events) if events else set()
            self.events.messages += [(key, "", each.model_dump_json()) for key, each in events if key in again]
            late = self.perform.perform_all(actions)
            self.actions.messages += [(key, "", each.model_dump_json()) for key, each in actions if key in late]

    def fire(self) -> int:
        """The minute's tick."""
        return self.timers.fire(seconds_left=lambda: 60.0)

    def profile(self, fan: str = "o-fan") -> Profile:
        """What is known of the fan now."""
        return self.people.profile_of(self.account.brand, fan_identity(self.account.id, fan))
