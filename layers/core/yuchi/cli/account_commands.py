"""`yuchi account`: add, list and rotate."""

from typing import Annotated, Any

import typer
from rich.text import Text

from yuchi.cli.account_add import add
from yuchi.cli.account_mirror import mirror
from yuchi.cli.account_rotate import rotate
from yuchi.cli.desk import Desk, office_of
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.account import Account

app = typer.Typer(no_args_is_help=True, help="WeChat accounts and their secrets.")
app.command()(add)
app.command()(rotate)
app.command()(mirror)


@app.command("list")
def list_accounts(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """List the accounts, their callback URLs and how their access tokens stand. No secrets."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    accounts = sorted(desk.accounts.all(), key=lambda each: (each.brand, each.id))
    if as_json:
        rows = [each.model_dump(mode="json", by_alias=True) for each in accounts]
        terminal.json([{**row, "callback_url": desk.facts.callback_url(row["account"])} for row in rows])
        return
    if not accounts:
        terminal.say("还没有账号：yuchi account add", "No account yet: yuchi account add")
        return
    text = terminal.text
    columns = [
        Column(text("账号", "account")),
        Column(text("品牌", "brand"), spare=1),
        Column(text("名称", "name"), free=True),
        Column(text("种类", "kind"), spare=4),
        Column(text("模式", "mode"), spare=2),
        Column("AppID", spare=3),
        Column("access_token"),
    ]
    cells: list[list[Any]] = [
        [
            each.id,
            each.brand,
            each.name,
            each.kind.value,
            each.mode.value,
            each.appid,
            _token_cell(desk, each, terminal),
        ]
        for each in accounts
    ]
    urls = [desk.facts.callback_url(each.id) for each in accounts]
    if not terminal.out.is_terminal:
        columns.append(Column(text("回调地址", "callback URL")))
        cells = [[*row, url] for row, url in zip(cells, urls, strict=True)]
    terminal.table(columns, cells)
    if terminal.out.is_terminal:  # On lines of their own, to copy them whole.
        terminal.say("回调地址：", "Callback URLs:", style="bold")
        for url in urls:
            terminal.out.print(Text(url), soft_wrap=True)


def _token_cell(desk: Desk, account: Account, terminal: Terminal) -> Text:
    status = desk.tokens.status(account.id)
    if status.good_until and desk.clock() < status.good_until:
        return Text(
            terminal.text(f"到 {terminal.time(status.good_until)}", f"until {terminal.time(status.good_until)}"),
            style="green",
        )
    if status.code is not None:
        return Text(f"{status.code} {status.address}".strip(), style="red")
    return Text(terminal.text("没有", "none"), style="yellow")
