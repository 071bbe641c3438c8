"""`yuchi campaign watch`, `report` and `recipients`: how a run is going, what came of it, and for whom."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

import typer

from yuchi.adapters.wechat.errors import explain_error
from yuchi.cli.campaign_items import Brand, Name, missing, stored
from yuchi.cli.desk import Office, office_of
from yuchi.cli.errors import CommandError
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal, cell_of
from yuchi.domain.campaign.choosing import REASONS
from yuchi.domain.campaign.reading import key_of, run_of
from yuchi.domain.campaign.run import ACTIVE, Phase, Plan, RunKey, Tally
from yuchi.domain.campaign.telling import PHASES, problem_text, progress_text
from yuchi.domain.ledger import LedgerState
from yuchi.domain.words import Words
from yuchi.services.campaign_results import CampaignResults
from yuchi.services.ports_campaigns import StoredBatch

LOOKS_EVERY: Final = 2.0
UNSETTLED: Final = "OPEN"
"""What stands in the place of a state while a batch is not settled."""

Run = Annotated[str | None, typer.Option("--run", help="Which run of a recurring campaign; else the latest.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def watch(context: typer.Context, campaign: Name, brand: Brand = None, run: Run = None) -> None:
    """Watch a run until it ends or is held: a bar, how many a second, and what was refused."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    plan = _plan(office, campaign, brand, run)
    progress, first = desk.runs.progress(plan.key), desk.clock()
    before = _done(progress.tallies)
    with terminal.progress(PHASES[plan.phase].text(terminal.locale), total=100) as bar:
        shown = 0
        while plan.phase in ACTIVE:
            share = 100 * progress.settled // plan.batches if plan.batches else 0
            bar.step(share - shown)
            shown = share
            seconds = (desk.clock() - first).total_seconds()
            rate = (_done(progress.tallies) - before) / seconds if seconds > 0 else 0.0
            line = progress_text(plan, progress.tallies, progress.settled, terminal.locale)
            bar.say(terminal.text(f"{line}，每秒 {rate:,.0f} 人", f"{line}, {rate:,.0f} a second"))
            desk.wait(LOOKS_EVERY)
            plan = desk.runs.plan(plan.key) or plan
            progress = desk.runs.progress(plan.key)
    terminal.line(progress_text(plan, progress.tallies, progress.settled, terminal.locale), style="bold")
    if plan.problem:
        terminal.line(problem_text(plan.problem, terminal.locale) or "", style="red")
    _tell_refused(progress.tallies, terminal)
    if plan.phase is not Phase.FINISHED:
        raise typer.Exit(1)


def report(context: typer.Context, campaign: Name, brand: Brand = None, run: Run = None, as_json: Json = False) -> None:
    """Tell what came of a run, counted again from its batches, by variant, channel, account and ending."""
    office = office_of(context)
    terminal = office.terminal
    plan = _plan(office, campaign, brand, run)
    counts, open_batches = _counted(office.desk.runs.batches(plan.key))
    results = CampaignResults(office.desk.runs, office.desk.outcomes, terminal.locale)
    if as_json:
        rows = [{**tally._asdict(), "persons": count} for tally, count in sorted(counts.items())]
        terminal.json(
            {"run": plan.run, "phase": plan.phase.value, "open_batches": open_batches, "endings": rows}
            | {"results": results.as_json(plan)}
        )
        return
    terminal.line(f"{plan.run}  {PHASES[plan.phase].text(terminal.locale)}", style="bold")
    told = results.report(plan)
    if told:
        terminal.line(told)
    text = terminal.text
    columns = (
        *(Column(text("版本", "variant")), Column(text("渠道", "channel")), Column(text("账号", "account"), spare=1)),
        *(Column(text("结果", "ending")), Column(text("人数", "persons")), Column(text("原因", "reason"), free=True)),
    )
    terminal.table(columns, [_row(tally, count, terminal) for tally, count in sorted(counts.items(), key=_most_first)])
    total = sum(counts.values())
    terminal.say(
        f"共 {total:,} 人" + (f"，还有 {open_batches} 批没有结束" if open_batches else ""),
        f"{total:,} persons" + (f", batches still open: {open_batches}" if open_batches else ""),
        style="bold",
    )


