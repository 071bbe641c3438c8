"""One person, drawn: each section is a function and a row in ``SECTIONS``; those with nothing to say are left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rich.text import Text

from yuchi.cli.portrait_campaigns import Reached, draw_campaigns
from yuchi.cli.portrait_campaigns import as_json as campaigns_as_json
from yuchi.cli.portrait_timeline import draw_timeline
from yuchi.cli.shown import shown
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.account import Account
from yuchi.domain.consents import PURPOSES
from yuchi.domain.identity import NAMESPACES, namespace_of
from yuchi.domain.merging import Merge
from yuchi.domain.profile import Profile, Slice
from yuchi.domain.profile_view import PROFILE_VIEW, profile_view
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.timeline import TimelineEntry
from yuchi.domain.window import WINDOWS, open_windows

_TOLD_ELSEWHERE: Final = frozenset(
    {"id", "tags", "attributes", "score", "scores", "consents", "first_seen_at", "last_seen_at", "new"}
    | {"subscribed", "subscribed_at", "unsubscribed_at", "scene"}
)


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that is drawn. ``merges``: whom the person absorbed, newest first. ``schema``: what the brand defined."""

    profile: Profile
    merges: Sequence[Merge]
    timeline: Sequence[TimelineEntry]
    accounts: Sequence[Account]
    schema: BrandSchema
    now: datetime
    campaigns: Sequence[Reached] = ()

    @property
    def view(self) -> dict[str, Any]:
        """What conditions would see on the account that the person followed last."""
        channel = self.profile.channel()
        return profile_view(self.profile, channel[1].account if channel else "", self.now, schema=self.schema)


def draw(portrait: Portrait, terminal: Terminal) -> None:
    """Section by section."""
    for section in SECTIONS:
        section(portrait, terminal)


def as_json(portrait: Portrait) -> dict[str, Any]:
    """The same for programs; contacts stay masked."""
    profile = portrait.profile.model_dump(mode="json")
    profile["contacts"] = {name: {"masked": each.masked} for name, each in portrait.profile.contacts.items()}
    return {
        "profile": profile,
        "view": portrait.view,
        "merges": [
            {"survivor": each.survivor, "absorbed": each.absorbed, "event": each.event, "at": each.at}
            for each in portrait.merges
        ],
        "campaigns": campaigns_as_json(portrait.campaigns),
        "timeline": [_without_seals(entry) for entry in portrait.timeline],
    }


def _without_seals(entry: TimelineEntry) -> dict[str, Any]:
    told = entry.model_dump(mode="json", exclude_defaults=True)
    told["event"].pop("contacts", None)
    return told


def _head(portrait: Portrait, terminal: Terminal) -> None:
    profile, text, time = portrait.profile, terminal.text, terminal.time
    rows = [
        (text("品牌", "brand"), profile.brand),
        (text("身份", "identities"), "\n".join(_identity(each, profile, terminal) for each in profile.identities)),
        (text("首次出现", "first seen"), time(profile.first_seen_at)),
        (text("最近活跃", "last seen"), time(profile.last_seen_at)),
        (text("不是这些人", "not the same as"), "\n".join(profile.apart)),
        (text("曾被删除", "erased before"), time(max(profile.erased.values(), default=None))),
    ]
    terminal.panel(profile.person, [row for row in rows if row[1]], style="cyan")


def _identity(identity: str, profile: Profile, terminal: Terminal) -> str:
    """An identity to look up by; of a phone or an address, which is a hash, what may be shown of it."""
    namespace = NAMESPACES.get(namespace_of(identity))
    contact = profile.contacts.get(identity)
    shown = f"{namespace_of(identity)}:{contact.masked}" if contact else identity
    return f"{shown}  {terminal.text(namespace.zh, namespace.en)}" if namespace and not contact else shown


def _tags(portrait: Portrait, terminal: Terminal) -> None:
    text, time = terminal.text, terminal.time
    live = portrait.profile.live_tags(portrait.now)
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
                _why(tag, terminal),
                tag.event[:12],
                time(tag.expires_at),
            )
            for name, tag in sorted(live.items(), key=lambda each: -each[1].last)
        ),
        title=text("标签", "tags"),
    )


def _why(tag: Any, terminal: Terminal) -> str:
    """The rule, or the system that says so."""
    if tag.rule:
        return terminal.text(f"规则 {tag.rule} 第 {tag.version} 版", f"rule {tag.rule} version {tag.version}")
    source = getattr(tag, "source", "")
    return terminal.text(f"来源 {source}", f"source {source}") if source else ""


