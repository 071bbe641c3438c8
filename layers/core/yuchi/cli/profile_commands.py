"""`yuchi profile show`: one person's portrait."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.text import Text

from yuchi.cli.desk import office_of
from yuchi.cli.persons import require_person
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.account import Account
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.domain.window import WINDOWS, open_windows
from yuchi.services.find_person import newest

app = typer.Typer(no_args_is_help=True, help="What is known of one person.")
DATA_SHOWN = 80


@app.callback()
def profile() -> None:
    """What is known of one person."""


@app.command()
def show(
    context: typer.Context,
    person: Annotated[
        str, typer.Argument(metavar="ID|IDENTITY|OPENID", help="A person's id, an identity or an openid.")
    ],
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    events: Annotated[int, typer.Option(min=0, max=1000, help="How many events of the timeline.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show a person's portrait: identities, tags and why, attributes, scores, channels with open windows, timeline.

    It shows personal data. Who may run it is who may read the tables.
    """
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    accounts = list(desk.accounts.all())
    found = require_person(desk.people, person, accounts, brand=brand)
    timeline = newest(desk.people, found.profile, events) if events else []
    if as_json:
        terminal.json(_as_json(found.profile, timeline))
        return
    now = desk.clock()
    _head(found.profile, terminal)
    _tags(found.profile, now, terminal)
    _values(found.profile, terminal)
    _channels(found.profile, accounts, now, terminal)
    _timeline(timeline, terminal)


def _head(profile: Profile, terminal: Terminal) -> None:
    text, time = terminal.text, terminal.time
    rows = [
        (text("品牌", "brand"), profile.brand),
        (text("身份", "identities"), "\n".join(profile.identities)),
        (text("首次出现", "first seen"), time(profile.first_seen_at)),
        (text("最近活跃", "last seen"), time(profile.last_seen_at)),
    ]
    terminal.panel(profile.person, [row for row in rows if row[1]], style="cyan")


def _tags(profile: Profile, now: datetime, terminal: Terminal) -> None:
    text, time = terminal.text, terminal.time
    live = profile.live_tags(now)
    if not live:
        terminal.say("没有标签。", "No tags.", style="dim")
        return
    terminal.table(
        (
            text("标签", "tag"),
            Column(text("从", "since"), spare=3),
            Column(text("最近", "last"), spare=1),
            Column(text("次数", "count"), spare=2),
            Column(text("因为", "why"), free=True),
            Column(text("事件", "event"), spare=5),
            Column(text("到期", "expires"), spare=4),
        ),
        (
            (
                Text(name, style="bold"),
                time(tag.since),
                time(tag.last),
                tag.count,
                _why(tag.rule, tag.version, terminal),
                tag.event[:12],
                time(tag.expires_at),
            )
            for name, tag in sorted(live.items(), key=lambda each: -each[1].last)
        ),
        title=text("标签", "tags"),
    )


def _why(rule: str, version: int, terminal: Terminal) -> str:
    return terminal.text(f"规则 {rule} 第 {version} 版", f"rule {rule} version {version}") if rule else ""


def _values(profile: Profile, terminal: Terminal) -> None:
    text = terminal.text
    rows = [(text("属性", "attribute"), name, value) for name, value in profile.attributes.items()]
    rows += [(text("积分", "score"), name, value) for name, value in profile.scores.items()]
    rows += [
        (
            text("限次规则", "limited rule"),
            rule,
            text(
                f"{fired.count} 次，从 {terminal.time(fired.since)}",
                f"{fired.count} × since {terminal.time(fired.since)}",
            ),
        )
        for rule, fired in profile.fired.items()
    ]
    rows += [(text("定时", "timer"), name, event[:12]) for name, event in profile.timers.items()]
    if rows:
        terminal.table(
            (text("种类", "kind"), Column(text("名称", "name"), free=True), Column(text("值", "value"), free=True)),
            rows,
        )


def _channels(profile: Profile, accounts: Sequence[Account], now: datetime, terminal: Terminal) -> None:
    text, time = terminal.text, terminal.time
    names = {account.id: account.name for account in accounts}
    if not profile.channels:
        return
    terminal.table(
        (
            Column(text("账号", "account"), free=True),
            text("关注", "follows"),
            text("从", "since"),
            Column(text("渠道", "scene"), spare=1),
            Column(text("客服消息时限", "windows open until"), free=True),
        ),
        (
            (
                f"{names.get(channel.account, '')} ({channel.account})",
                Text("✓", style="green") if channel.subscribed else Text("✗", style="red"),
                time(channel.subscribed_at if channel.subscribed else channel.unsubscribed_at),
                channel.scene,
                ", ".join(
                    f"{text(WINDOWS[kind].zh, kind)} {time(opened + int(WINDOWS[kind].validity.total_seconds()))}"
                    for kind, opened in open_windows(channel.windows, now).items()
                )
                or text("都关着", "all closed"),
            )
            for channel in profile.channels.values()
        ),
        title=text("渠道", "channels"),
    )


def _timeline(entries: Sequence[TimelineEntry], terminal: Terminal) -> None:
    text = terminal.text
    if not entries:
        terminal.say("时间线是空的。", "The timeline is empty.", style="dim")
        return
    terminal.table(
        (
            text("时间", "time"),
            text("事件", "event"),
            Column(text("编号", "id"), spare=3),
            Column(text("内容", "data"), free=True, spare=2),
            Column(text("触发的规则", "rules that fired"), free=True),
            Column(text("结果", "what came of it"), free=True),
        ),
        (
            (
                terminal.time(entry.event.time),
                entry.event.type,
                entry.event.id[:12],
                _data(entry.event.data),
                ", ".join(f"{match.rule}@{match.version}" for match in entry.matched),
                ", ".join(_outcome(entry)),
            )
            for entry in entries
        ),
        title=text("时间线", "timeline"),
    )


def _outcome(entry: TimelineEntry) -> list[str]:
    return [
        *(f"+{tag}" for tag in entry.tags_added),
        *(f"-{tag}" for tag in entry.tags_removed),
        *(["reply"] if entry.answer else []),
        *(action.kind for action in entry.outbox),
        *entry.notes,
    ]


def _data(data: dict[str, Any]) -> str:
    text = ", ".join(f"{name}={value}" for name, value in data.items() if value not in (None, ""))
    return text if len(text) <= DATA_SHOWN else text[: DATA_SHOWN - 1] + "…"


def _as_json(profile: Profile, timeline: Sequence[TimelineEntry]) -> dict[str, Any]:
    return {
        "profile": profile.model_dump(mode="json"),
        "timeline": [entry.model_dump(mode="json", exclude_defaults=True) for entry in timeline],
    }
