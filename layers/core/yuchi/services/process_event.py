"""Turn events into what they change: whose profile, which rules, one transaction, then the decided actions."""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from yuchi.domain.account import Account
from yuchi.domain.campaign.forwarding import counts, told_of
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.decision import FORGET, Decision, decide
from yuchi.domain.departure import SETTLED
from yuchi.domain.erasure import is_erased, with_erased, without_erased
from yuchi.domain.event import Event, account_of, identity_key
from yuchi.domain.identity import resolve
from yuchi.domain.profile import Profile
from yuchi.domain.source import source_of_event
from yuchi.domain.timeline import FORGOTTEN, OutboxAction, TimelineEntry, subject_of
from yuchi.services.imported import ImportCounts, Imported
from yuchi.services.live_rules import live_rules
from yuchi.services.people import BatchPeople, merged
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
    TooLargeError,
    UnavailableError,
)
from yuchi.services.ports_sources import DataQuality

if TYPE_CHECKING:
    from yuchi.services.ports_campaigns import DeliveryMessage, Lane

LOGGER: Final = logging.getLogger(__name__)

ATTEMPTS: Final = 3
"""How often one event is decided anew when its profile changed in between."""

MAX_CUTS: Final = 2
"""How often an event that is too large to be stored is decided anew with less."""

FULL_BATCH: Final = 10
"""How many messages SQS hands out of a FIFO queue at most: where there are so many, more may be waiting."""

METRICS_OF_NOTES: Final[Mapping[str, str]] = {
    "budget.cut": "BudgetCut",
    "entry.too_large": "ProfileTooLarge",
    "profile.too_large": "ProfileTooLarge",
}
"""What is counted for an entry that has the note."""


