"""Start campaigns when they are due and approved, answer what marketers ask for, and look after the runs until they end.

A look at a campaign may be taken at any time, by anybody, twice at once: a run is started by one conditional write, and
:mod:`yuchi.services.run_keeper` moves it from phase to phase by the version of its plan.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any, Final, Protocol

from yuchi.domain.campaign.approval import Approval, why_not_approved
from yuchi.domain.campaign.columns import Verb
from yuchi.domain.campaign.drift import drifted
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.reading import CampaignReading, asked_of, is_judged, is_well, read_campaign, run_of
from yuchi.domain.campaign.run import ACTIVE, Phase, Plan, RunKey
from yuchi.domain.campaign.schedule import is_late, last_occurrence, next_start, occurrence_id
from yuchi.domain.campaign.status import CampaignStatus
from yuchi.domain.campaign.telling import problem_text, progress_text
from yuchi.domain.event import format_time
from yuchi.domain.problem import Locale
from yuchi.domain.words import Words
from yuchi.services.places import place_of
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_campaigns import (
    Agenda,
    AgendaEntry,
    Approvals,
    Campaigns,
    Runs,
)
from yuchi.services.ports_rules import Item
from yuchi.services.run_keeper import RunKeeper

LOGGER: Final = logging.getLogger(__name__)

COUNTING: Final = Words("正在统计人数，人多时要一两分钟", "counting; it takes a minute or two where there are many")

MINUTE: Final = timedelta(minutes=1)
UNAPPROVED: Final = timedelta(hours=1)
"""How long a campaign without approval is left alone; an approval is heard of at once."""
RESERVE_SECONDS: Final = 12.0
HASH_LENGTH: Final = 12


class Goals(Protocol):
    """What runs wait for is told to whoever forwards events; see ``services/campaign_goals.py``."""

    def keep(self, plan: Plan, now: datetime) -> None:
        """See to it that events are forwarded for as long as they count for ``plan``."""
        ...


class Answers(Protocol):
    """What takes a reading of the audience, or a send to the testers, to answer. Each gives columns to write."""

    def estimate(self, campaign: Campaign) -> Mapping[str, Any]:
        """How many persons, about; see ``services/estimate_audience.py``."""
        ...

    def count(self, campaign: Campaign) -> Mapping[str, Any] | None:
        """How many persons, exactly; None while they are being counted: to be asked again in a minute."""
        ...

    def preview(self, campaign: Campaign, plan_hash: str) -> Mapping[str, Any]:
        """Send it to the testers."""
        ...


@dataclass(frozen=True, slots=True)
class PlanCampaign:
    """The use case behind ``functions/plan_campaign``."""

    campaigns: Campaigns
    approvals: Approvals
    runs: Runs
    agenda: Agenda
    keeper: RunKeeper
    answers: Answers
    metrics: Metrics
    clock: Clock
    locale: Locale = Locale.ZH
    goals: Goals | None = None

    def tick(self, *, seconds_left: Callable[[], float] = lambda: inf) -> int:
        """Look at every campaign that is due; returns how many. One that fails is looked at again next minute."""
        looked = 0
        for entry in self.agenda.due(self.clock()):
            if seconds_left() < RESERVE_SECONDS:
                break
            try:
                self.look(entry.brand, entry.campaign_id, run=entry.run)
            except UnavailableError as error:
                LOGGER.warning("campaign not looked at: %s", place_of(error))
                continue
            except Exception as error:  # noqa: BLE001 - one campaign that fails must not keep the others waiting
                LOGGER.error("campaign failed: %s", place_of(error))  # noqa: TRY400 - the text may quote data
                self.metrics.count("CampaignFailed")
                continue
            looked += 1
        return looked

    def look(self, brand: str, campaign_id: str, *, run: str = "") -> None:
        """Do what is due for one campaign. ``run``: the active one where the caller knows it."""
        item = self.campaigns.get(brand, campaign_id)
        if item is None:
            self._deleted(brand, campaign_id, run)
            return
        plan = self._plan_of(item, run)
        reading = read_campaign(item)
        asked = asked_of(item)
        # What nobody has judged yet waits for the reviewer, who has it looked at again; a run is steered at once.
        judged, well = is_judged(item, reading), is_well(item, reading)
        if asked is not None and (judged or asked[0] in _OF_RUNS):
            plan = self._answer(brand, campaign_id, item, reading if well else _unwell(reading), plan, asked)
            item = self.campaigns.get(brand, campaign_id) or item
        if plan is not None and plan.phase is not Phase.FINISHED and plan.phase is not Phase.STOPPED:
            self._look_after(item, plan)
        elif well and reading.campaign is not None:
            self._start(item, reading, reading.campaign, plan, tell=asked is not None and asked[0] is Verb.START)
        if asked is not None and asked[0] is Verb.COUNT and asked_of(item) == asked and well:
            active = plan.run if plan is not None and plan.phase in ACTIVE else ""
            self.agenda.put(AgendaEntry(brand, campaign_id, self.clock() + MINUTE, active))

    def _plan_of(self, item: Item, run: str) -> Plan | None:
        key = run_of(item) or (RunKey.read(run) if run else None)
        plan = self.runs.plan(key) if key is not None else None
        return plan if plan is not None and not plan.dry else None

    def _deleted(self, brand: str, campaign_id: str, run: str) -> None:
        plan = self.runs.plan(RunKey.read(run)) if run else None
        if plan is not None and plan.phase in ACTIVE:
            self.keeper.move(plan, phase=Phase.STOPPED, resume=plan.phase, problem="deleted")
        self.agenda.remove(brand, campaign_id)

    # ------------------------------------------------------------------ what is asked for

    def _answer(
        self,
        brand: str,
        campaign_id: str,
        item: Item,
        reading: CampaignReading,
        plan: Plan | None,
        asked: Any,
    ) -> Plan | None:
        """Answer ``ask`` once and take it away, or leave it until the answer is known; the plan as it is then."""
        written, now = str(item["ask"]), format_time(self.clock())
        columns: dict[str, Any] = {"asked": f"{written} {now}"}
        if isinstance(asked[0], Verb):
            verb, detail = asked
            answer, plan = self._carry_out(verb, detail, reading, plan)
            if answer is None:
                self.campaigns.write(brand, campaign_id, self._hint(COUNTING))
                return plan
            columns |= answer
        else:
            columns["hint"] = "\n".join(problem.text(self.locale) for problem in asked)
        self.campaigns.answer(brand, campaign_id, written, columns)
        return plan

    def _carry_out(
        self, verb: Verb, detail: str, reading: CampaignReading, plan: Plan | None
    ) -> tuple[Mapping[str, Any] | None, Plan | None]:
        """The columns of the answer, None where there is none yet."""
        if verb in _OF_RUNS:
            return self._steer(verb, detail, plan)
        campaign = reading.campaign
        if campaign is None:
            return self._hint(
                Words("活动还没有通过检查，先改好 problem 里说的", "the campaign is not well yet, see problem")
            ), plan
        match verb:
            case Verb.ESTIMATE:
                return self.answers.estimate(campaign), plan
            case Verb.COUNT:
                counted = self.answers.count(campaign)
                told = {"counted_hash": reading.plan_hash, "hint": None}
                return ({**told, **counted} if counted is not None else None), plan
            case Verb.PREVIEW:
                return self.answers.preview(campaign, reading.plan_hash), plan
            case _:
                return {}, plan  # start: the look that follows starts it, or says why not

    def _steer(self, verb: Verb, detail: str, plan: Plan | None) -> tuple[Mapping[str, Any], Plan | None]:
        if plan is None or plan.phase is Phase.FINISHED:
            return self._hint(Words("现在没有进行中的发送", "nothing is being sent now")), plan
        if verb is Verb.STOP:
            if plan.phase is Phase.STOPPED:
                return {}, plan
            resume = plan.resume if plan.phase is Phase.HELD else plan.phase
            moved = self.keeper.move(plan, phase=Phase.STOPPED, resume=resume)
            self.metrics.count("CampaignStopped")
            return {"status": CampaignStatus.STOPPED.value, "hint": None}, moved
        if verb is Verb.WINNER:
            if plan.campaign.variant(detail) is None:
                names = "、".join(each.name for each in plan.campaign.variants)
                return self._hint(Words(f"没有这个版本，可选：{names}", f"no such variant; there are: {names}")), plan
            return {"hint": None}, self.keeper.move(plan, winner=detail)
        return self._resume(plan)

    def _resume(self, plan: Plan) -> tuple[Mapping[str, Any], Plan | None]:
        if plan.phase in ACTIVE or plan.resume is None:
            return self._hint(Words("发送正在进行，不用继续", "it is being sent already")), plan
        approved = plan.approved
        if plan.problem.startswith("drift:"):
            found = int(plan.problem.removeprefix("drift:"))
            approval = self.approvals.get(plan.key.brand, plan.key.campaign_id, plan.hash)
            approved = approval.audience if approval else None
            if approved is None or drifted(approved, found):
                return {"hint": problem_text(plan.problem, self.locale)}, plan
        moved = self.keeper.move(
            plan, phase=plan.resume, resume=None, problem="", approved=approved, canary_sent_at=None
        )
        if moved is not None:
            self.keeper.put_on_its_way(moved)
        return {"status": CampaignStatus.RUNNING.value, "problem": None, "hint": None}, moved

    def _hint(self, words: Words) -> Mapping[str, Any]:
        return {"hint": words.text(self.locale)}

    # ------------------------------------------------------------------ starting

    def _start(
        self, item: Item, reading: CampaignReading, campaign: Campaign, last: Plan | None, *, tell: bool
    ) -> None:
        """Start it if it may start now. ``tell``: somebody asked for that and is told why not, in place of other hints."""
        now = self.clock()
        approval = self.approvals.get(campaign.brand, campaign.campaign_id, reading.plan_hash)
        why = why_not_approved(
            approval,
            plan_hash=reading.plan_hash,
            previewed_hash=str(item.get("previewed_hash") or ""),
            edited_by=str(item.get("edited_by") or ""),
        )
        if why is not None or approval is None:
            status = _ended(last, reading.plan_hash) or CampaignStatus.READY
            told = {"hint": why.text(self.locale)} if why and (tell or approval is not None) else {}
            self._write(campaign, {"status": status.value, **told})
            self._next(campaign, now + UNAPPROVED)
            return
        start = _start_of(campaign, approval, now)
        if start is None:
            self._over(campaign, last)
            return
        key = RunKey(campaign.brand, campaign.campaign_id, _occurrence(campaign, reading.plan_hash, start))
        if last is not None and last.run == str(key):
            self._after(campaign, last, now)
        elif start > now:
            self._write(
                campaign, {"status": CampaignStatus.APPROVED.value, "approved_by": approval.approved_by, "hint": None}
            )
            self._next(campaign, start)
        elif is_late(start, now):
            held = {"status": CampaignStatus.HELD.value, "problem": problem_text("late", self.locale)}
            self._write(campaign, held)
            self.metrics.count("CampaignLate")
            self._after(campaign, last, now)
        else:
            self._begin(key, campaign, reading.plan_hash, approval, now)

    def _begin(self, key: RunKey, campaign: Campaign, plan_hash: str, approval: Approval, now: datetime) -> None:
        moment = int(now.timestamp())
        plan = Plan(
            run=str(key),
            campaign=campaign,
            hash=plan_hash,
            approved=approval.audience,
            approved_by=approval.approved_by,
            at=moment,
            moved_at=moment,
        )
        # First what looks at it, then the run: a death between the two leaves a look, never a run that nobody looks at.
        self.agenda.put(AgendaEntry(campaign.brand, campaign.campaign_id, now + MINUTE, str(key)))
        if self.runs.start(plan):
            self.metrics.count("CampaignStarted")
        stored = self.runs.plan(key)
        if stored is None or stored.phase not in ACTIVE:
            return
        if self.goals is not None:
            self.goals.keep(stored, now)
        self._write(
            campaign,
            {
                "status": CampaignStatus.RUNNING.value,
                "run": str(key),
                "approved_by": approval.approved_by,
                **dict.fromkeys(("problem", "hint", "report")),
                "progress": progress_text(stored, {}, 0, self.locale),
            },
        )
        self.keeper.put_on_its_way(stored)

    def _after(self, campaign: Campaign, last: Plan | None, now: datetime) -> None:
        """A run is over, or its time is: what comes next."""
        following = next_start(campaign, now) if campaign.repeat else None
        if following is None:
            self._over(campaign, last)
            return
        self._write(campaign, {"status": CampaignStatus.APPROVED.value})
        self._next(campaign, following)

    def _over(self, campaign: Campaign, last: Plan | None) -> None:
        if last is not None and last.phase in _ENDS:
            self._write(campaign, {"status": _ENDS[last.phase].value})
        self.agenda.remove(campaign.brand, campaign.campaign_id)

    # ------------------------------------------------------------------ looking after a run

    def _look_after(self, item: Item, plan: Plan) -> None:
        """Bring a run one step on where it is time to, and tell how it stands."""
        now = self.clock()
        if self.goals is not None:
            self.goals.keep(plan, now)
        moved = self.keeper.step(plan, now)
        # Who was overtaken tells what the other one made of it: the last word must not be that it goes on.
        current = moved or self.runs.plan(plan.key) or plan
        progress = self.runs.progress(plan.key)
        finished = current.phase is Phase.FINISHED
        columns: dict[str, Any] = {
            "status": _STATUS.get(current.phase, CampaignStatus.RUNNING).value,
            "progress": progress_text(current, progress.tallies, progress.settled, self.locale),
            "problem": problem_text(current.problem, self.locale),
            "run": plan.run,
        }
        if current.batches is not None:
            columns["report"] = self.keeper.results.report(current)
        changed = {name: value for name, value in columns.items() if value != item.get(name)}
        if changed:
            self._write(current.campaign, changed)
        if finished:
            if moved is not None:
                self.metrics.count("CampaignFinished")
            self._after(current.campaign, current, now)
        else:
            later = MINUTE if current.phase in ACTIVE else UNAPPROVED
            self.agenda.put(AgendaEntry(plan.key.brand, plan.key.campaign_id, now + later, plan.run))

    # ------------------------------------------------------------------ small things

    def _write(self, campaign: Campaign, columns: Mapping[str, Any]) -> None:
        self.campaigns.write(campaign.brand, campaign.campaign_id, columns)

    def _next(self, campaign: Campaign, due: datetime) -> None:
        self.agenda.put(AgendaEntry(campaign.brand, campaign.campaign_id, due))


def _unwell(reading: CampaignReading) -> CampaignReading:
    """What the reviewer refused is not there for who answers."""
    return replace(reading, campaign=None)


_OF_RUNS: Final = frozenset({Verb.STOP, Verb.RESUME, Verb.WINNER})
_STATUS: Final[Mapping[Phase, CampaignStatus]] = {
    Phase.FINISHED: CampaignStatus.FINISHED,
    Phase.STOPPED: CampaignStatus.STOPPED,
    Phase.HELD: CampaignStatus.HELD,
}
_ENDS: Final[Mapping[Phase, CampaignStatus]] = {
    Phase.FINISHED: CampaignStatus.FINISHED,
    Phase.STOPPED: CampaignStatus.STOPPED,
}


def _ended(last: Plan | None, plan_hash: str) -> CampaignStatus | None:
    """What a campaign is that was not edited since its last run ended."""
    return _ENDS.get(last.phase) if last is not None and last.hash == plan_hash else None


def _start_of(campaign: Campaign, approval: Approval, now: datetime) -> datetime | None:
    """The start that counts now: past or to come; None where there is none any more."""
    if campaign.repeat is None:
        return next_start(campaign, now)
    last = last_occurrence(campaign.repeat, now)
    earliest = max(approval.approved_at, campaign.starts_at or datetime.min.replace(tzinfo=UTC))
    over = campaign.ends_at is not None and last >= campaign.ends_at
    return next_start(campaign, now) if last < earliest or over or is_late(last, now) else last


def _occurrence(campaign: Campaign, plan_hash: str, start: datetime) -> str:
    return occurrence_id(start) if campaign.repeat else plan_hash[:HASH_LENGTH]
