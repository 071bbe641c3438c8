"""`yuchi account add`."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from yuchi.adapters.webhooks.signature import new_secret
from yuchi.cli.account_answers import (
    AES_KEY,
    APP_SECRET,
    TOKEN,
    judge_aes_key,
    judge_any,
    judge_appid,
    judge_id,
    judge_original_id,
    judge_token,
)
from yuchi.cli.account_telling import check_credentials, hidden, tell_console
from yuchi.cli.asking import ask, ask_brand, ask_name, ask_secret, confirm
from yuchi.cli.desk import Desk, office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.terminal import Terminal
from yuchi.domain.account import Account, AccountKind, AccountSecrets, AccountSettings, PushMode
from yuchi.services.open_account import (
    find_clash,
    new_aes_key,
    new_token,
)
from yuchi.services.ports import UnavailableError


def add(
    context: typer.Context,
    account_id: Annotated[str | None, typer.Option("--id", help="Our name for it, part of the callback URL.")] = None,
    brand: Annotated[str | None, typer.Option(help="The brand it belongs to.")] = None,
    name: Annotated[str | None, typer.Option(help="Its name for people.")] = None,
    kind: Annotated[AccountKind | None, typer.Option(help="What it is on WeChat.")] = None,
    original_id: Annotated[str | None, typer.Option(help="原始 ID, gh_...")] = None,
    appid: Annotated[str | None, typer.Option(help="AppID, wx...")] = None,
    mode: Annotated[PushMode | None, typer.Option(help="safe (AES) unless you know why not.")] = None,
    webhook_host: Annotated[
        list[str] | None, typer.Option(help="A host that webhooks may call; may be repeated.")
    ] = None,
    collect_location: Annotated[
        bool | None,
        typer.Option("--collect-location/--no-collect-location", help="Take in location reports (sensitive)."),
    ] = None,
    keep_after_unsubscribe: Annotated[
        bool | None,
        typer.Option(
            "--keep-after-unsubscribe/--erase-after-unsubscribe", help="Keep personal data of those who leave."
        ),
    ] = None,
    app_secret_file: Annotated[
        Path | None, typer.Option(help="File with the AppSecret (- reads a line); or YUCHI_APP_SECRET.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with a Token of your own; or YUCHI_TOKEN. Else one is made.")
    ] = None,
    encoding_aes_key_file: Annotated[
        Path | None,
        typer.Option(help="File with an EncodingAESKey of your own; or YUCHI_ENCODING_AES_KEY. Else one is made."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Ask WeChat whether AppID and AppSecret are right.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Replace an account without asking.")] = False,
) -> None:
    """Add an account, or enter its secrets anew. Asks for what is not given, checks it, prints what WeChat's console wants.

    Secrets are typed without being shown, or come from a file or the environment; they are never options.
    """
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    known = {each.id: each for each in desk.accounts.all()}
    account_id = ask(
        terminal,
        account_id,
        question=(
            "账号编号（小写字母、数字、横线，会出现在回调地址里）",
            "Our id for it (a-z, 0-9, -; part of the callback URL)",
        ),
        option="--id",
        judge=judge_id,
    )
    old = known.get(account_id)
    if old is not None:
        confirm(
            terminal,
            f"账号 {account_id} 已经有了，更新它？",
            f"There is an account {account_id} already. Update it?",
            yes=yes,
        )
    brands = {each.brand for each in known.values()}
    account = _build(
        old,
        id=account_id,
        brand=ask_brand(terminal, brand, old=old.brand if old else None, brands=brands),
        name=ask_name(terminal, name, default=old.name if old else account_id),
        kind=kind or (old.kind if old else None) or _ask_kind(terminal),
        original_id=ask(
            terminal,
            original_id,
            question=("原始 ID（gh_…）", "Original id, 原始 ID (gh_...)"),
            option="--original-id",
            judge=judge_original_id,
            default=old.original_id if old else None,
        ),
        appid=ask(
            terminal,
            appid,
            question=("AppID（wx…）", "AppID (wx...)"),
            option="--appid",
            judge=judge_appid,
            default=old.appid if old else None,
        ),
        mode=mode or (old.mode if old else PushMode.SAFE),
        settings=_settings(old, webhook_host, collect_location=collect_location, keep=keep_after_unsubscribe),
    )
    _refuse_clash(account, list(known.values()))
    if old is not None and old.brand != account.brand:
        raise refuse(
            (
                f"账号 {account.id} 属于品牌 {old.brand}，不能换品牌",
                f"the account {account.id} belongs to the brand {old.brand} and cannot change it",
            ),
            (
                "画像和规则按品牌存放；请用新的 --id 添加",
                "profiles and rules are kept by brand: add it under another --id",
            ),
        )
    secrets = _ask_secrets(desk, terminal, account, old, app_secret_file, token_file, encoding_aes_key_file)
    with terminal.progress(terminal.text("保存", "Storing")):
        desk.accounts.put(account, secrets)
    terminal.done(
        f"账号 {account.id} 已保存，密钥加密存放在 SSM。",
        f"The account {account.id} is stored, its secrets encrypted in SSM.",
    )
    good = check_credentials(office, account) if check else True
    tell_console(office, account, secrets)
    if not good:
        raise typer.Exit(FAILED)


def _build(old: Account | None, **columns: Any) -> Account:
    """The account with ``columns``; what else an ``old`` one has stays, such as its mirrored tags."""
    try:
        return Account.model_validate({**(dict(old) if old else {}), **columns})
    except ValidationError as error:
        names = ", ".join(str(each["loc"][-1]) for each in error.errors())
        raise refuse((f"这些不对：{names}", f"these are wrong: {names}")) from error


def _settings(
    old: Account | None, hosts: list[str] | None, *, collect_location: bool | None, keep: bool | None
) -> AccountSettings:
    before = old.settings if old else AccountSettings()
    given = {
        "keep_after_unsubscribe": keep,
        "collect_location": collect_location,
        "webhook_hosts": None if hosts is None else tuple(host.strip().lower() for host in hosts if host.strip()),
    }
    return before.model_copy(update={name: value for name, value in given.items() if value is not None})


def _ask_kind(terminal: Terminal) -> AccountKind:
    choices = {"1": AccountKind.OFFICIAL_ACCOUNT, "2": AccountKind.MINI_PROGRAM}

    def judge(answer: str) -> tuple[str, str] | None:
        return None if answer in choices else ("请输入 1 或 2", "type 1 or 2")

    question = (
        "种类：1 公众号（订阅号、服务号）  2 小程序",
        "Kind: 1 official account (订阅号, 服务号)  2 mini-program",
    )
    return choices[ask(terminal, None, question=question, option="--kind", judge=judge, default="1")]


def _refuse_clash(account: Account, others: list[Account]) -> None:
    clash = find_clash(account, others)
    if clash is not None:
        raise refuse(
            (
                f"{clash.column} 和账号 {clash.account} 的相同",
                f"its {clash.column} is that of the account {clash.account}",
            ),
            (
                f"更新那个账号：yuchi account add --id {clash.account}",
                f"update that one: yuchi account add --id {clash.account}",
            ),
            why=("同一个微信账号只能添加一次", "one WeChat account can be added only once"),
        )


def _ask_secrets(
    desk: Desk,
    terminal: Terminal,
    account: Account,
    old: Account | None,
    app_secret_file: Path | None,
    token_file: Path | None,
    encoding_aes_key_file: Path | None,
) -> AccountSecrets:
    kept = _kept_secrets(desk, account) if old is not None else None
    app_secret = ask_secret(
        terminal,
        question=("AppSecret（不显示；直接回车保留原来的）", "AppSecret (not shown; Enter keeps the old one)")
        if kept
        else ("AppSecret（不显示）", "AppSecret (not shown)"),
        variable=APP_SECRET,
        file=app_secret_file,
        judge=judge_any,
        may_be_empty=kept is not None,
    )
    token = _given(terminal, TOKEN, token_file, judge_token)
    aes_key = _given(terminal, AES_KEY, encoding_aes_key_file, judge_aes_key)
    if kept is None:
        made = hidden(
            app_secret=app_secret,
            token=token or new_token(),
            encoding_aes_key=aes_key or new_aes_key(),
            webhook_secret=new_secret(),
        )
        return AccountSecrets.model_validate(made)
    changes = {"app_secret": app_secret, "token": token, "encoding_aes_key": aes_key}
    return kept.model_copy(update=hidden(**{name: value for name, value in changes.items() if value}))


def _kept_secrets(desk: Desk, account: Account) -> AccountSecrets | None:
    """What is stored; None where that cannot be read, so that everything is asked anew."""
    try:
        return desk.accounts.secrets(account.id)
    except (UnavailableError, ValueError):
        return None


def _given(terminal: Terminal, variable: str, file: Path | None, judge: Any) -> str | None:
    """A value of the operator's own, None where none was given: then one is made."""
    if file is None and not os.environ.get(variable):
        return None
    return ask_secret(terminal, question=("", ""), variable=variable, file=file, judge=judge)
