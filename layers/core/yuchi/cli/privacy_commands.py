"""`yuchi profile export` and `yuchi profile erase`: what a person may ask for."""

import json
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from yuchi.adapters.wechat.errors import explain_error
from yuchi.cli.asking import confirm
from yuchi.cli.desk import Desk, office_of
from yuchi.cli.errors import refuse
from yuchi.cli.persons import require_person
from yuchi.cli.terminal import Terminal
from yuchi.domain.departure import Departure
from yuchi.domain.profile import Profile
from yuchi.services.erase_person import ARCHIVE, ARCHIVE_LAG, ErasePerson, PersonComesBackError, names
from yuchi.services.export_person import ExportPerson, age_stores
from yuchi.services.ports_privacy import WholePerson
from yuchi.services.untag_person import TagAtWeChat, UntagPerson
from yuchi.services.whole_person import whole_person

KEYS_HEARD_OF: Final = 65.0
"""Seconds until every function knows that there is a key now: they believe a minute long that there is none."""
BACKUP_DAYS: Final = 35

Person = Annotated[str, typer.Argument(metavar="ID|IDENTITY|OPENID", help="A person's id, an identity or an openid.")]
Brand = Annotated[str | None, typer.Option(help="Only this brand.")]


def export(
    context: typer.Context,
    person: Person,
    brand: Brand = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file, readable by you alone (else: print).")] = None,
    reveal: Annotated[bool, typer.Option("--reveal", help="Open phones and e-mail addresses (else: masked).")] = False,
) -> None:
    """Hand out everything that is known of a person, from every store, as one JSON document."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    whole = _whole(desk, person, brand)
    with terminal.progress(terminal.text("收集……", "Collecting ..."), total=len(desk.personal)) as steps:

        def heard(name: str) -> None:
            steps.say(name)
            steps.step()

        exporting = ExportPerson(
            stores=desk.personal, clock=desk.clock, open_contact=desk.contacts.open if reveal else None
        )
        document = exporting.export(whole, progress=heard)
    if out is None:
        terminal.json(document)
        return
    _write(out, json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    count = sum(len(records) for records in document["stores"].values())
    terminal.done(f"{count} 条记录已写入 {out}", f"{count} records written to {out}")


def erase(
    context: typer.Context,
    person: Person,
    brand: Brand = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait for events that are on their way into the archive (at most six minutes).")
    ] = True,
) -> None:
    """Erase a person from every store. What comes again from before leaves no trace; who comes back is somebody new."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    whole = _whole(desk, person, brand)
    terminal.panel(whole.person, _what(whole, terminal), style="red")
    confirm(terminal, "删除后无法恢复。继续吗？", "This cannot be undone. Go on?", yes=yes)
    if desk.contacts.make_keys():
        terminal.note(
            "刚建立密钥，等所有函数都知道（一分钟）",
            "made the keys just now: a minute until all functions know of them",
        )
        desk.wait(KEYS_HEARD_OF)
    gone: Counter[str] = Counter()
    at_wechat: dict[tuple[str, str], TagAtWeChat] = {}
    with terminal.progress(terminal.text("删除……", "Erasing ...")) as steps:

        def heard(name: str, count: int) -> None:
            gone[name] += count
            steps.say(f"{name} {gone[name]}")

        def untag(profile: Profile) -> None:
            for each in UntagPerson(desk.accounts, desk.board).untag(profile):
                at_wechat[each.account, each.tag] = each
                steps.say(f"{each.account} {each.tag}")

        erasing = ErasePerson(
            book=desk.persons,
            people=desk.people,
            stores=desk.personal,
            clock=desk.clock,
            wait=_waiting(desk, terminal),
            progress=heard,
            before=untag,
        )
        try:
            erasing.erase(whole, patient=wait)
        except PersonComesBackError as error:
            raise refuse(
                ("此人一直有新的事件，没有删完", "the person goes on doing things, so the erasure did not end"),
                ("再运行一次即可", "run the command again"),
            ) from error
    if not wait and ARCHIVE in desk.personal:
        _leave_to_the_next_pass(desk, whole)
    _tell_tags(list(at_wechat.values()), terminal)
    _tell(gone, wait=wait, terminal=terminal, has_archive=ARCHIVE in desk.personal)


