"""`yuchi account rotate`."""

from pathlib import Path
from typing import Annotated

import typer

from yuchi.adapters.webhooks.signature import new_secret
from yuchi.cli.account_answers import (
    APP_SECRET,
    judge_any,
)
from yuchi.cli.account_telling import check_credentials, hidden, require_account, tell_console
from yuchi.cli.asking import ask_secret, confirm
from yuchi.cli.desk import office_of
from yuchi.cli.errors import FAILED, CommandError
from yuchi.domain.words import Words
from yuchi.services.open_account import (
    RotationUnfinishedError,
    finish_rotation,
    new_aes_key,
    new_token,
)
from yuchi.services.open_account import (
    rotate as rotate_secrets,
)


def rotate(
    context: typer.Context,
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    token: Annotated[bool, typer.Option("--token", help="Only the Token.")] = False,
    encoding_aes_key: Annotated[bool, typer.Option("--encoding-aes-key", help="Only the EncodingAESKey.")] = False,
    webhook_secret: Annotated[
        bool, typer.Option("--webhook-secret", help="Only the secret that signs webhooks.")
    ] = False,
    app_secret: Annotated[
        bool, typer.Option("--app-secret", help="Enter a new AppSecret, as reset in WeChat's console.")
    ] = False,
    app_secret_file: Annotated[
        Path | None, typer.Option(help="File with the new AppSecret (- reads a line); or YUCHI_APP_SECRET.")
    ] = None,
    finish: Annotated[bool, typer.Option("--finish", help="Stop accepting the old values.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Rotate although the last rotation is not finished.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the change.")] = False,
) -> None:
    """Make a new Token and EncodingAESKey; the old ones are accepted until --finish, so that no push is lost."""
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    account = require_account(desk, account_id)
    secrets = desk.accounts.secrets(account_id)
    if finish:
        confirm(
            terminal,
            "微信后台已经换成新的值并保存了？旧的值将不再接受。",
            "Are the new values saved in WeChat's console? The old ones will not be accepted any more.",
            yes=yes,
        )
        desk.accounts.put(account, finish_rotation(secrets))
        terminal.done(
            f"{account_id}：旧的值不再接受（五分钟内生效）。",
            f"{account_id}: the old values are not accepted any more (within five minutes).",
        )
        return
    if app_secret or app_secret_file:
        value = ask_secret(
            terminal,
            question=("新的 AppSecret（不显示）", "The new AppSecret (not shown)"),
            variable=APP_SECRET,
            file=app_secret_file,
            judge=judge_any,
        )
        desk.accounts.put(account, secrets.model_copy(update=hidden(app_secret=value)))
        terminal.done("新的 AppSecret 已保存。", "The new AppSecret is stored.")
        if not check_credentials(office, account):
            raise typer.Exit(FAILED)
        return
    everything = not (token or encoding_aes_key or webhook_secret)
    try:
        changed = rotate_secrets(
            secrets,
            token=new_token() if token or everything else None,
            aes_key=new_aes_key() if encoding_aes_key or everything else None,
            webhook_secret=new_secret() if webhook_secret else None,
            again=again,
        )
    except RotationUnfinishedError as error:
        raise CommandError(
            Words("上一次更换还没有收尾", "the last rotation is not finished"),
            Words(
                "再换一次，微信正在用的旧值就不接受了",
                "rotating again would shut out the values that WeChat may still use",
            ),
            Words(
                f"后台换好以后：yuchi account rotate {account_id} --finish；确实要再换：--again",
                f"once WeChat has the new ones: yuchi account rotate {account_id} --finish; to rotate all the same: --again",
            ),
        ) from error
    desk.accounts.put(account, changed)
    terminal.done(
        f"{account_id} 有了新的值，旧的仍然接受。", f"{account_id} has new values; the old ones are still accepted."
    )
    if token or encoding_aes_key or everything:
        tell_console(office, account, changed, wait=True)
    elif changed.webhook_secret:
        terminal.panel(
            terminal.text("交给 webhook 的接收方", "For the receivers of webhooks"),
            [("secret", changed.webhook_secret.get_secret_value().split()[0])],
        )
