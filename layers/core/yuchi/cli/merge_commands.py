"""`yuchi profile merges` and `yuchi profile unmerge`: which persons were found to be one, and taking that back."""

from collections.abc import Iterator
from typing import Annotated

import typer

from yuchi.cli.asking import confirm
from yuchi.cli.desk import office_of
from yuchi.cli.errors import refuse
from yuchi.cli.persons import require_person
from yuchi.cli.privacy_commands import Brand, Person
from yuchi.cli.tables import Column
from yuchi.domain.merging import UNDOABLE, Merge
from yuchi.services.ports_privacy import PersonBook
from yuchi.services.undo_merge import KeepsChangingError, LaterMergeError, NoSuchMergeError, UndoMerge


def all_merges(book: PersonBook, brand: str, person: str) -> Iterator[Merge]:
    """The merges of a person and of those whom it absorbed, the newest of each first."""
    for merge in reversed(book.merges(brand, person)):
        yield merge
        yield from all_merges(book, brand, merge.absorbed)


def merges(
    context: typer.Context,
    person: Person,
    brand: Brand = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show which persons became this one: when, and by which event. The first line is what can be undone now."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    text = terminal.text
    found = require_person(desk.people, person, list(desk.accounts.all()), brand=brand)
    known = list(all_merges(desk.persons, found.profile.brand, found.profile.person))
    if as_json:
        rows = [
            {"survivor": each.survivor, "absorbed": each.absorbed, "event": each.event, "at": each.at} for each in known
        ]
        terminal.json(rows)
        return
    if not known:
        days = UNDOABLE.days
        terminal.say(f"最近 {days} 天没有合并。", f"No merges in the last {days} days.", style="dim")
        return
    first = {each.survivor: each for each in reversed(known)}
    terminal.table(
        (
            text("合并成", "person"),
            text("合并进来的", "absorbed"),
            text("时间", "when"),
            Column(text("凭哪个事件", "by event"), spare=1),
            text("可撤销", "can be undone"),
        ),
        (
            (
                each.survivor,
                each.absorbed,
                terminal.time(each.at),
                each.event[:12],
                "✓" if first[each.survivor] is each and each.survivor == found.profile.person else "",
            )
            for each in known
        ),
        title=text("合并记录", "merges"),
    )


def unmerge(
    context: typer.Context,
    person: Person,
    absorbed: Annotated[str, typer.Argument(metavar="ABSORBED", help="Id of the person to be taken out again.")],
    brand: Brand = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Take a merge back: two persons again, and no event makes them one any more. The last merge goes first."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    survivor = require_person(desk.people, person, list(desk.accounts.all()), brand=brand).profile
    confirm(
        terminal,
        f"把 {absorbed} 从 {survivor.person} 中拆出来？之后不会再自动合并。",
        f"Take {absorbed} out of {survivor.person}? They will not be merged again by themselves.",
        yes=yes,
    )
    try:
        left, right = UndoMerge(desk.persons).undo(survivor.brand, survivor.person, absorbed.strip())
    except NoSuchMergeError as error:
        days = UNDOABLE.days
        raise refuse(
            (f"{survivor.person} 没有合并过 {absorbed}", f"{survivor.person} did not absorb {absorbed}"),
            (
                f"用 yuchi profile merges 查看；{days} 天前的合并不能再撤销",
                f"see yuchi profile merges; after {days} days a merge cannot be undone",
            ),
        ) from error
    except LaterMergeError as error:
        later = error.merge.absorbed
        raise refuse(
            ("后面还有别的合并", "there was a later merge"),
            (f"先撤销最后一次：{later}", f"undo the last one first: {later}"),
        ) from error
    except KeepsChangingError as error:
        raise refuse(
            ("两个人的资料正在变化", "both persons keep changing"), ("稍后再试", "try again in a moment")
        ) from error
    terminal.done(
        f"已拆开：{left.person}（{len(left.identities)} 个身份），{right.person}（{len(right.identities)} 个身份）",
        f"two persons again: {left.person} ({len(left.identities)} identities),"
        f" {right.person} ({len(right.identities)} identities)",
    )
