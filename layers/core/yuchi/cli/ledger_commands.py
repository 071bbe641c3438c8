"""`yuchi ledger show`: what became of messages and webhooks."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from typing import Annotated, Any, Final

import typer

from yuchi.adapters.wechat.errors import explain_error
from yuchi.cli.desk import Desk, office_of
from yuchi.cli.errors import refuse
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.ledger import LedgerEntry, LedgerState
from yuchi.domain.words import Words

ORDER: Final = (
    LedgerState.UNKNOWN, LedgerState.CLAIMED, LedgerState.RETRY, LedgerState.REJECTED, LedgerState.SKIPPED, LedgerState.SENT,
)  # fmt: skip
"""What needs eyes comes first."""


app = typer.Typer(no_args_is_help=True, help="What became of messages and webhooks.")


@app.callback()
def ledger() -> None:
    """What became of messages and webhooks."""


@app.command()
def show(
    context: typer.Context,
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    state: Annotated[LedgerState | None, typer.Option(case_sensitive=False, help="Only this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows are shown.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show the send ledger, UNKNOWN first: what WeChat was asked to send, and what came of it.

    With --rule only that rule's rows are read, else the whole table is.
    """
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    accounts = [each.id for each in desk.accounts.all()]
    if account is not None and account not in accounts:
        raise refuse(
            (f"没有账号 {account}", f"there is no account {account}"),
            (f"已有：{'、'.join(accounts)}", f"there are: {', '.join(accounts)}"),
        )
    counts: Counter[LedgerState] = Counter()
    with terminal.progress(terminal.text("读台账", "Reading the ledger")) as bar:
        found = _rows(desk, rule, [account] if account else accounts, whole=account is None)
        counted = _count(found, counts, state, bar.step)
        rows = nsmallest(limit, counted, key=lambda entry: (ORDER.index(entry.state), -entry.updated_at))
    if as_json:
        terminal.json([entry.model_dump(mode="json") for entry in rows])
        return
    if not counts:
        terminal.say("台账里没有这样的记录。", "There are no such rows in the ledger.")
        return
    terminal.line("   ".join(f"{each.value} {counts[each]}" for each in ORDER if counts[each]), style="bold")
    _table(rows, terminal)
    if counts[LedgerState.UNKNOWN] and state in {None, LedgerState.UNKNOWN}:
        terminal.warn(
            "UNKNOWN：消息可能已送达，系统不会重发；到微信客服后台核对",
            "UNKNOWN: the fan may have it, and nothing sends it again; look into WeChat's customer-service console",
        )


def _rows(desk: Desk, rule: str | None, accounts: Sequence[str], *, whole: bool) -> Iterator[LedgerEntry]:
    if rule is not None:
        for account in accounts:
            yield from desk.ledger.of_rule(account, rule)
        return
    for entry in desk.ledger.all():
        if whole or entry.key.owner.partition("#")[0] in accounts:
            yield entry


def _count(
    rows: Iterable[LedgerEntry], counts: Counter[LedgerState], state: LedgerState | None, step: Callable[[], None]
) -> Iterator[LedgerEntry]:
    for entry in rows:
        step()
        counts[entry.state] += 1
        if state is None or entry.state is state:
            yield entry


def _table(rows: Sequence[LedgerEntry], terminal: Terminal) -> None:
    text = terminal.text
    terminal.table(
        (
            text("状态", "state"),
            Column(text("时间", "time"), spare=2),
            Column(text("账号", "account"), spare=4),
            text("规则", "rule"),
            Column(text("方式", "channel"), spare=3),
            Column(text("对象", "to"), free=True),
            Column(text("编号", "entry"), spare=6),
            Column(text("原因", "why"), free=True),
            Column(text("次数", "tries"), spare=5),
        ),
        (_cells(entry, terminal) for entry in rows),
    )


def _cells(entry: LedgerEntry, terminal: Terminal) -> list[Any]:
    account, _, rest = entry.key.owner.partition("#")
    why = [entry.reason] if entry.reason else []
    if entry.code is not None:
        spec = explain_error(entry.code)
        meaning = "" if entry.channel == "webhook" else Words(spec.zh, spec.en).text(terminal.locale)
        why.append(f"{entry.code} {meaning}".strip())
    rule = rest.removeprefix("rule#")
    return [
        entry.state.value,
        terminal.time(entry.updated_at),
        account,
        rule,
        entry.channel,
        entry.subject.rpartition(":")[2],
        entry.key.entry.partition(":")[0][:12],
        ", ".join(why),
        entry.attempt,
    ]