def recipients(
    context: typer.Context,
    campaign: Name,
    brand: Brand = None,
    run: Run = None,
    state: Annotated[str | None, typer.Option(help="Only this: SENT, SKIPPED, UNKNOWN or OPEN.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many persons are shown.")] = 100,
    as_json: Json = False,
) -> None:
    """List the persons whom a run chose, with account, channel and variant, and how each stands.

    They are kept for thirty days. Refusals of single persons stand in the send ledger.
    """
    office = office_of(context)
    terminal = office.terminal
    plan = _plan(office, campaign, brand, run)
    rows: list[Mapping[str, str]] = []
    for row in _persons(office, plan.key):
        if state is None or row["state"] == state.upper():
            rows.append(row)
        if len(rows) >= limit:
            break
    if as_json:
        terminal.json(rows)
        return
    if not rows:
        terminal.say("没有这样的人。", "There is nobody.")
        return
    text = terminal.text
    heads = (
        text("人", "person"),
        text("账号", "account"),
        text("渠道", "channel"),
        text("版本", "variant"),
        text("状态", "state"),
    )
    terminal.table(heads, [[cell_of(value) for value in row.values()] for row in rows])


def _plan(office: Office, campaign: str, brand: str | None, run: str | None) -> Plan:
    item = stored(office, campaign, brand)
    brand_id, campaign_id = key_of(item)
    runs = office.desk.runs
    known = run_of(item)
    if run is not None:
        plan = runs.plan(RunKey(brand_id, campaign_id, run))
    elif known is not None:
        plan = runs.plan(known)
    else:
        plan = next(iter(runs.runs_of(brand_id, campaign_id)), None)
    if plan is not None:
        return plan
    names = [each.key.occurrence for each in runs.runs_of(brand_id, campaign_id)]
    if names:
        raise missing(f"{campaign_id} --run {run}", [{"brand": brand_id, "campaign_id": name} for name in names])
    raise CommandError(
        Words(f"{campaign} 还没有发送过", f"{campaign} was never sent"),
        mend=Words(f"看它的状态：yuchi campaign show {campaign}", f"how it stands: yuchi campaign show {campaign}"),
    )


def _persons(office: Office, run: RunKey) -> Iterator[Mapping[str, str]]:
    for stored_batch in office.desk.runs.batches(run):
        group = stored_batch.batch.group
        for recipient in office.desk.runs.recipients(run, group, stored_batch.batch.spans):
            yield {
                "person": recipient.person,
                "account": group.account,
                "channel": group.channel,
                "variant": group.variant,
                "state": _state(stored_batch, recipient.person),
            }


def _state(stored_batch: StoredBatch, person: str) -> str:
    """How a person of a batch stands, as far as the batch knows: of those who were refused, only how many they are."""
    if person in (stored_batch.left_out or {}) or stored_batch.batch.skip:
        return LedgerState.SKIPPED.value
    if person in stored_batch.unknown:
        return LedgerState.UNKNOWN.value
    if stored_batch.tallies is None:
        return UNSETTLED
    states = {tally.state for tally in stored_batch.tallies} - {LedgerState.UNKNOWN}
    if stored_batch.left_out is not None:
        states -= {LedgerState.SKIPPED}
    return states.pop().value if len(states) == 1 else "SETTLED"


def _counted(batches: Iterator[StoredBatch]) -> tuple[Counter[Tally], int]:
    counts: Counter[Tally] = Counter()
    open_batches = 0
    for each in batches:
        open_batches += each.tallies is None
        counts.update(each.tallies or {})
    return counts, open_batches


def _done(tallies: Mapping[Tally, int]) -> int:
    return sum(count for tally, count in tallies.items() if tally.state is not LedgerState.SKIPPED)


def _tell_refused(tallies: Mapping[Tally, int], terminal: Terminal) -> None:
    reasons: Counter[str] = Counter()
    for tally, count in tallies.items():
        if tally.state is LedgerState.REJECTED:
            reasons[tally.reason] += count
    for reason, count in reasons.most_common():
        terminal.line(f"{count:,}  {_reason(reason, terminal)}", style="yellow")


def _most_first(counted: tuple[Tally, int]) -> Any:
    tally, count = counted
    return (tally.variant, tally.state.value, -count)


def _row(tally: Tally, count: int, terminal: Terminal) -> Sequence[Any]:
    return (
        tally.variant,
        tally.channel,
        tally.account,
        tally.state.value,
        f"{count:,}",
        _reason(tally.reason, terminal),
    )


def _reason(reason: str, terminal: Terminal) -> str:
    """Why, in words; of WeChat's codes what they mean."""
    code = reason.removeprefix("wechat:")
    if code != reason and code.lstrip("-").isdigit():
        spec = explain_error(int(code))
        return f"{code} {terminal.text(spec.zh, spec.en)}"
    words = REASONS.get(reason)
    return words.text(terminal.locale) if words else reason
