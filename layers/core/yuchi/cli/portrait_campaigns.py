"""Which campaigns reached a person, and what came of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from yuchi.cli.desk import Desk
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.campaign.run import RunKey
from yuchi.domain.profile import Profile
from yuchi.domain.words import Words
from yuchi.services.ports_links import OutcomeKind
from yuchi.services.whole_person import whole_person

CAME: Final = {
    OutcomeKind.DELIVERED: Words("送达", "delivered"),
    OutcomeKind.BLOCKED: Words("未送达", "not delivered"),
    OutcomeKind.CLICKED: Words("点击", "clicked"),
    OutcomeKind.CONVERTED: Words("达成目标", "reached the goal"),
    OutcomeKind.REVENUE: Words("金额", "money"),
    OutcomeKind.UNSUBSCRIBED: Words("取关", "left"),
}
_OF_RULES: Final = "rule:"


@dataclass(frozen=True, slots=True)
class Reached:
    """One send. ``campaign``: its id, or the run's short name where the campaign is gone. ``came``: kind -> fen or 0."""

    campaign: str
    at: int
    account: str
    channel: str
    variant: str
    came: dict[str, int]


def reached(desk: Desk, profile: Profile) -> Sequence[Reached]:
    """The sends to a person and to all whom it absorbed, newest first."""
    persons = whole_person(desk.persons, profile).persons
    books = desk.reach.read(profile.brand, persons).values()
    sends = [(run, sent) for book in books for run, sent in book.sends.items() if not run.startswith(_OF_RULES)]
    if not sends:
        return ()
    names = _names(desk, profile.brand)
    found = []
    for run, sent in sends:
        came: dict[str, int] = {}
        for outcome in desk.outcomes.of_persons(run, persons):
            came[outcome.kind.value] = came.get(outcome.kind.value, 0) + outcome.amount
        found.append(Reached(names.get(run, run), sent.at, sent.account, sent.channel, sent.variant, came))
    return sorted(found, key=lambda each: -each.at)


def _names(desk: Desk, brand: str) -> dict[str, str]:
    """``RunKey.short`` -> the campaign, of those that still stand in the table."""
    ids = [str(item["campaign_id"]) for item in desk.campaigns.all(brand)]
    plans = [plan for campaign_id in ids for plan in desk.runs.runs_of(brand, campaign_id)]
    return {RunKey.read(plan.run).short: plan.key.campaign_id for plan in plans}


def as_json(sends: Sequence[Reached]) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(each) for each in sends]


def draw_campaigns(sends: Sequence[Reached], terminal: Terminal) -> None:
    """A table; nothing where there are none."""
    if not sends:
        return
    text = terminal.text
    terminal.table(
        (
            Column(text("群发活动", "campaign"), free=True),
            text("时间", "when"),
            Column(text("账号", "account"), spare=2),
            Column(text("渠道", "channel"), spare=1),
            Column(text("版本", "variant"), spare=3),
            Column(text("后来", "what came of it"), free=True),
        ),
        (
            (each.campaign, terminal.time(each.at), each.account, each.channel, each.variant, _came(each, terminal))
            for each in sends
        ),
        title=text("收到的群发活动", "campaigns that reached the person"),
    )


def _came(each: Reached, terminal: Terminal) -> str:
    told = []
    for kind, words in CAME.items():
        if kind.value in each.came:
            amount = each.came[kind.value]
            told.append(words.text(terminal.locale) + (f" {amount / 100:,.2f}" if amount else ""))
    return ", ".join(told)
