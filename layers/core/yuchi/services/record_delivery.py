"""Record what came of campaigns: shown or not, taps, goals and money, leaving.

Everything is a row whose key is told by the event, so that events may come twice and in any order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from yuchi.domain.campaign.assignment import assign
from yuchi.domain.campaign.attribution import (
    DELIVERIES,
    Touch,
    converted,
    delivered,
    held_out,
    left,
)
from yuchi.domain.campaign.forwarding import FINISHED, LEFT
from yuchi.domain.campaign.model import HOLDOUT
from yuchi.domain.campaign.run import Plan, RunKey
from yuchi.domain.orders import to_minor
from yuchi.domain.own_events import LINK_CLICKED
from yuchi.domain.profile import Profile
from yuchi.services.ports import Clock, Metrics, Rulesets, UnavailableError
from yuchi.services.ports_campaigns import DeliveryMessage, ReachBook, Runs
from yuchi.services.ports_links import OutcomeKind, Outcomes, StoredOutcome
from yuchi.services.ports_privacy import PersonBook
from yuchi.services.whole_person import whole_person

MERGES: Final = 20
"""How many merges are followed from one person to the next."""
KEPT: Final = 500
_SHOWN: Final = frozenset({"success", "ok", "sent"})


class HeldOut(Protocol):
    """Who was held out of a run."""

    def held_out(self, run: RunKey, person: str) -> bool:
        """Whether the run chose ``person`` for its hold-out group."""
        ...


class MassReconciler(Protocol):
    """What WeChat tells of a whole mass message."""

    def finish(self, message: DeliveryMessage) -> None:
        """Settle its batch, if that is open. Raises ``UnavailableError``."""
        ...


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """The use case behind ``functions/record_delivery``."""

    runs: Runs
    held: HeldOut
    reach: ReachBook
    outcomes: Outcomes
    rulesets: Rulesets
    book: PersonBook
    masses: MassReconciler
    metrics: Metrics
    clock: Clock
    _plans: dict[str, Plan] = field(default_factory=dict)

    def work(self, message: DeliveryMessage) -> bool:
        """Record what ``message`` means; False when it is to come again."""
        try:
            if message.event_type == FINISHED:
                self.masses.finish(message)
            elif message.person:
                self._record(message)
        except UnavailableError:
            return False
        return True

    def _record(self, message: DeliveryMessage) -> None:
        persons = self._persons(message.brand, message.person)
        if not persons:
            return  # erased since
        goals = self._goals(message)
        touches = list(self._touches(message.brand, persons, goals))
        for outcome in self._found(message, persons, touches, goals):
            if self.outcomes.put(outcome, now=self.clock()):
                self.metrics.count("CampaignOutcome")

    def _found(
        self, message: DeliveryMessage, persons: Sequence[str], touches: Sequence[Touch], goals: Mapping[str, Plan]
    ) -> Iterator[StoredOutcome]:
        at, kind = message.at.timestamp(), message.event_type
        if kind == LINK_CLICKED:
            yield from self._tapped(message, persons, touches)
        if kind == LEFT and (touch := left(touches, message.account, at)):
            yield self._outcome(message, touch, OutcomeKind.UNSUBSCRIBED)
        if kind in DELIVERIES and (touch := delivered(touches, DELIVERIES[kind], message.account, at)):
            shown = str(message.data.get("status", "")).lower() in _SHOWN
            yield self._outcome(message, touch, OutcomeKind.DELIVERED if shown else OutcomeKind.BLOCKED)
        if goals:
            everything = [*touches, *self._held_out(persons, touches, goals, at)]
            touch = converted(everything, at)
            if touch is not None:
                yield from self._converted(message, touch)

    def _tapped(
        self, message: DeliveryMessage, persons: Sequence[str], touches: Sequence[Touch]
    ) -> Iterator[StoredOutcome]:
        """By the run that the link belongs to, which its sealed mark vouches for."""
        run = RunKey.read(str(message.data["run"]))
        if run.brand != message.brand:
            return
        known = next((each for each in touches if each.run == run.short), None)
        yield StoredOutcome(
            run=run.short,
            kind=OutcomeKind.CLICKED,
            person=known.person if known else persons[0],
            variant=str(message.data.get("variant", "")),
            at=message.at,
        )

    def _converted(self, message: DeliveryMessage, touch: Touch) -> Iterator[StoredOutcome]:
        yield self._outcome(message, touch, OutcomeKind.CONVERTED)
        named = touch.goal.revenue if touch.goal else ""
        amount = next(
            (fen for name in (named, "amount", "revenue") if (fen := to_minor(message.data.get(name))) is not None),
            None,
        )
        if amount:
            yield self._outcome(message, touch, OutcomeKind.REVENUE, event=message.event_id, amount=amount)

    @staticmethod
    def _outcome(
        message: DeliveryMessage, touch: Touch, kind: OutcomeKind, *, event: str = "", amount: int = 0
    ) -> StoredOutcome:
        return StoredOutcome(touch.run, kind, touch.person, touch.sent.variant, message.at, event, amount)

    # ------------------------------------------------------------------ what is known

    def _persons(self, brand: str, person: str) -> Sequence[str]:
        """All ids of the person that ``person`` has become; none of who was erased."""
        profile = self._living(brand, person)
        return whole_person(self.book, profile).persons if profile else ()

    def _living(self, brand: str, person: str) -> Profile | None:
        for _ in range(MERGES):
            found = self.book.read(brand, [person])
            if not found or not found[0].merged_into:
                return found[0] if found else None
            person = found[0].merged_into
        return None

    def _touches(self, brand: str, persons: Sequence[str], goals: Mapping[str, Plan]) -> Iterator[Touch]:
        for person, reach in sorted(self.reach.read(brand, persons).items()):
            for run, sent in reach.sends.items():
                plan = goals.get(run)
                yield Touch(person, run, sent, plan.campaign.goal if plan else None)

    def _held_out(
        self, persons: Sequence[str], touches: Sequence[Touch], goals: Mapping[str, Plan], at: float
    ) -> Iterable[Touch]:
        """Of those who were not reached: the pages of a run are only asked where the hash says so, too."""
        reached = {each.run for each in touches}
        for short, plan in goals.items():
            if not plan.campaign.holdout or short in reached:
                continue
            for person in persons:
                touch = held_out(person, short, plan.at, plan.campaign.goal)
                if (
                    assign(plan.campaign, person) == HOLDOUT
                    and converted([touch], at) is not None
                    and self.held.held_out(plan.key, person)
                ):
                    yield touch

    def _goals(self, message: DeliveryMessage) -> Mapping[str, Plan]:
        """The runs whose goal the event is, by ``RunKey.short``."""
        found = (self._plan(run) for run in self.rulesets.goals(message.brand).get(message.event_type, {}))
        return {
            plan.key.short: plan
            for plan in found
            if plan and plan.campaign.goal and plan.campaign.goal.on == message.event_type
        }

    def _plan(self, run: str) -> Plan | None:
        """What a run's campaign is never changes."""
        if run not in self._plans:
            plan = self.runs.plan(RunKey.read(run))
            if plan is None:
                return None
            if len(self._plans) >= KEPT:
                self._plans.clear()
            self._plans[run] = plan
        return self._plans[run]