@dataclass(slots=True)
class _Batch:
    """What one invocation knows: its people, and what is to be sent after the commits."""

    people: BatchPeople
    imported: Imported = field(default_factory=Imported)
    failed: set[str] = field(default_factory=set)
    failed_groups: set[str] = field(default_factory=set)
    recorded: dict[str, TimelineEntry] = field(default_factory=dict)
    newly_recorded: list[TimelineEntry] = field(default_factory=list)

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
    imports: ImportCounts
    metrics: Metrics
    catalogue: Catalogue
    clock: Clock
    quality: DataQuality | None = None
    deliveries: "Lane | None" = None

    def process(self, messages: Sequence[tuple[str, EventMessage]]) -> set[str]:
        """Process ``(message id, message)`` in order; returns the message ids that must come again.

        An event that breaks us stops only those behind it in its own group.
        """
        batch = _Batch(people=BatchPeople(self.profiles))
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
                entry = self._process_one(message, batch)
                if entry is not None:
                    batch.recorded[message_id] = entry
            except (UnavailableError, ProfileConflictError):
                batch.fail(message_id, message.event)
            except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours must not suffer
                self._report(error)
                batch.fail(message_id, message.event)
        self._send(batch)
        self._forward(batch)
        self._archive(batch)
        batch.imported.write(self.imports)
        self._count(batch, full=len(messages) >= FULL_BATCH)
        return batch.failed

    def _report(self, error: Exception) -> None:
        LOGGER.error("event not processed: %s", place_of(error))  # the text of the error may quote data
        self.metrics.count("EventFailed")

    def _process_one(self, message: EventMessage, batch: _Batch) -> TimelineEntry | None:
        """The entry of the event; None where nothing at all may be kept of it, for its person was erased since."""
        event = message.event
        attempt, cut = 1, tuple[str, ...]()
        while True:
            decided = self._decide(message, batch.people, cut)
            if decided is None:
                self.metrics.count("EventOfErased")
                return None
            decision, change = decided
            try:
                self.store.commit(decision.entry, person=change, timers=decision.timers)
            except AlreadyRecordedError as recorded:
                self.metrics.count("EventDuplicate")
                batch.imported.note(event, None)
                return recorded.entry
            except ProfileConflictError:
                if attempt == ATTEMPTS:
                    raise
                attempt += 1
                batch.people.read_again(event)
                continue
            except TooLargeError as large:
                if len(cut) == MAX_CUTS:
                    raise
                cut = (*cut, f"{large.part}.too_large")
                continue
            break
        batch.imported.note(event, change)
        if change is not None:
            batch.people.stored(change)
            self.metrics.count("PersonMerged", len(change.merges))
        batch.newly_recorded.append(decision.entry)
        self.metrics.count("TagGiven", len(decision.entry.tags_added))
        for metric in sorted({METRICS_OF_NOTES[note] for note in decision.entry.notes if note in METRICS_OF_NOTES}):
            self.metrics.count(metric)
        return decision.entry

    def _decide(
        self, message: EventMessage, people: BatchPeople, cut: tuple[str, ...]
    ) -> tuple[Decision, PersonChange | None] | None:
        """``cut`` notes what was too large to be stored: then rules are left out, and then all but that it happened."""
        event, now = message.event, self.clock()
        erased = people.erased(event)
        if is_erased(event, erased, known=event.subject in people.found(event)):
            return None
        event = without_erased(event, erased)
        if len(cut) == MAX_CUTS:
            bare = event.model_copy(update={"data": {}})
            notes = tuple(dict.fromkeys(cut))
            return Decision(entry=TimelineEntry(event=bare, answer=message.answer, notes=notes)), None
        account = self.accounts.get(event.account) if event.account else None
        if event.subject is None or (event.account and account is None):
            return Decision(entry=TimelineEntry(event=event, answer=message.answer)), None
        resolution = resolve(event, people.found(event))
        profile, merges = merged(resolution, event, now)
        profile = with_erased(profile, erased)
        if not event.account:
            account = self._home(profile)
            event = event.model_copy(update={"account": account.id}) if account else event
        rules = replace(live_rules(self.rulesets, event), mirrored=self._mirrored(profile, event))
        decision = decide(
            event=event,
            profile=profile,
            account=account,
            rules=replace(rules, bucket=None) if cut else rules,
            spec=self.catalogue.events.get(event.type),
            answer=message.answer,
            refused=resolution.refused,
            now=now,
        )
        if cut:
            entry = decision.entry.model_copy(update={"notes": (*cut, *decision.entry.notes)})
            decision = replace(decision, entry=entry)
        if decision.profile is None:
            return decision, None
        return decision, PersonChange(profile=decision.profile, links=resolution.links, merges=merges)

    def _home(self, profile: Profile) -> Account | None:
        """The account by which the brand talks to a person whose event came by none: the one followed last."""
        channel = profile.channel()
        return self.accounts.get(channel[1].account) if channel else None

    def _mirrored(self, profile: Profile, event: Event) -> Mapping[str, Sequence[str]]:
        """What tags WeChat is to have of the person, by account. Accounts are at hand in the container."""
        names = {event.account, *(channel.account for channel in profile.channels.values())} - {""}
        found = [self.accounts.get(name) for name in sorted(names)]
        return {account.id: account.mirrors for account in found if account and account.mirrors}

    def _send(self, batch: _Batch) -> None:
        """Empty the outboxes of this batch. What the queues do not take comes again with its event, from the timeline.

        An erasure empties outboxes too, those of the person's entries before it. So it goes out last, and where one of the
        person's events must come again, it waits and comes again behind it.
        """
        actions, erasures = list[tuple[str, str, ActionMessage]](), list[tuple[str, str, ActionMessage]]()
        events, origin = [], {}
        for message_id, entry in batch.recorded.items():
            for action in entry.outbox:
                origin[action.id] = message_id
                fan = identity_key(entry.event.brand, action.recipient) if action.recipient else subject_of(entry.event)
                sent = (action.id, fan + action.lane, _action_message(entry, action))
                (erasures if action.kind == FORGET else actions).append(sent)
            for event in entry.follow_ups:
                origin[event.id] = message_id
                events.append((event.id, subject_of(event), EventMessage(event=event)))
        refused = (self.actions.send(actions) if actions else set()) | (self.events.send(events) if events else set())
        batch.failed |= {origin[each] for each in refused}
        unsent = {batch.recorded[each].subject for each in batch.failed if each in batch.recorded}
        held = {action_id for action_id, _, _ in erasures if batch.recorded[origin[action_id]].subject in unsent}
        ready = [each for each in erasures if each[0] not in held]
        held |= self.actions.send(ready) if ready else set()
        batch.failed |= {origin[each] for each in held}

    def _forward(self, batch: _Batch) -> None:
        """Let campaigns hear what may have come of them, from what was recorded. What is refused comes again, and twice
        does no harm. Nothing is asked for that: what counts is in the manifest that the decisions were made by.
        """
        if self.deliveries is None:
            return
        told = {message_id: entry for message_id, entry in batch.recorded.items() if self._counts(entry)}
        if told and self.deliveries.send([_delivery(entry) for entry in told.values()]):
            batch.failed |= told.keys()

    def _counts(self, entry: TimelineEntry) -> bool:
        goals = self.rulesets.goals(entry.event.brand) if entry.person else {}
        return FORGOTTEN not in entry.notes and counts(entry.event, goals)

    def _archive(self, batch: _Batch) -> None:
        """Keep what was recorded, before the queue forgets it and after nobody can take it back: a crash in between lets
        the event come again, and then it is archived from the timeline. So each is there at least once. Of somebody who left
        meanwhile nothing new goes there.
        """
        kept = {key: entry for key, entry in batch.recorded.items() if self._may_be_archived(entry, batch)}
        if kept:
            refused = self.archive.put(kept)
            batch.failed |= refused
            self.metrics.count("EventNotArchived", len(refused))

    def _may_be_archived(self, entry: TimelineEntry, batch: _Batch) -> bool:
        """Not what was forgotten; nor the leaving itself where it comes again so late that it may have left the archive."""
        if FORGOTTEN in entry.notes:
            return False
        is_new = any(entry is each for each in batch.newly_recorded)
        leaving = any(action.kind == FORGET for action in entry.outbox)
        return is_new or not leaving or self.clock() - entry.event.time < SETTLED

    def _count_rejected(self, batch: _Batch) -> None:
        """Data that did not fit the brand's standard, by its source."""
        found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for entry in batch.newly_recorded:
            if entry.rejected:
                found[entry.event.brand, _source_name(entry.event)].update(entry.rejected.keys())
        for (brand, source), names in found.items():
            self.metrics.count("DataRejected", names.total())
            if self.quality is not None:
                self.quality.note_rejected(brand, source, names, now=self.clock())

    def _count(self, batch: _Batch, *, full: bool) -> None:
        if matched := sum(len(entry.matched) for entry in batch.newly_recorded):
            self.metrics.count("RuleMatched", matched)
        self._count_rejected(batch)
        self.counters.add(batch.newly_recorded, now=self.clock(), full=full)


def _source_name(event: Event) -> str:
    """Who told it: a source's id, ``wechat:<account>``, or whatever else ``source`` says."""
    return source_of_event(event.source) or event.source.strip("/").replace("/", ":")


def _delivery(entry: TimelineEntry) -> "DeliveryMessage":
    from yuchi.services.ports_campaigns import DeliveryMessage  # which most events do without

    event = entry.event
    return DeliveryMessage(
        brand=event.brand,
        account=event.account,
        person=entry.person or "",
        subject=event.subject or "",
        event_id=event.id,
        event_type=event.type,
        at=event.time,
        data=told_of(event),
    )


def _action_message(entry: TimelineEntry, action: OutboxAction) -> ActionMessage:
    return ActionMessage(
        brand=entry.event.brand,
        account=account_of(action.recipient or "") or entry.event.account,
        subject=action.recipient or entry.event.subject or "",
        person=entry.person or "",
        event_id=entry.event.id,
        event_time=entry.event.time,
        action=action,
    )
