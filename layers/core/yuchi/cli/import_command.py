"""`yuchi import`: bring in a file of members, orders or tags, and see how far imports are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from yuchi.adapters.mapping_text import read_mapping_text
from yuchi.adapters.rows.encodings import TOLD, known_encoding
from yuchi.cli.asking import confirm
from yuchi.cli.desk import Office, office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.import_trial import try_rows
from yuchi.cli.rule_sources import choose_brand
from yuchi.cli.tables import Column
from yuchi.cli.terminal import Terminal
from yuchi.domain.imports import FORMATS, ImportJob, ImportState, import_id, report_key
from yuchi.domain.mapping import FieldMapping
from yuchi.domain.problem import RuleProblemError
from yuchi.domain.source import SOURCE_ID, Source, SourceKind
from yuchi.services.ports_import_desk import ImportDesk

STATUS: Final = "status"
TRIED: Final = 20
POLL_SECONDS: Final = 1.0
PATIENCE: Final = 30
"""How many looks a failed import is given to begin again."""


def bring_in(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE|status", help="CSV, XLSX or JSONL; or status.")] = None,
    mapping: Annotated[
        str | None,
        typer.Option("--map", metavar="MAPPING|SOURCE", help="A mapping's YAML file, or a source that has one."),
    ] = None,
    source: Annotated[str | None, typer.Option(help="Id of the source (else the name of the mapping).")] = None,
    brand: Annotated[str | None, typer.Option(help="The brand, where there are several.")] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="|".join(TOLD), help="Encoding of a text file, where it cannot be found out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would become of the first rows.")] = False,
    rows: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows --dry-run looks at.")] = TRIED,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change the mapping of a source without asking.")] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until everything is processed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
) -> None:
    """Bring in a file: each row becomes an event of the past on the right person's profile.

    The rows that cannot be taken are written to FILE.rejects.csv with the reason for each. The same file again, and the same
    order in another file, change nothing. `yuchi import status` lists what was brought in and how far it is.
    """
    office = office_of(context)
    if file is None or (str(file) == STATUS and not file.exists()):
        tell_imports(office, brand, as_json=as_json)
        return
    _check_file(file)
    said = _encoding(encoding)
    if mapping is None:
        raise refuse(
            ("没有说字段怎么对应", "nothing says what the columns mean"),
            (
                "加上 --map 映射.yaml 或 --map 数据源；例子在 rules/mappings/",
                "add --map mapping.yaml or --map source; examples are in rules/mappings/",
            ),
        )
    written = Path(mapping)
    text = _text_of(written) if written.suffix in {".yaml", ".yml"} else None
    if dry_run and text is not None:
        try_rows(file, _read(text), office.terminal, rows, encoding=said)
        return
    imports = office.desk.imports
    wanted = _source(office, imports, source or _name_of(written), text, brand, yes=yes)
    if dry_run:
        try_rows(file, _read(wanted.mapping), office.terminal, rows, encoding=said)
        return
    imports.make_keys()
    begun = office.desk.clock()
    job = _send(office, imports, file, wanted, said)
    if job.state is ImportState.DONE and job.finished_at is not None and job.finished_at < begun:
        when = office.terminal.time(job.finished_at)
        office.terminal.note(
            f"这份文件 {when} 已经导入过，这次什么也没有变；当时的结果：",
            f"this very file was brought in at {when}: nothing changes now. What became of it then:",
        )
    if not wait:
        office.terminal.done(f"已上传，导入 {job.id}", f"uploaded, import {job.id}")
        return
    _follow(office, imports, file, job, as_json=as_json)


def tell_imports(office: Office, brand: str | None, *, as_json: bool) -> None:
    """Every import and how far it is."""
    terminal = office.terminal
    jobs = office.desk.imports.jobs(brand)
    if as_json:
        terminal.json([job.report() for job in jobs])
        return
    if not jobs:
        terminal.say("还没有导入过。", "Nothing was brought in yet.")
        return
    text = terminal.text
    columns = (
        Column(text("品牌", "brand"), spare=3),
        Column(text("文件", "file"), free=True),
        text("状态", "state"),
        text("已读", "read"),
        text("已处理", "processed"),
        text("退回", "rejected"),
        Column(text("开始", "started"), spare=2),
        Column(text("说明", "said"), free=True, spare=1),
    )
    terminal.table(columns, [_line(job, terminal) for job in jobs])


def _line(job: ImportJob, terminal: Terminal) -> list[Any]:
    return [
        job.brand,
        job.name,
        state_of(job, terminal),
        job.counts.read,
        job.became.processed,
        job.counts.rejected,
        terminal.time(job.started_at),
        job.problem.get(terminal.locale.value, ""),
    ]


def state_of(job: ImportJob, terminal: Terminal) -> str:
    """How far it is, in a word."""
    if job.resumes_at is not None:
        return terminal.text(f"等到 {terminal.time(job.resumes_at)}", f"waits until {terminal.time(job.resumes_at)}")
    return terminal.text(*_STATES[job.state])


_STATES: Final = {
    ImportState.READING: ("读取中", "reading"),
    ImportState.SETTLING: ("处理中", "processing"),
    ImportState.DONE: ("完成", "done"),
    ImportState.FAILED: ("失败", "failed"),
}


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise refuse((f"没有文件 {file}", f"there is no file {file}"), ("检查路径", "is the path right?"))
    if not file.name.lower().endswith(FORMATS):
        raise refuse(
            (f"{file.name} 不是 CSV、XLSX 或 JSONL", f"{file.name} is no CSV, XLSX or JSONL"),
            ("在表格软件里另存为 CSV（UTF-8）", "save it as CSV (UTF-8) in a spreadsheet program"),
        )


def _encoding(name: str | None) -> str:
    found = known_encoding(name or "")
    if name and not found:
        raise refuse(
            (f"不认识编码 {name}", f"{name} is no encoding that can be read"),
            (f"可以写 {'、'.join(TOLD)}", f"write one of {', '.join(TOLD)}"),
        )
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse((f"读不了 {path}", f"{path} cannot be read"), ("检查路径", "is the path right?")) from error


def _read(text: str) -> FieldMapping:
    try:
        return read_mapping_text(text)
    except RuleProblemError as error:
        from yuchi.domain.problem import Locale

        zh = "；".join(problem.text(Locale.ZH) for problem in error.problems)
        en = "; ".join(problem.text(Locale.EN) for problem in error.problems)
        raise refuse(("字段映射有问题", "the mapping has problems"), (zh, en)) from error


def _name_of(written: Path) -> str:
    """The source that a mapping's file is for: its own name, or that of its folder in rules/mappings."""
    return written.parent.name if written.stem == "mapping" else written.stem