def _attributes(portrait: Portrait, terminal: Terminal) -> None:
    text, time = terminal.text, terminal.time
    rows = []
    for name, value in portrait.profile.attributes.items():
        said = _said(portrait.profile.slices, name)
        # Who says what counts comes first; it is not always the newest word.
        said.sort(key=lambda each: (each[1].value != value, bool(each[1].public), -each[1].at, each[0]))
        source, at = (_teller(*said[0], terminal), said[0][1].at) if said else ("", None)
        others = ", ".join(f"{_teller(each, slice_, terminal)}={slice_.value}" for each, slice_ in said[1:])
        rows.append((Text(name, style="bold"), shown(value), source, time(at), others))
    if rows:
        terminal.table(
            (
                text("属性", "attribute"),
                Column(text("值", "value"), free=True),
                text("谁说的", "source"),
                Column(text("时间", "when"), spare=1),
                Column(text("其他来源", "others say"), free=True, spare=2),
            ),
            rows,
            title=text("属性", "attributes"),
        )


def _teller(source: str, said: Slice, terminal: Terminal) -> str:
    """The source, and that anybody may have said it where its key is in every browser."""
    return f"{source} {terminal.text('（未核实）', '(unverified)')}" if said.public else source


def _said(slices: Mapping[str, Mapping[str, Slice]], name: str) -> list[tuple[str, Slice]]:
    return [(source, values[name]) for source, values in slices.items() if name in values]


def _figures(portrait: Portrait, terminal: Terminal) -> None:
    """Everything else that conditions see of a person, by its name in the catalogue."""
    rows = []
    for name, value in portrait.view.items():
        if name not in _TOLD_ELSEWHERE and _says_something(value):
            spec = PROFILE_VIEW[name].spec
            parts = value.items() if isinstance(value, Mapping) else [("", value)]
            for part, content in parts:
                if _says_something(content):
                    label = spec.fields.get(part, spec)
                    full = f"{name}.{part}" if part else name
                    rows.append((full, shown(content, terminal), terminal.text(label.zh, label.en)))
    if rows:
        text = terminal.text
        terminal.table(
            (
                text("名称", "name"),
                Column(text("值", "value"), free=True),
                Column(text("含义", "meaning"), free=True, spare=1),
            ),
            rows,
            title=text("订单、RFM 与其他", "orders, RFM and more"),
        )


def _counts(portrait: Portrait, terminal: Terminal) -> None:
    profile, text = portrait.profile, terminal.text
    rows: list[tuple[str, str, object]] = [
        (text("积分", "score"), name, value) for name, value in profile.scores.items()
    ]
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


def _consents(portrait: Portrait, terminal: Terminal) -> None:
    text = terminal.text
    if not portrait.profile.consents:
        return
    terminal.table(
        (
            text("用途", "purpose"),
            text("渠道", "channel"),
            text("说了什么", "said"),
            text("时间", "when"),
            Column(text("来源", "source"), spare=2),
            Column(text("含义", "meaning"), free=True, spare=1),
        ),
        (
            (
                name.partition("@")[0],
                name.partition("@")[2] or text("全部", "all"),
                Text(text("同意", "granted"), style="green")
                if said.granted
                else Text(text("撤回", "revoked"), style="red"),
                terminal.time(said.at),
                said.source,
                PURPOSES[name.partition("@")[0]].text(terminal.locale) if name.partition("@")[0] in PURPOSES else "",
            )
            for name, said in sorted(portrait.profile.consents.items())
        ),
        title=text("同意与撤回", "consents"),
    )


def _channels(portrait: Portrait, terminal: Terminal) -> None:
    text, time = terminal.text, terminal.time
    names = {account.id: account.name for account in portrait.accounts}
    if not portrait.profile.channels:
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
                    for kind, opened in open_windows(channel.windows, portrait.now).items()
                )
                or text("都关着", "all closed"),
            )
            for channel in portrait.profile.channels.values()
        ),
        title=text("渠道", "channels"),
    )


def _merges(portrait: Portrait, terminal: Terminal) -> None:
    text = terminal.text
    if not portrait.merges:
        return
    terminal.table(
        (
            text("合并进来的", "absorbed"),
            text("时间", "when"),
            Column(text("凭哪个事件", "by event"), spare=1),
            Column(text("合并成", "into"), spare=2),
        ),
        ((each.absorbed, terminal.time(each.at), each.event[:12], each.survivor) for each in portrait.merges),
        title=text("合并", "merges"),
    )


def _campaigns(portrait: Portrait, terminal: Terminal) -> None:
    draw_campaigns(portrait.campaigns, terminal)


def _timeline(portrait: Portrait, terminal: Terminal) -> None:
    draw_timeline(portrait.timeline, terminal)


def _says_something(value: Any) -> bool:
    return value is not None and value not in ({}, [], "", 0)


SECTIONS: Final[Sequence[Callable[[Portrait, Terminal], None]]] = (
    _head,
    _tags,
    _attributes,
    _figures,
    _counts,
    _consents,
    _channels,
    _merges,
    _campaigns,
    _timeline,
)
"""From who it is to what happened last."""
