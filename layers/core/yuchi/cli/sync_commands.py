"""`yuchi rules push` and `yuchi rules pull`: YAML files to the table and back."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.text import Text

from yuchi.adapters.rule_files import write_rules
from yuchi.bootstrap import make_catalogue
from yuchi.cli.asking import confirm
from yuchi.cli.desk import office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.rule_commands import tell_checks
from yuchi.cli.rule_sources import choose_brand, read_sources, refuse_twins, with_brand
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal, cell_of
from yuchi.domain.rule_check import check_rules
from yuchi.domain.short_form import short_item
from yuchi.services.ports_operators import RuleBook
from yuchi.services.ports_rules import Status
from yuchi.services.push_rules import ChangeKind, RuleChange, plan_push, verdicts
from yuchi.services.push_rules import push as push_changes

SHOWN: Final = 240
"""How many characters of one value are shown."""


def push(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="A YAML file, or a folder of them.")],
    brand: Annotated[str | None, typer.Option(help="Brand of rules that name none.")] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete rules of these brands that are not in the files.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the change.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")] = False,
) -> None:
    """Bring rules from YAML files into the table, show what changes first, then wait for the reviewer's word.

    Files with problems are not pushed. The counters and other columns of the system stay.
    """
    office = office_of(context)
    terminal = office.terminal
    sources = read_sources(path)
    accounts = list(office.desk.accounts.all())
    if any(not each.item.get("brand") for each in sources):
        sources = with_brand(sources, choose_brand(brand, accounts))
    refuse_twins(sources)
    items = [each.item for each in sources]
    if not _are_good(items, accounts, terminal):
        terminal.fail(
            terminal.text("没有推送", "nothing was pushed"),
            mend=terminal.text("改好上面的问题再推送", "mend the problems above and push again"),
        )
        raise typer.Exit(FAILED)
    book = office.desk.rules
    changes = plan_push(items, book, prune=prune)
    _tell_changes(changes, terminal)
    wanted = [change for change in changes if change.kind is not ChangeKind.SAME]
    if not wanted:
        terminal.done("没有要改的。", "Nothing to change.")
        return
    if dry_run:
        return
    confirm(terminal, f"推送这 {len(wanted)} 处改动？", f"Push these {len(wanted)} changes?", yes=yes)
    if not _push(wanted, book, terminal, office.desk.wait):
        raise typer.Exit(FAILED)


def pull(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR|FILE]", help="Where to write (.yaml), or a folder; else it is printed."),
    ] = None,
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Overwrite files without asking.")] = False,
) -> None:
    """Write the rules of the table as YAML, in the shortest form. A folder gets one file for each brand."""
    office = office_of(context)
    terminal = office.terminal
    accounts = list(office.desk.accounts.all())
    brands = [choose_brand(brand, accounts)] if brand else sorted({account.brand for account in accounts})
    rules = {each: [short_item(item) for item in office.desk.rules.all(each)] for each in brands}
    if not any(rules.values()):
        raise refuse(
            ("没有规则可写", "there are no rules to write"),
            ("看看品牌对不对：yuchi rules list", "is the brand right? yuchi rules list"),
        )
    if path is None:
        terminal.out.print(
            write_rules(item for items in rules.values() for item in items), markup=False, soft_wrap=True, end=""
        )
        return
    if path.suffix in {".yaml", ".yml"}:
        files = {path: [item for items in rules.values() for item in items]}
    else:
        files = {path / f"{each}.yaml": items for each, items in rules.items() if items}
    existing = [file for file in files if file.exists()]
    if existing:
        names = ", ".join(map(str, existing))
        confirm(terminal, f"覆盖 {names}？", f"Overwrite {names}?", yes=yes)
    for file, items in files.items():
        _write(file, write_rules(items))
        terminal.done(f"{file}：{len(items)} 条规则", f"{file}: {len(items)} rules")


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise refuse(
            (f"写不了 {file}", f"{file} cannot be written"),
            ("换一个位置", "choose another place"),
            why=(error.strerror or "", error.strerror or ""),
        ) from error


def _are_good(items: Sequence[dict[str, Any]], accounts: Sequence[Any], terminal: Terminal) -> bool:
    checks = []
    for brand in dict.fromkeys(str(item.get("brand")) for item in items):
        of_brand = [account for account in accounts if account.brand == brand]
        mine = [item for item in items if str(item.get("brand")) == brand]
        checks += check_rules(mine, catalogue=make_catalogue(), accounts=of_brand)
    if any(each.problems for each in checks):
        return tell_checks([each for each in checks if each.problems], terminal)
    return True


def _tell_changes(changes: Sequence[RuleChange], terminal: Terminal) -> None:
    text = terminal.text
    words = {
        ChangeKind.NEW: text("新增", "new"),
        ChangeKind.CHANGED: text("修改", "changed"),
        ChangeKind.SAME: text("不变", "same"),
        ChangeKind.REMOVED: text("删除", "removed"),
    }
    styles = {kind: cell_of(kind.value).style for kind in ChangeKind}
    rows: list[list[Any]] = []
    for change in changes:
        if change.kind is ChangeKind.SAME:
            continue
        head: list[Any] = [change.brand, change.rule_id, Text(words[change.kind], style=styles[change.kind])]
        if not change.differences:
            rows.append([*head, "", "", ""])
        for name, (old, new) in change.differences.items():
            now, then = _differing(old, new)
            rows.append([*head, name, Text(now, style="red"), Text(then, style="green")])
            head = ["", "", ""]
    if rows:
        columns = (
            Column(text("品牌", "brand"), spare=1),
            text("规则", "rule"),
            text("改动", "change"),
            text("栏", "column"),
            Column(text("现在", "now"), free=True),
            Column(text("推送后", "then"), free=True),
        )
        terminal.table(columns, rows)
    same = sum(change.kind is ChangeKind.SAME for change in changes)
    if same:
        terminal.say(f"另有 {same} 条不变。", f"{same} more stay as they are.", style="dim")


def _differing(old: Any, new: Any) -> tuple[str, str]:
    """Both sides as text; of two lists only the lines that are not in the other."""
    if isinstance(old, list) and isinstance(new, list):
        gone = [each for each in old if each not in new]
        come = [each for each in new if each not in old]
        if gone or come:
            return _short(gone), _short(come)
    return _short(old), _short(new)


def _short(value: Any) -> str:
    if value is None or value == []:
        return "—"
    text = "\n".join(map(_line, value)) if isinstance(value, list) else _line(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _line(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _push(changes: Sequence[RuleChange], book: RuleBook, terminal: Terminal, wait: Callable[[float], None]) -> bool:
    lost = []
    with terminal.progress(terminal.text("推送", "Pushing"), total=len(changes)) as bar:
        for change, made in push_changes(changes, book):
            bar.step()
            if not made:
                lost.append(change.rule_id)
    kept = [
        (change.brand, change.rule_id)
        for change in changes
        if change.columns is not None and change.rule_id not in lost
    ]
    with terminal.progress(terminal.text("等待审核，最多 10 秒", "Waiting for the review, 10 s at most")):
        said = verdicts(kept, book, wait=wait)
    if said:
        text = terminal.text
        waiting = text("还没审核", "not reviewed yet")
        terminal.table(
            (
                text("规则", "rule"),
                text("状态", "status"),
                text("版本", "version"),
                Column(text("说明", "said"), free=True),
            ),
            ((each.rule_id, each.status or waiting, each.live_version, each.problem or each.hint) for each in said),
        )
    if lost:
        names = ", ".join(lost)
        terminal.fail(
            terminal.text(
                f"{names} 刚刚被别人改过，没有覆盖", f"{names} was edited by somebody else just now and left alone"
            ),
            mend=terminal.text("先 yuchi rules pull 合并，再推送", "yuchi rules pull, put both together, push again"),
        )
    late = [each.rule_id for each in said if not each.status]
    if late:
        terminal.fail(
            terminal.text(f"{len(late)} 条 10 秒内没有审核", f"{len(late)} were not reviewed within 10 s"),
            mend=terminal.text("查 review_edit：yuchi doctor", "look at review_edit: yuchi doctor"),
        )
    invalid = any(each.status == Status.INVALID for each in said)
    return not (lost or late or invalid)