def _source(
    office: Office, imports: ImportDesk, name: str, text: str | None, brand: str | None, *, yes: bool
) -> Source:
    """The source to bring the file in by; made, or given the mapping, where it has another one."""
    import re

    if not re.fullmatch(SOURCE_ID, name):
        raise refuse(
            (f"“{name}”不能作数据源的编号", f"{name!r} cannot be the id of a source"),
            ("用小写字母、数字和 -，加上 --source", "use lower-case letters, digits and -, with --source"),
        )
    found = imports.source(name)
    if text is None:
        if found is None or not found.mapping:
            raise refuse(
                (f"没有带映射的数据源 {name}", f"there is no source {name} with a mapping"),
                ("第一次请用 --map 映射.yaml", "the first time use --map mapping.yaml"),
            )
        return found
    mapping = _read(text)
    if found is not None and found.mapping == text:
        return found
    if found is None:
        found = Source(
            id=name,
            brand=choose_brand(brand, office.desk.accounts.all()),
            name=mapping.name or name,
            kind=SourceKind.FILE,
            trusted=True,
        )
    elif found.mapping:
        confirm(
            office.terminal,
            f"数据源 {name} 已有另一份映射，换成这份？",
            f"The source {name} has another mapping; put this one in its place?",
            yes=yes,
        )
    wanted = found.model_copy(update={"mapping": text})
    imports.put_source(wanted)
    return wanted


