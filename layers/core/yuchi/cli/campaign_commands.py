"""`yuchi campaign create`, `check`, `list` and `show`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from yuchi.bootstrap import make_catalogue
from yuchi.cli.asking import confirm
from yuchi.cli.campaign_asking import QUESTIONS, approve, question, winner
from yuchi.cli.campaign_items import Brand, By, Name, caller_of, shown, stored, written
from yuchi.cli.campaign_watching import recipients, report, watch
from yuchi.cli.desk import Office, office_of
from yuchi.cli.errors import FAILED
from yuchi.cli.rule_sources import CAMPAIGNS, choose_brand, read_sources, refuse_twins, with_brand
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal, cell_of
from yuchi.domain.account import Account
from yuchi.domain.campaign.check import check_campaign
from yuchi.domain.campaign.columns import ASK, COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.campaign.reading import key_of, read_campaign
from yuchi.domain.campaign.status import MEANINGS, CampaignStatus, status_of
from yuchi.domain.plain import plain
from yuchi.domain.problem import RuleProblem
from yuchi.domain.words import Words
from yuchi.services import order_campaign
from yuchi.services.order_campaign import Standing, standing_of
from yuchi.services.ports_rules import Item

app = typer.Typer(no_args_is_help=True, help="Write, estimate, preview, approve, watch and stop campaigns.")
UNNAMED_BRAND: Final = "brand"
"""Stands in for the brand of a file that names none."""

for _verb in QUESTIONS:
    app.command(_verb.value)(question(_verb))
for _command in (winner, approve, watch, report, recipients):
    app.command()(_command)


@app.command()
def create(
    context: typer.Context,
    source: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A YAML file or folder; else say it by the options.")
    ] = None,
    campaign_id: Annotated[str | None, typer.Option("--id", help="The campaign's id.")] = None,
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    audience: Annotated[str | None, typer.Option(help="Who gets it: a condition over profile and now.")] = None,
    text: Annotated[str | None, typer.Option(help="What it says, where that is a text.")] = None,
    channel: Annotated[str | None, typer.Option(help="The channel: best, mass, custom, template, subscribe.")] = None,
    account: Annotated[list[str] | None, typer.Option(help="An account that sends; may be given again.")] = None,
    at: Annotated[str | None, typer.Option(help="When, in Beijing time, such as '2026-12-01 10:00'.")] = None,
    repeat: Annotated[str | None, typer.Option(help="How often, such as 'daily 10:00'.")] = None,
    goal: Annotated[str | None, typer.Option(help="What it is for, such as 'order.completed 7d'.")] = None,
    holdout: Annotated[str | None, typer.Option(help="How many get nothing, such as 10%.")] = None,
    at_most: Annotated[str | None, typer.Option(help="How many persons at most.")] = None,
    tester: Annotated[list[str] | None, typer.Option(help="Who gets the preview; may be given again.")] = None,
    brand: Brand = None,
    by: By = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the change.")] = False,
) -> None:
    """Write campaigns into the table, or write them anew, and wait for what the reviewer says of them.

    Nothing is sent by that: a campaign has to be previewed and approved by a second person first.
    """
    office = office_of(context)
    accounts = list(office.desk.accounts.all())
    said = {
        "campaign_id": campaign_id, "name": name, "audience": audience, "accounts": account, "channel": channel,
        "content": text, "at": at, "repeat": repeat, "goal": goal, "holdout": holdout, "at_most": at_most,
        "testers": tester,
    }  # fmt: skip
    items = written(source, {column: value for column, value in said.items() if value}, brand, accounts)
    if not _tell_checks(items, office, accounts, now=office.desk.clock()):
        raise typer.Exit(FAILED)
    book, terminal = office.desk.campaigns, office.terminal
    known = {key_of(item): book.get(*key_of(item)) for item in items}
    old = [key[1] for key, seen in known.items() if seen is not None]
    if old:
        confirm(terminal, f"改写已有的活动 {'、'.join(old)}？", f"Write {', '.join(old)} anew?", yes=yes)
    caller = caller_of(office, by)
    good = True
    for item in items:
        if not order_campaign.write(book, item, edited_by=caller, seen=known[key_of(item)]):
            terminal.fail(
                terminal.text(
                    f"{key_of(item)[1]}：刚才被别人改过，没有写", f"{key_of(item)[1]}: edited meanwhile, not written"
                )
            )
            good = False
            continue
        with terminal.progress(terminal.text("等系统检查", "Waiting for the reviewer")):
            standing = order_campaign.await_review(book, *key_of(item), wait=office.desk.wait)
        good = _tell_review(key_of(item)[1], standing, terminal) and good
    if not good:
        raise typer.Exit(FAILED)


@app.command()
def check(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE|CAMPAIGN", help="A YAML file or folder, or a campaign's id.")],
    brand: Brand = None,
    with_accounts: Annotated[
        bool, typer.Option("--with-accounts", help="Check a file against the accounts of the deployment, too.")
    ] = False,
) -> None:
    """Say what is wrong with campaigns, in a file or in the table. Exits with 1 where there are problems."""
    office = office_of(context)
    path = Path(source)
    if path.exists() or path.suffix in {".yaml", ".yml"} or "/" in source:
        accounts = list(office.desk.accounts.all()) if with_accounts else None
        sources = with_brand(read_sources(path, CAMPAIGNS), brand or (None if with_accounts else UNNAMED_BRAND))
        if accounts is not None:
            sources = with_brand(sources, choose_brand(brand, accounts))
        refuse_twins(sources, CAMPAIGNS)
        items: Sequence[Item] = [each.item for each in sources]
    else:
        accounts = list(office.desk.accounts.all())
        items = [stored(office, source, brand, accounts)]
    if not _tell_checks(items, office, accounts, now=datetime.now(UTC)):
        raise typer.Exit(FAILED)


@app.command("list")
def list_campaigns(
    context: typer.Context,
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    status: Annotated[CampaignStatus | None, typer.Option(help="Only this status.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the campaigns: status, time, progress, and what is wrong."""
    office = office_of(context)
    terminal = office.terminal
    accounts = list(office.desk.accounts.all())
    brands = [choose_brand(brand, accounts)] if brand else sorted({each.brand for each in accounts})
    rows = [_row(standing_of(item)) for each in brands for item in office.desk.campaigns.all(each)]
    rows = [row for row in rows if status is None or row["status"] == status.value]
    if as_json:
        terminal.json(rows)
        return
    if not rows:
        terminal.say(
            "没有活动。用 yuchi campaign create 写一个，或在 Campaigns 表里新建。",
            "No campaigns. Write one with yuchi campaign create, or in the table Campaigns.",
        )
        return
    text = terminal.text
    columns = {
        "brand": Column(text("品牌", "brand"), spare=2),
        "campaign_id": Column(text("编号", "campaign")),
        "name": Column(text("名称", "name"), free=True, spare=3),
        "status": Column(text("状态", "status")),
        "when": Column(text("时间", "when"), spare=1),
        "progress": Column(text("进度", "progress"), free=True),
    }
    terminal.table(list(columns.values()), ([cell_of(row[name]) for name in columns] for row in rows))
    for row in rows:
        for line in (row["problem"] or "").splitlines():
            terminal.line(f"{row['campaign_id']}: {line}", style="red")


