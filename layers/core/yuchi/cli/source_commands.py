"""`yuchi source`: the systems that tell us events. A key is shown once, when it is made; only its hash is kept."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr

from yuchi.adapters.mapping_text import read_mapping_text
from yuchi.adapters.webhooks.signature import new_secret
from yuchi.cli.account_answers import judge_id
from yuchi.cli.asking import ask, ask_brand, ask_name, confirm
from yuchi.cli.desk import Desk, Office, office_of
from yuchi.cli.errors import refuse
from yuchi.cli.source_quality import quality
from yuchi.cli.terminal import Terminal
from yuchi.domain.problem import RuleProblemError
from yuchi.domain.source import Source, SourceKind, SourceSecrets
from yuchi.services.open_source import finish_rotation, new_write_key, with_key
from yuchi.services.ports import UnavailableError

app = typer.Typer(no_args_is_help=True, help="Systems that tell us events: sites, shops, tills, files.")
app.command()(quality)


@app.command()
def add(
    context: typer.Context,
    source_id: Annotated[str | None, typer.Option("--id", help="Our name for it, the same in all brands.")] = None,
    brand: Annotated[str | None, typer.Option(help="The brand it belongs to.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name for people.")] = None,
    kind: Annotated[SourceKind, typer.Option(help="How it speaks to us.")] = SourceKind.SEGMENT,
    trusted: Annotated[
        bool | None,
        typer.Option(
            "--trusted/--untrusted",
            help="Its key is kept secret (a server's), so that it may tell orders, consents, and whose a phone or an openid "
            "is. A key that was public is replaced (else as it was; a new source is not).",
        ),
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="What its messages or rows mean (YAML).")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Change a source without asking.")] = False,
) -> None:
    """Let a system in, and print its write key, or the secret it signs with, this once. An old one keeps its key."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    source_id = ask(
        terminal,
        source_id,
        question=("来源编号（小写字母、数字、横线）", "Our id for it (a-z, 0-9, -)"),
        option="--id",
        judge=judge_id,
    )
    known = {each.id: each for each in desk.sources.all()}
    old = known.get(source_id)
    if old is not None:
        confirm(
            terminal,
            f"来源 {source_id} 已经有了，更新它？",
            f"There is a source {source_id} already. Update it?",
            yes=yes,
        )
    brands = {each.brand for each in known.values()} | {each.brand for each in desk.accounts.all()}
    trusted = (old is not None and old.trusted) if trusted is None else trusted
    # Everybody may have read the key of a source that was not trusted until now.
    kept = old if old is not None and (old.trusted or not trusted) else None
    source = Source(
        id=source_id,
        brand=ask_brand(terminal, brand, old=old.brand if old else None, brands=brands),
        name=ask_name(terminal, name, default=old.name if old else source_id),
        kind=kind,
        trusted=trusted,
        mapping=_read_mapping(mapping) if mapping else (old.mapping if old else ""),
        write_key_hash=kept.write_key_hash if kept else "",
        previous_write_key_hash=kept.previous_write_key_hash if kept else "",
    )
    _refuse_unfit(source, old)
    desk.contacts.make_keys()
    _store(office, source)