def _send(office: Office, imports: ImportDesk, file: Path, source: Source, encoding: str) -> ImportJob:
    terminal = office.terminal
    key = f"{source.brand}/{source.id}/{file.name}"
    with terminal.progress(terminal.text("上传", "Uploading"), total=max(1, file.stat().st_size)) as bar:
        facts = imports.upload(file, key, bar.step, encoding=encoding)
    identifier = import_id(key, facts.etag, facts.encoding)
    now = office.desk.clock()
    expected = ImportJob(
        brand=source.brand, id=identifier, source=source.id, key=key, size=facts.size, time=now, started_at=now
    )
    return imports.job(source.brand, identifier) or expected


def _follow(office: Office, imports: ImportDesk, file: Path, job: ImportJob, *, as_json: bool) -> None:
    """Show the rows go by until nothing more happens to them, then what became of them."""
    terminal = office.terminal
    try:
        done = watch(job, imports, terminal, office.desk.wait)
    except KeyboardInterrupt:
        terminal.note(
            "文件已上传，导入在后台继续；用 yuchi import status 查看",
            "the file is uploaded and the import goes on without us: see yuchi import status",
        )
        raise
    rejects: Path | None = file.with_name(f"{file.name}.rejects.csv")
    if not done.counts.rejected or not imports.download(report_key(done.key, "rejects.csv"), rejects or file):
        rejects = None
    tell_report(done, terminal, rejects, as_json=as_json)
    if done.state is ImportState.FAILED:
        raise typer.Exit(FAILED)


def watch(job: ImportJob, imports: ImportDesk, terminal: Terminal, wait: Callable[[float], None]) -> ImportJob:
    """The import once it is over, with a bar meanwhile."""
    behind, looks = 0, 0
    before = job.finished_at  # of an import that failed, and begins again when its file is put again
    with terminal.progress(terminal.text("等待", "Waiting"), total=job.size or None) as bar:
        while True:
            current = imports.job(job.brand, job.id) or job
            now = max(behind, min(job.size, current.cursor.offset))
            bar.step(now - behind)
            behind = now
            bar.say(_progress(current, terminal))
            looks += 1
            if current.is_over and (
                current.state is ImportState.DONE or current.finished_at != before or looks > PATIENCE
            ):
                return current
            wait(POLL_SECONDS)


def _progress(job: ImportJob, terminal: Terminal) -> str:
    counts, became = job.counts, job.became
    return terminal.text(
        f"{state_of(job, terminal)}：读 {counts.read}，新建 {became.created}，合并 {became.merged}，"
        f"更新 {became.updated}，退回 {counts.rejected}",
        f"{state_of(job, terminal)}: read {counts.read}, created {became.created}, merged {became.merged}, "
        f"updated {became.updated}, rejected {counts.rejected}",
    )


def tell_report(job: ImportJob, terminal: Terminal, rejects: Path | None, *, as_json: bool) -> None:
    """What became of an import."""
    if as_json:
        terminal.line(json.dumps(job.report(), ensure_ascii=False, indent=2))
        return
    text, counts, became = terminal.text, job.counts, job.became
    if job.state is ImportState.FAILED:
        terminal.fail(
            text(f"{job.name} 没有全部导入", f"{job.name} was not brought in whole"),
            job.problem.get(terminal.locale.value, ""),
            text("改好后再传一次，会从停下的地方继续", "mend it and send it again: it goes on where it stopped"),
        )
    rows = [
        (text("读到的行", "rows read"), counts.read),
        (text("新建的人", "persons created"), became.created),
        (text("合并的人", "persons merged"), became.merged),
        (text("更新的人", "persons updated"), became.updated),
        (text("以前就有", "known before"), became.repeated),
        (text("按映射跳过", "skipped by the mapping"), counts.skipped),
        (text("退回", "rejected"), counts.rejected),
        (text("看不懂的手机号或邮箱", "phones and e-mails not understood"), counts.unsealed),
    ]
    style = "green" if job.state is ImportState.DONE else "red"
    terminal.panel(job.name, [(name, str(number)) for name, number in rows if number], style=style)
    if job.state is ImportState.DONE and not counts.read:
        terminal.warn("文件里只有表头，没有数据行", "the file has a header and no rows")
    reasons = sorted(counts.reasons.items(), key=lambda each: -each[1])
    if reasons:
        terminal.table((text("原因", "reason"), text("行数", "rows")), reasons)
    if rejects is not None:
        terminal.warn(f"退回的行和原因在 {rejects}", f"the rejected rows with their reasons are in {rejects}")
