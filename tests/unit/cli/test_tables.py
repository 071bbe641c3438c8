"""Tables in a narrow window: whole words, the columns that matter, and a word about those left out."""

import io
from typing import Any

import pytest
from rich.console import Console

from tests.unit.cli.desk import TEA, FakeDesk
from yuchi.cli.account_commands import list_accounts
from yuchi.cli.desk import Office
from yuchi.cli.rule_commands import list_rules
from yuchi.cli.tables import Column, fitting
from yuchi.cli.targets import Target
from yuchi.cli.terminal import Terminal
from yuchi.domain.problem import Locale

RULE = {"rule_id": "claim-the-trial-offer", "name": "Claim the trial offer of spring"}
MATCHED = {"matched": 12_345, "last_matched_at": "2026-05-01T02:00:00Z"}


class Context:
    """What typer gives a command, as far as it is used."""

    def __init__(self, desk: FakeDesk, width: int) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        terminal = Terminal(
            Locale.EN,
            out=Console(file=self.out, width=width, force_terminal=True, color_system=None),
            err=Console(file=self.err, width=width, force_terminal=True, color_system=None),
        )
        self.office = Office(terminal=terminal, target=Target(), open=lambda _: desk)

    def find_object(self, _: Any) -> Office:
        return self.office


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk(TEA)
    desk.publish(RULE)
    return desk


@pytest.mark.parametrize("width", [80, 120])
def test_accounts_fit_and_their_addresses_can_be_copied(desk: FakeDesk, width: int) -> None:
    context: Any = Context(desk, width)
    list_accounts(context)
    lines = context.out.getvalue().splitlines()
    assert desk.facts.callback_url(TEA.id) in lines
    table = [line for line in lines if line.startswith("│")]
    assert len(table) == 1, "a cell was broken"
    assert TEA.id in table[0]
    assert all(len(line) <= width for line in lines)


@pytest.mark.parametrize("width", [80, 120])
def test_rules_fit_and_say_when_as_everything_else_does(desk: FakeDesk, width: int) -> None:
    for item in desk.rules.all("demo"):
        desk.drafts.put({**item, **MATCHED})
    context: Any = Context(desk, width)
    list_rules(context)
    told = context.out.getvalue()
    assert RULE["rule_id"] in told
    assert "menu.clicked" in told
    assert "2026-05-01 10:00" in told
    assert "T02:00" not in told
    assert ("left out" in context.err.getvalue()) == (width == 80)


COLUMNS = [Column("id"), Column("words", free=True), Column("less", spare=1), Column("least", spare=2)]
ROW = ["i" * 10, "w " * 30, "l" * 10, "x" * 10]


@pytest.mark.parametrize(("width", "shown"), [(200, [0, 1, 2, 3]), (60, [0, 1, 2, 3]), (50, [0, 1, 2]), (20, [0, 1])])
def test_the_least_important_columns_go_first(width: int, shown: list[int]) -> None:
    assert fitting(COLUMNS, [ROW], width) == shown


def test_columns_without_a_rank_would_break_words() -> None:
    context: Any = Context(FakeDesk(TEA), 50)
    context.office.terminal.table([Column(each.title, free=True) for each in COLUMNS], [["i" * 30, *ROW[1:]]])
    assert "i" * 30 not in context.out.getvalue()
    context.office.terminal.table(COLUMNS, [["i" * 25, *ROW[1:]]])
    assert "i" * 25 in context.out.getvalue()