@app.command()
def show(
    context: typer.Context,
    campaign: Name,
    brand: Brand = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show a campaign: what was written, and everything the system says of it."""
    office = office_of(context)
    terminal = office.terminal
    item = stored(office, campaign, brand)
    if as_json:
        terminal.json(plain(dict(item)))
        return
    standing = standing_of(item)
    written = {name: plain(item[name]) for name in (*COLUMNS, ASK) if name in item}
    terminal.panel(campaign, [(name, shown(value)) for name, value in written.items()])
    status = status_of(item) if standing.reviewed else None
    meaning = MEANINGS[status] if status else Words("等系统检查", "waits to be reviewed")
    terminal.line(f"{standing.status}: {meaning.text(terminal.locale)}", style="bold")
    hidden = {"status", "reviewed", "reviewed_at", "checked", "previewed_hash", "counted_hash"}
    for name in sorted(SYSTEM_COLUMNS - hidden):
        if standing.text(name):
            terminal.line(f"{name}: {standing.text(name)}")


def _tell_review(campaign: str, standing: Standing | None, terminal: Terminal) -> bool:
    if standing is None or not standing.reviewed:
        terminal.warn(
            f"{campaign}：已写入，系统还没有检查；稍后 yuchi campaign show {campaign}",
            f"{campaign}: written, but not reviewed yet; look later: yuchi campaign show {campaign}",
        )
        return True
    if standing.status == CampaignStatus.INVALID.value:
        terminal.fail(f"{campaign}: {standing.text('problem')}")
        return False
    terminal.done(f"{campaign}：{standing.status}", f"{campaign}: {standing.status}")
    for line in standing.text("hint").splitlines():
        terminal.line(f"    {line}", style="yellow")
    return True


def _tell_checks(items: Sequence[Item], office: Office, accounts: Sequence[Account] | None, *, now: datetime) -> bool:
    """Tell what is wrong with items; whether nothing is."""
    terminal, wrong = office.terminal, 0
    for item in items:
        brand, campaign_id = key_of(item)
        problems, hints = _findings(item, accounts, brand, now)
        wrong += bool(problems)
        mark, style = ("✗ ", "bold red") if problems else ("! ", "yellow") if hints else ("✓ ", "green")
        terminal.show(Text.assemble((mark, style), campaign_id or terminal.text("（没有编号）", "(no campaign_id)")))
        for each in problems:
            terminal.line(f"    {each.text(terminal.locale)}", style="red")
        for each in hints:
            terminal.line(f"    {each.text(terminal.locale)}", style="yellow")
    return not wrong


def _findings(
    item: Item, accounts: Sequence[Account] | None, brand: str, now: datetime
) -> tuple[Sequence[RuleProblem], Sequence[RuleProblem]]:
    reading = read_campaign(item)
    if reading.campaign is None:
        return reading.problems, ()
    of_brand = [each for each in accounts if each.brand == brand] if accounts is not None else None
    checked = check_campaign(reading.campaign, catalogue=make_catalogue(), accounts=of_brand, now=now)
    return checked.problems, checked.hints


def _row(standing: Standing) -> dict[str, Any]:
    item = plain(dict(standing.item))
    return {
        "brand": item.get("brand"),
        "campaign_id": item.get("campaign_id"),
        "name": item.get("name"),
        "status": standing.status,
        "when": item.get("repeat") or item.get("at"),
        "progress": item.get("progress"),
        "problem": item.get("problem"),
        "hint": item.get("hint"),
    }