def _leave_to_the_next_pass(desk: Desk, whole: WholePerson) -> None:
    """``clean_archive`` takes out what reaches the archive after this; until then the ledger names the person."""
    now = int(desk.clock().timestamp())
    desk.departures.note(
        Departure(brand=whole.brand, identity=each, since=whole.since, until=now, noted_at=now)
        for each in whole.identities
    )


def _whole(desk: Desk, person: str, brand: str | None) -> WholePerson:
    found = require_person(desk.people, person, list(desk.accounts.all()), brand=brand)
    return whole_person(desk.persons, found.profile)


def _what(whole: WholePerson, terminal: Terminal) -> list[tuple[str, str]]:
    text = terminal.text
    rows = [
        (text("品牌", "brand"), whole.brand),
        (text("身份", "identities"), str(len(whole.identities))),
        (text("合并进来的人", "absorbed persons"), str(len(whole.persons) - 1)),
        (text("会删除的地方", "erased from"), ", ".join(names())),
    ]
    return [(name, value) for name, value in rows if value != "0"]


def _waiting(desk: Desk, terminal: Terminal) -> Callable[[float], None]:
    def wait(seconds: float) -> None:
        terminal.note(
            f"等在途事件进入归档（{round(seconds)} 秒）",
            f"waiting for events on their way into the archive ({round(seconds)} s)",
        )
        desk.wait(seconds)

    return wait


def _tell(gone: Counter[str], *, wait: bool, terminal: Terminal, has_archive: bool) -> None:
    text = terminal.text
    rows: list[tuple[str, object, str]] = [
        (name, gone[name], text("已删除", "erased")) for name in names() if name in gone
    ]
    rows += [
        (each.name, "", text(f"{each.days} 天内自动消失", f"gone by itself within {each.days} d"))
        for each in age_stores()
    ]
    rows.append(("PITR", "", text(f"备份最长 {BACKUP_DAYS} 天", f"backups: {BACKUP_DAYS} d at the most")))
    terminal.table((text("存储", "store"), text("记录", "records"), text("结果", "what became of it")), rows)
    if has_archive and not wait:
        minutes = round(ARCHIVE_LAG.total_seconds() / 60)
        terminal.warn(
            f"没有等在途事件：最近 {minutes} 分钟的事件可能还会进入归档，四天内由 clean_archive 清除；此前台账里还留着身份",
            f"did not wait: events of the last {minutes} minutes may still reach the archive; clean_archive takes them out "
            "within four days, and until then the ledger keeps the identities",
        )
    terminal.done("已删除。旧消息再来也不会留下痕迹", "erased; what comes again from before leaves no trace")


def _tell_tags(tags: Sequence[TagAtWeChat], terminal: Terminal) -> None:
    """What became of the tags at WeChat."""
    if not tags:
        return
    text = terminal.text
    rows: list[tuple[str, str, str]] = [
        (each.account, each.tag, text("已取消", "taken away") if each.is_gone else _refusal(each, terminal))
        for each in tags
    ]
    terminal.table(
        (text("账号", "account"), text("微信标签", "tag at WeChat"), text("结果", "what became of it")), rows
    )
    if not all(each.is_gone for each in tags):
        terminal.warn(
            "有的标签微信没有取消：请在公众平台的用户管理里手工取消",
            "WeChat did not take some tags away: do it in its console, under users",
        )


def _refusal(tag: TagAtWeChat, terminal: Terminal) -> str:
    code, reason = tag.outcome.code, tag.outcome.reason
    if code is None:
        return reason
    spec = explain_error(code)
    return f"{code} {terminal.text(spec.zh, spec.en)}"


def _write(path: Path, text: str) -> None:
    """A new file that nobody else can read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise refuse(
            (f"写不了 {path}", f"{path} cannot be written"),
            ("换一个还不存在的文件名", "give the name of a file that is not there yet"),
        ) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