def _read_mapping(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
        read_mapping_text(text)
    except (OSError, UnicodeDecodeError) as error:
        raise refuse((f"读不了 {path}", f"{path} cannot be read"), why=(str(error), str(error))) from error
    except RuleProblemError as error:
        told = ["；".join(each.zh for each in error.problems), "; ".join(each.en for each in error.problems)]
        raise refuse((f"{path} 不是可用的映射", f"{path} is no good mapping"), why=(told[0], told[1])) from error
    return text


def _refuse_unfit(source: Source, old: Source | None) -> None:
    if old is not None and old.brand != source.brand:
        raise refuse(
            (
                f"来源 {source.id} 属于品牌 {old.brand}，不能换品牌",
                f"the source {source.id} belongs to the brand {old.brand}",
            ),
            ("请用新的 --id 添加", "add it under another --id"),
        )
    if source.kind is SourceKind.WEBHOOK and not source.mapping:
        raise refuse(
            ("webhook 来源需要映射", "a source of webhooks needs a mapping"),
            ("加上 --mapping，例子在 rules/mappings/", "give --mapping; rules/mappings/ has examples"),
        )


def _store(office: Office, source: Source) -> None:
    """Store it with the key that it needs and lacks, and tell that."""
    terminal, desk = office.terminal, office.desk
    if source.kind is SourceKind.SEGMENT and not source.write_key_hash:
        _change_key(office, source)
    elif source.kind is SourceKind.WEBHOOK and not _signs(desk, source.id):
        _change_secret(office, source, kept=())
    else:
        desk.sources.put(source)
    terminal.done(f"来源 {source.id} 已保存。", f"The source {source.id} is stored.")


def _signs(desk: Desk, source: str) -> bool:
    try:
        return bool(desk.sources.secrets(source))
    except UnavailableError:
        return False


def _change_key(office: Office, source: Source) -> None:
    write_key = new_write_key(source.id)
    office.desk.sources.put(with_key(source, write_key))
    tell_write_key(office, write_key)


def _change_secret(office: Office, source: Source, kept: tuple[str, ...]) -> None:
    secret = new_secret()
    office.desk.sources.put(source, SourceSecrets(webhook_secret=SecretStr(" ".join([secret, *kept]))))
    terminal, url = office.terminal, office.desk.facts.api_url
    terminal.panel(
        terminal.text("填到对方系统（只显示这一次）", "For the other system (shown this once)"),
        [("URL", f"{url}/v1/webhooks/{source.id}"), (terminal.text("签名密钥", "signing secret"), secret)],
    )


def tell_write_key(office: Office, write_key: str) -> None:
    """The key, this once, and how to point an SDK at us."""
    terminal, url = office.terminal, office.desk.facts.api_url
    terminal.panel(
        terminal.text("写入密钥（只显示这一次）", "Write key (shown this once)"),
        [
            ("write key", write_key),
            ("host", url),
            ("Python", f"analytics.write_key, analytics.host = {write_key!r}, {url!r}"),
            ("Node", f"new Analytics({{ writeKey: {write_key!r}, host: {url!r} }})"),
            ("RudderStack", f"rudder_analytics.write_key, rudder_analytics.dataPlaneUrl = {write_key!r}, {url!r}"),
            ("curl", f'curl -u {write_key}: {url}/v1/track -d \'{{"userId":"1","event":"Signed Up"}}\''),
        ],
    )


@app.command("list")
def list_sources(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the sources with what each has told: events taken and refused. No keys."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    sources = sorted(desk.sources.all(), key=lambda each: (each.brand, each.id))
    counts = desk.source_counts.of(sources)
    if as_json:
        terminal.json([_row(each, counts.get(each.id, {})) for each in sources])
        return
    if not sources:
        terminal.say("还没有来源：yuchi source add", "No source yet: yuchi source add")
        return
    text = terminal.text
    terminal.table(
        (
            *(text("来源", "source"), text("品牌", "brand"), text("名称", "name"), text("方式", "kind")),
            *(text("可信", "trusted"), text("已收", "taken"), text("拒收", "refused"), text("最近", "last")),
        ),
        (_cells(each, counts.get(each.id, {}), terminal) for each in sources),
    )


def _cells(source: Source, counted: dict[str, Any], terminal: Terminal) -> tuple[str, ...]:
    trusted = terminal.text("是", "yes") if source.trusted else terminal.text("否", "no")
    told = (str(counted.get("taken", 0)), _refused(counted), str(counted.get("last_told_at", "")))
    return (source.id, source.brand, source.name, source.kind.value, trusted, *told)


def _refused(counted: dict[str, Any]) -> str:
    """``timestamp 4, identity 2``: by reason, the most first."""
    reasons = {name.removeprefix("refused_"): each for name, each in counted.items() if name.startswith("refused_")}
    return (
        ", ".join(f"{name} {reasons[name]}" for name in sorted(reasons, key=lambda each: (-reasons[each], each))) or "0"
    )


def _row(source: Source, counted: dict[str, Any]) -> dict[str, Any]:
    hidden = {"write_key_hash", "previous_write_key_hash", "mapping"}
    shown = source.model_dump(mode="json", by_alias=True, exclude=hidden)
    return {**shown, "rotating": bool(source.previous_write_key_hash), "told": counted}


@app.command()
def rotate(
    context: typer.Context,
    source_id: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's id.")],
    finish: Annotated[bool, typer.Option("--finish", help="Stop accepting the old key.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Rotate although the last rotation is not finished.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the change.")] = False,
) -> None:
    """Make a new write key or signing secret, shown this once; the old one is good until --finish."""
    office = office_of(context)
    source = next((each for each in office.desk.sources.all() if each.id == source_id), None)
    if source is None:
        raise refuse(
            (f"没有来源 {source_id}", f"there is no source {source_id}"), ("yuchi source list", "yuchi source list")
        )
    if source.kind is SourceKind.FILE:
        raise refuse(("文件来源没有密钥", "a source of files has no key"))
    secrets: list[str] = []
    if source.kind is SourceKind.WEBHOOK:
        secrets = office.desk.sources.secrets(source_id).webhook_secret.get_secret_value().split()
    unfinished = bool(source.previous_write_key_hash) or len(secrets) > 1
    if finish:
        _finish(office, source, secrets, yes=yes)
        return
    if unfinished and not again:
        raise refuse(
            ("上一次轮换还没有结束", "the last rotation is not finished"),
            (f"yuchi source rotate {source_id} --finish", f"yuchi source rotate {source_id} --finish"),
            why=("再换一次，现在用着的旧密钥就失效了", "another one would shut out the key from before it"),
        )
    confirm(office.terminal, "生成新的密钥？旧的继续有效。", "Make a new one? The old one stays good.", yes=yes)
    if source.kind is SourceKind.WEBHOOK:
        _change_secret(office, source, kept=tuple(secrets[:1]))
    else:
        _change_key(office, source)


def _finish(office: Office, source: Source, secrets: list[str], *, yes: bool) -> None:
    confirm(
        office.terminal,
        "所有系统都换成新的密钥了？旧的将不再接受。",
        "Do all systems have the new one? The old one will not be accepted any more.",
        yes=yes,
    )
    if secrets:
        office.desk.sources.put(source, SourceSecrets(webhook_secret=SecretStr(secrets[0])))
    else:
        office.desk.sources.put(finish_rotation(source))
    office.terminal.done(
        f"{source.id}：旧的密钥不再接受（五分钟内生效）。",
        f"{source.id}: the old one is not accepted any more (within five minutes).",
    )
