"""Turn events into what they change: whose profile, which rules, one transaction, then the decided actions."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from yuchi.domain.account import Account
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.decision import Decision, decide
from yuchi.domain.event import Event
from yuchi.domain.identity import resolve
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import OutboxAction, TimelineEntry, subject_of
from yuchi.services.live_rules import live_rules
from yuchi.services.people import People, merged
from yuchi.services.places import place_of
from yuchi.services.ports import (
    Accounts,
    ActionMessage,
    AlreadyRecordedError,
    Archive,
    Clock,
    Counters,
    EventMessage,
    EventStore,
    Metrics,
    PersonChange,
    ProfileConflictError,
    Profiles,
    Queue,
    Rulesets,
    UnavailableError,
)

LOGGER: Final = logging.getLogger(__name__)

ATTEMPTS: Final = 3
"""How often one event is decided anew when its profile changed in between."""


@dataclass(slots=True)
class _Batch:
    """What one invocation knows: its people, and what is to be sent after the commits."""

    people: People
    failed: set[str] = field(default_factory=set)
    failed_groups: set[str] = field(default_factory=set)
    recorded: dict[str, TimelineEntry] = field(default_factory=dict)
    matched: dict[str, Counter[str]] = field(default_factory=dict)

    def fail(self, message_id: str, event: Event) -> None:
        """Let this event and those behind it in its group come again, in their order."""
        self.failed.add(message_id)
        self.failed_groups.add(subject_of(event))


@dataclass(frozen=True, slots=True)
class ProcessEvent:
    """The use case behind ``functions/process_event``."""

    accounts: Accounts
    profiles: Profiles
    store: EventStore
    rulesets: Rulesets
    events: Queue[EventMessage]
    actions: Queue[ActionMessage]
    archive: Archive
    counters: Counters
    metrics: Metrics
    catalogue: Catalogue
    clock: Clock

    def process(self, messages: Sequence[tuple[str, EventMessage]]) -> set[str]:
        """Process ``(message id, message)`` in order; returns the message ids that must come again.

        An event that breaks us stops only those behind it in its own group.
        """
        batch = _Batch(people=People(self.profiles))
        try:
            batch.people.read(message.event for _, message in messages)
        except UnavailableError:
            return {message_id for message_id, _ in messages}
        except Exception as error:  # noqa: BLE001 - one profile that cannot be read; each event then reads its own
            self._report(error)
            batch.people.complete = False
        for message_id, message in messages:
            if subject_of(message.event) in batch.failed_groups:
                batch.failed.add(message_id)
                continue
            try:
                batch.recorded[message_id] = self._process_one(message, batch)
            except (UnavailableError, ProfileConflictError):
                batch.fail(message_id, message.event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours must not suffer
                self._report(error)
                batch.fail(message_id, message.event)
        self._send(batch)
        self._archive(batch)
        self._count(batch)
        return batch.failed

    def _report(self, error: Exception) -> None:
        LOGGER.error("event not processed: %s", place_of(error))  # the text of the error may quote data
        self.metrics.count("EventFailed")

    def _process_one(self, message: EventMessage, batch: _Batch) -> TimelineEntry:
        event = message.event
        for attempt in range(1, ATTEMPTS + 1):
            decision, change = self._decide(message, batch.people)
            try:
                self.store.commit(decision.entry, person=change, timers=decision.timers)
            except AlreadyRecordedError as recorded:
                self.metrics.count("EventDuplicate")
                return recorded.entry
            except ProfileConflictError:
                if attempt == ATTEMPTS:
                    raise
                batch.people.read_again(event)
                continue
            break
        if change is not None:
            batch.people.stored(change)
            self.metrics.count("PersonMerged", len(change.merges))
        batch.matched.setdefault(event.brand, Counter()).update(match.rule for match in decision.entry.matched)
        self.metrics.count("EventProcessed")
        self.metrics.count("TagGiven", len(decision.entry.tags_added))
        return decision.entry

    def _decide(self, message: EventMessage, people: People) -> tuple[Decision, PersonChange | None]:
        event, now = message.event, self.clock()
        account = self.accounts.get(event.account) if event.account else None
        if event.subject is None or (event.account and account is None):
            return Decision(entry=TimelineEntry(event=event, answer=message.answer)), None
        resolution = resolve(event, people.found(event))
        profile, merges = merged(resolution, event, now)
        if not event.account:
            account = self._home(profile)
            event = event.model_copy(update={"account": account.id}) if account else event
        decision = decide(
            event=event,
            profile=profile,
            account=account,
            rules=live_rules(self.rulesets, event),
            spec=self.catalogue.events.get(event.type),
            answer=message.answer,
            refused=resolution.refused,
            now=now,
        )
        change = PersonChange(profile=decision.profile or profile, links=resolution.links, merges=merges)
        return decision, change

    def _home(self, profile: Profile) -> Account | None:
        """The account by which the brand talks to a person whose event came by none: the one followed last."""
        channel = profile.channel()
        return self.accounts.get(channel[1].account) if channel else None

    def _send(self, batch: _Batch) -> None:
        """Empty the outboxes of this batch. What the queues do not take comes again with its event, from the timeline."""
        actions, events, origin = [], [], {}
        for message_id, entry in batch.recorded.items():
            for action in entry.outbox:
                origin[action.id] = message_id
                actions.append((action.id, subject_of(entry.event) + action.lane, _action_message(entry, action)))
            for event in entry.follow_ups:
                origin[event.id] = message_id
                events.append((event.id, subject_of(event), EventMessage(event=event)))
        refused = (self.actions.send(actions) if actions else set()) | (self.events.send(events) if events else set())
        batch.failed |= {origin[each] for each in refused}
        self.metrics.count("ActionQueued", len(actions))

    def _archive(self, batch: _Batch) -> None:
        """Keep what was recorded, before the queue forgets it and after nobody can take it back: a crash in between lets
        the event come again, and then it is archived from the timeline. So each is there at least once.
        """
        if batch.recorded:
            refused = self.archive.put(batch.recorded)
            batch.failed |= refused
            self.metrics.count("EventNotArchived", len(refused))

    def _count(self, batch: _Batch) -> None:
        for brand, matched in batch.matched.items():
            if matched:
                self.metrics.count("RuleMatched", matched.total())
                self.counters.add(brand, matched, now=self.clock())


def _action_message(entry: TimelineEntry, action: OutboxAction) -> ActionMessage:
    return ActionMessage(
        brand=entry.event.brand,
        account=entry.event.account,
        subject=action.recipient or entry.event.subject or "",
        person=entry.person or "",
        event_id=entry.event.id,
        event_time=entry.event.time,
        action=action,
    )
