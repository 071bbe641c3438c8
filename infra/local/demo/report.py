"""What the half day came to: everything here was read back from the stack and the simulator."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.tree import Tree

from infra.local.simulator.pusher import Push
from infra.local.stack import LocalStack
from yuchi.domain.profile import TAG_EVENT

HOW_TO_GO_ON: Final = (
    "Go on: [bold]make up[/] starts a stack that stays, edit an item of its Rules table, see it live within seconds; "
    "[bold]make down[/] ends it. 继续：README.zh-CN.md"
)
BAR: Final = 24
MESSAGES: Final = frozenset({"send", "reply"})
"""The channels of the ledger that end in a customer-service message."""


@dataclass(frozen=True, slots=True)
class Story:
    """What the tables and the simulator hold after the half day."""

    pushes: Sequence[Push]
    records: list[dict[str, Any]]
    profiles: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    rules: dict[str, str]
    dead_letters: int

    @property
    def is_sound(self) -> bool:
        """Each push was accepted and is on the timeline once; nothing lies in a dead-letter queue."""
        from_wechat = [record for record in self.records if record["event"]["source"].startswith("/wechat/")]
        return (
            all(push.accepted for push in self.pushes)
            and len(from_wechat) == len(self.pushes)
            and len(self.messages) == sum(row["state"] == "SENT" and row["channel"] in MESSAGES for row in self.ledger)
            and self.dead_letters == 0
        )


def read(stack: LocalStack, pushes: Sequence[Push]) -> Story:
    """Read everything back."""
    return Story(
        pushes=pushes,
        records=[json.loads(item["record"]) for item in stack.items("Timeline")],
        profiles=stack.items("Profiles"),
        ledger=[item for item in stack.items("Ledger") if "state" in item],
        messages=stack.simulator.custom_messages(),
        rules={item["rule_id"]: item.get("name", "") for item in stack.items("Rules")},
        dead_letters=sum(stack.queue_depth(f"{name}DeadLetters") for name in ("Events", "Actions", "Edits")),
    )


def show(story: Story, console: Console) -> None:
    """Print the summary."""
    console.print()
    console.print(_counts(story))
    console.print(_rules(story))
    console.print(_tags(story))
    console.print(_portrait(story))
    if not story.is_sound:
        console.print("[bold red]Something was lost or doubled: the numbers above do not agree.")


def _counts(story: Story) -> Table:
    replies = [push.reply for push in story.pushes if push.reply]
    seconds = sorted(push.seconds for push in story.pushes)
    sends = [row for row in story.ledger if row["channel"] in MESSAGES]
    states = Counter(row["state"] for row in sends)
    table = Table(title="What happened / 发生了什么", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    table.add_row("pushes / 推送", str(len(story.pushes)), "signed, AES-encrypted, each answered within five seconds")
    middle, slow = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
    table.add_row("answer time / 应答", f"{middle * 1000:.0f} ms", f"in the middle; 99 % within {slow * 1000:.0f} ms")
    table.add_row("passive replies / 被动回复", str(len(replies)), "decrypted and read by the simulator")
    table.add_row("customer-service messages / 客服消息", str(len(story.messages)), "that the simulator received")
    table.add_row("send ledger / 发送台账", str(len(sends)), ", ".join(f"{k} {v}" for k, v in sorted(states.items())))
    table.add_row("timeline / 时间线", str(len(story.records)), "one entry for each event, its own follow-ups included")
    table.add_row("dead letters / 死信", str(story.dead_letters), "")
    return table


def _rules(story: Story) -> Table:
    matched = Counter(match["rule"] for record in story.records for match in record.get("matched", []))
    table = Table(title="Rules / 规则命中", title_justify="left")
    table.add_column("rule")
    table.add_column("matched", justify="right")
    table.add_column("")
    for rule, name in sorted(story.rules.items(), key=lambda each: -matched[each[0]]):
        table.add_row(f"{name} [dim]{rule}", str(matched[rule]), _bar(matched[rule], max(matched.values(), default=1)))
    return table


def _tags(story: Story) -> Table:
    carried = Counter(tag for profile in story.profiles for tag in profile.get("tags", {}))
    table = Table(title=f"Tags on {len(story.profiles)} people / 标签", title_justify="left")
    table.add_column("tag")
    table.add_column("people", justify="right")
    table.add_column("")
    for tag, people in carried.most_common(12):
        table.add_row(tag, str(people), _bar(people, max(carried.values())))
    return table


def _portrait(story: Story) -> Panel:
    """The person with the most tags: who it is, and why each tag."""
    profile = max(story.profiles, key=lambda each: (len(each.get("tags", {})), each["person"]))
    records = {record["event"]["id"][:TAG_EVENT]: record for record in story.records}
    tree = Tree("[bold]why each tag / 每个标签的由来")
    for tag, why in profile.get("tags", {}).items():
        record = records.get(why["event"], {})
        event = record.get("event", {})
        data = ", ".join(
            f"{k}={v}" for k, v in event.get("data", {}).items() if k in {"key", "content", "scene", "tag"}
        )
        node = tree.add(f"[bold cyan]{tag}[/] × {why['count']}")
        node.add(f"since {_time(why['since'])}: {event.get('type', '?')} {data}")
        node.add(f"rule {story.rules.get(why['rule'], '')} [dim]{why['rule']} version {why['version']}")
    attributes = ", ".join(f"{name} = {value}" for name, value in profile.get("attributes", {}).items())
    scores = ", ".join(f"{name} {value}" for name, value in profile.get("scores", {}).items())
    lines = [f"identities: {', '.join(profile['identities'])}"]
    lines += [f"attributes: {attributes}"] if attributes else []
    lines += [f"scores: {scores}"] if scores else []
    return Panel(
        Group(*lines, tree), title=f"A fan's portrait / 一位粉丝的画像 {profile['person']}", title_align="left"
    )


def _bar(value: int, most: int) -> str:
    return f"[green]{'█' * max(1 if value else 0, round(BAR * value / max(most, 1)))}"


def _time(epoch: Any) -> str:
    return datetime.fromtimestamp(int(epoch), UTC).astimezone().strftime("%H:%M:%S")
