"""`yuchi rules check` and `yuchi rules list`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from yuchi.bootstrap import make_catalogue
from yuchi.cli.desk import Office, office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.rule_sources import choose_brand, read_sources, refuse_twins, with_brand
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal, cell_of
from yuchi.domain.draft import ALL_ACCOUNTS
from yuchi.domain.event import parse_time
from yuchi.domain.plain import plain
from yuchi.domain.rule_check import FileCheck, check_rules
from yuchi.services.ports_rules import Item, Status
from yuchi.services.push_rules import is_reviewed

app = typer.Typer(no_args_is_help=True, help="Check, explain, list, push and pull rules.")
UNNAMED_BRAND = "brand"
"""Stands in for the brand of a file that names none, such as a pack's."""


@app.command()
def check(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="FILE|ACCOUNT", help="A YAML file or folder, or an account's id.")],
    brand: Annotated[str | None, typer.Option(help="Brand of rules that name none.")] = None,
    with_accounts: Annotated[
        bool, typer.Option("--with-accounts", help="Check a file against the accounts of the deployment, too.")
    ] = False,
) -> None:
    """Say what is wrong with rules, in a file or in the table. Exits with 1 where there are problems.

    A file is checked without any deployment. For an account the drafts in the table are checked, as the reviewer does.
    """
    office = office_of(context)
    path = Path(source)
    if path.exists() or path.suffix in {".yaml", ".yml"} or "/" in source:
        sources = with_brand(read_sources(path), brand or (None if with_accounts else UNNAMED_BRAND))
        refuse_twins(sources)
        accounts = list(office.desk.accounts.all()) if with_accounts else None
        if accounts is not None:
            sources = with_brand(sources, choose_brand(brand, accounts))
        items: Sequence[Item] = [each.item for each in sources]
        checks = check_rules(items, catalogue=make_catalogue(), accounts=accounts)
    else:
        checks = _check_account(office, source)
    if not tell_checks(checks, office.terminal):
        raise typer.Exit(FAILED)


@app.command("list")
def list_rules(
    context: typer.Context,
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    status: Annotated[str | None, typer.Option(help="Only this status: live, off, invalid or waiting.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the rules of the table: status, how often they matched, when last, and what is wrong."""
    office = office_of(context)
    terminal = office.terminal
    wanted = {"waiting", *(each.value for each in Status)}
    if status is not None and status not in wanted:
        raise refuse(
            (f"没有 {status} 这种状态", f"there is no status {status}"),
            (f"可选：{'、'.join(sorted(wanted))}", f"one of: {', '.join(sorted(wanted))}"),
        )
    accounts = list(office.desk.accounts.all())
    brands = [choose_brand(brand, accounts)] if brand else sorted({account.brand for account in accounts})
    items = [plain(item) for each in brands for item in office.desk.rules.all(each)]
    rows = [row for row in map(_row, items) if status is None or row["status"] == status]
    if as_json:
        terminal.json(rows)
        return
    if not items:
        terminal.say(
            "没有规则。用 yuchi rules push 推送，或在 Rules 表里新建。",
            "No rules. Push some with yuchi rules push, or write one in the table Rules.",
        )
        return
    if not rows:
        terminal.say(f"没有 {status} 的规则。", f"No rule is {status}.")
        return
    _table(rows, terminal)
    for row in rows:
        for line in (row["problem"] or "").splitlines():
            terminal.line(f"{row['rule_id']}: {line}", style="red")


def tell_checks(checks: Sequence[FileCheck], terminal: Terminal) -> bool:
    """Tell what was found; whether there are no problems."""
    wrong = 0
    for each in checks:
        name = each.rule_id or terminal.text("（没有 rule_id）", "(no rule_id)")
        if each.problems:
            wrong += 1
            terminal.show(Text.assemble(("✗ ", "bold red"), (name, "bold")))
        elif each.hints:
            terminal.show(Text.assemble(("! ", "yellow"), (name, "bold")))
        else:
            terminal.show(Text.assemble(("✓ ", "green"), name))
        for problem in each.problems:
            terminal.line(f"    {problem.text(terminal.locale)}", style="red")
        for hint in each.hints:
            terminal.line(f"    {hint.text(terminal.locale)}", style="yellow")
    total = len(checks)
    rules = "1 rule" if total == 1 else f"{total} rules"
    if wrong:
        terminal.say(f"{total} 条规则，{wrong} 条有问题。", f"{rules}, {wrong} with problems.", style="bold red")
    else:
        terminal.say(f"{total} 条规则，没有问题。", f"{rules}, no problems.", style="bold green")
    return wrong == 0


def _check_account(office: Office, account_id: str) -> list[FileCheck]:
    accounts = list(office.desk.accounts.all())
    account = next((each for each in accounts if each.id == account_id), None)
    if account is None:
        known = [each.id for each in accounts]
        raise refuse(
            (f"没有文件或账号叫 {account_id}", f"there is no file and no account called {account_id}"),
            (f"已有账号：{'、'.join(known)}", f"accounts: {', '.join(known)}") if known else ("", ""),
        )
    of_brand = [each for each in accounts if each.brand == account.brand]
    items = [
        item
        for item in office.desk.rules.all(account.brand)
        if str(item.get("account", ALL_ACCOUNTS)).strip() in {ALL_ACCOUNTS, "", account.id} or not is_reviewed(item)
    ]
    return check_rules(items, catalogue=make_catalogue(), accounts=of_brand)


def _row(item: dict[str, Any]) -> dict[str, Any]:
    on = item.get("on")
    return {
        "brand": item.get("brand"),
        "rule_id": item.get("rule_id"),
        "name": item.get("name"),
        "account": item.get("account") or ALL_ACCOUNTS,
        "on": ", ".join(map(str, on)) if isinstance(on, list) else on,
        "status": item.get("status") if is_reviewed(item) else "waiting",
        "live_version": item.get("live_version"),
        "matched": item.get("matched", 0),
        "last_matched_at": item.get("last_matched_at"),
        "problem": item.get("problem"),
        "hint": item.get("hint"),
    }


def _moment(value: Any) -> datetime | None:
    """When a rule matched last; None where there is no such moment, or a marketer wrote into the column."""
    try:
        return parse_time(str(value))
    except ValueError:
        return None


def _table(rows: Sequence[dict[str, Any]], terminal: Terminal) -> None:
    text = terminal.text
    columns = {
        "brand": Column(text("品牌", "brand"), spare=1),
        "rule_id": Column(text("编号", "rule")),
        "name": Column(text("名称", "name"), free=True, spare=5),
        "account": Column(text("账号", "account"), spare=3),
        "on": Column(text("事件", "on"), free=True, spare=2),
        "status": Column(text("状态", "status")),
        "live_version": Column(text("版本", "version"), spare=4),
        "matched": Column(text("触发", "matched")),
        "last_matched_at": Column(text("最近触发", "last match")),
    }
    if terminal.out.is_terminal:  # There, room is scarce: leave out what says the same everywhere.
        dull = {"brand": rows[0]["brand"], "account": ALL_ACCOUNTS, "last_matched_at": None}
        columns = {
            name: head
            for name, head in columns.items()
            if name not in dull or any(row[name] != dull[name] for row in rows)
        }
    terminal.table(
        list(columns.values()),
        (
            [
                terminal.time(_moment(row[name])) or cell_of(row[name])
                if name == "last_matched_at"
                else cell_of(row[name])
                for name in columns
            ]
            for row in rows
        ),
    )
