"""`yuchi rules explain`: why a rule fires on an event for a person, or does not."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from pydantic import ValidationError
from rich.text import Text

from yuchi.cli.desk import Desk, office_of
from yuchi.cli.errors import refuse
from yuchi.cli.persons import require_person
from yuchi.cli.terminal import Terminal
from yuchi.domain.account import Account
from yuchi.domain.event import Event, format_time
from yuchi.domain.timeline import TimelineEntry
from yuchi.domain.triggers import listened
from yuchi.services.explain_rule import Question, RuleStory, explain_rule, rule_ids_like
from yuchi.services.find_person import Found, find_entry


def explain(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(metavar="RULE", help="The rule's id.")],
    event: Annotated[
        str,
        typer.Option(
            metavar="FILE|ID", help="A JSON file (type and data are enough), or the id of an event on the timeline."
        ),
    ],
    profile: Annotated[str, typer.Option(metavar="ID", help="The person: id, identity or openid.")],
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say why a rule fires on an event for a person, or does not: the first gate that stays shut is the answer."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    accounts = list(desk.accounts.all())
    found = require_person(desk.people, profile, accounts, brand=brand)
    entry, asked = _event(desk, event, found, accounts)
    account = next((each for each in accounts if each.id == asked.account), None)
    if account is None or account.brand != found.profile.brand:
        raise refuse(
            (f"没有账号 {asked.account}", f"there is no account {asked.account}"),
            (
                f"已有：{'、'.join(each.id for each in accounts)}",
                f"there are: {', '.join(each.id for each in accounts)}",
            ),
        )
    item = desk.rules.get(account.brand, rule)
    head = desk.live.get_heads(account.brand, [rule]).get(rule)
    if item is None and (head is None or head.rule is None):
        like = rule_ids_like(rule, desk.rules.all(account.brand))
        raise refuse(
            (f"没有规则 {rule}", f"there is no rule {rule}"),
            (f"您是不是想找 {'、'.join(like)}？", f"did you mean {', '.join(like)}?")
            if like
            else ("yuchi rules list 列出全部", "yuchi rules list names them all"),
        )
    story = explain_rule(
        Question(
            item=item,
            rule=head.rule if head else None,
            event=asked,
            profile=found.profile,
            account=account,
            bucket=desk.rulesets.bucket(account.brand, asked.account, listened(asked)),
            schema=desk.rulesets.schema(account.brand),
            now=entry.event.time if entry else desk.clock(),
            locale=terminal.locale,
        ),
        entry,
    )
    if as_json:
        terminal.json(_as_json(rule, story, terminal))
    else:
        _tell(rule, story, terminal)


def _event(desk: Desk, written: str, found: Found, accounts: list[Account]) -> tuple[TimelineEntry | None, Event]:
    path = Path(written)
    if path.is_file():
        return None, read_event(path, found, accounts, now=desk.clock())
    if path.suffix or "/" in written:
        raise refuse((f"没有文件 {written}", f"there is no file {written}"), ("检查路径", "is the path right?"))
    entry = find_entry(desk.people, found.profile, written)
    if entry is None:
        raise refuse(
            (f"这个人的时间线上没有事件 {written}", f"there is no event {written} on this person's timeline"),
            ("看时间线：yuchi profile show", "see the timeline: yuchi profile show"),
        )
    return entry, entry.event


def read_event(path: Path, found: Found, accounts: list[Account], *, now: datetime) -> Event:
    """The event in a file; what it leaves out is as if it came now, for the person, by the person's account."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refuse(
            (f"{path} 不是 JSON", f"{path} is no JSON"),
            (
                '例如 {"type": "menu.clicked", "data": {"key": "TRIAL"}}',
                'such as {"type": "menu.clicked", "data": {"key": "TRIAL"}}',
            ),
        ) from error
    if not isinstance(content, dict):
        raise refuse(
            (f"{path} 里不是一个事件", f"{path} holds no event"),
            ("要写成一个 JSON 对象", "it has to be one JSON object"),
        )
    account = content.get("account") or _account_of(found, accounts)
    filled = {
        "id": uuid4().hex,
        "time": format_time(now),
        "brand": found.profile.brand,
        "account": account,
        "source": f"/wechat/{account}",
        "subject": found.identity or None,
        **content,
    }
    try:
        return Event.model_validate(filled)
    except ValidationError as error:
        columns = list(dict.fromkeys(".".join(map(str, each["loc"])) for each in error.errors()))
        raise refuse(
            (f"{path} 不是一个事件", f"{path} is no event"),
            (
                "至少要有 type，例如 menu.clicked；其余字段放进 data",
                "it needs a type such as menu.clicked; other fields go into data",
            ),
            why=(f"这些不对：{'、'.join(columns)}", f"these are wrong: {', '.join(columns)}"),
        ) from error


def _account_of(found: Found, accounts: list[Account]) -> str:
    parts = found.identity.split(":")
    if parts[0] == "wechat" and parts[1:]:
        return parts[1]
    known = [
        *(each.account for each in found.profile.channels.values()),
        *(each.id for each in accounts if each.brand == found.profile.brand),
    ]
    return known[0]


def _tell(rule: str, story: RuleStory, terminal: Terminal) -> None:
    locale = terminal.locale
    if story.record is not None:
        terminal.line(story.record.text(locale), style="bold")
        terminal.say(
            "下面按现在的规则和画像再算一遍（画像可能已经变了）：",
            "Now once more with the rule and the profile as they are today (the profile may have changed):",
            style="dim",
        )
    answer = story.answer
    if answer is None:
        terminal.done(f"规则 {rule} 会触发。", f"The rule {rule} fires.")
    else:
        said = f"{answer.name.text(locale)}: {answer.said.text(locale)}"
        told = terminal.text(f"规则 {rule} 不触发。{said}", f"The rule {rule} does not fire. {said}")
        terminal.show(Text.assemble(("✗ ", "bold red"), (told, "bold")))
    marks = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}
    for step in story.steps:
        mark, style = marks[step.open]
        terminal.show(
            Text.assemble(
                ("  " + mark + " ", style),
                (step.name.text(locale), "bold"),
                "  ",
                (step.said.text(locale), "" if step.open is not None else "dim"),
            )
        )
        for line in step.lines:
            terminal.line(f"      {line}", style="red" if "✗" in line else "dim" if step.open is None else "")


def _as_json(rule: str, story: RuleStory, terminal: Terminal) -> dict[str, Any]:
    locale = terminal.locale
    return {
        "rule": rule,
        "version": story.version,
        "fires": story.fires,
        "recorded": story.record.text(locale) if story.record else None,
        "gates": [
            {
                "gate": step.name.text(locale),
                "open": step.open,
                "said": step.said.text(locale),
                "lines": list(step.lines),
            }
            for step in story.steps
        ],
    }
