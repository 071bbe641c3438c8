"""`yuchi account mirror`: which of our tags WeChat is to have too."""

from typing import Annotated

import typer

from yuchi.cli.account_telling import require_account
from yuchi.cli.desk import office_of
from yuchi.cli.errors import refuse
from yuchi.domain.account import AccountKind
from yuchi.domain.mirroring import MAX_CHARACTERS, MAX_OF_ACCOUNT


def mirror(
    context: typer.Context,
    account_id: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")],
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG...", help="Tags to mirror; none: list them.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Stop mirroring these tags; WeChat keeps its own.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Mirror tags with WeChat's own tags of an official account, both ways; without TAG list those that are.

    WeChat takes 97 tags of an account's own, 20 of one fan, and names of up to 30 characters. Who has a tag already is told
    to WeChat by `yuchi sync tags ACCOUNT`, or with the person's next event.
    """
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    account = require_account(desk, account_id)
    names = [name.strip() for name in tags or () if name.strip()]
    if names:
        if account.kind is not AccountKind.OFFICIAL_ACCOUNT:
            raise refuse(
                (f"{account_id} 是小程序，没有微信标签", f"{account_id} is a mini program, which has no tags at WeChat")
            )
        _check(names)
        others = tuple(name for name in account.mirrored_tags if name not in names)
        wanted = others if remove else tuple(dict.fromkeys((*account.mirrored_tags, *names)))
        if len(wanted) > MAX_OF_ACCOUNT:
            raise refuse(
                (f"微信只允许 {MAX_OF_ACCOUNT} 个标签", f"WeChat takes no more than {MAX_OF_ACCOUNT} tags"),
                ("先用 --remove 去掉几个", "take some off with --remove first"),
            )
        account = account.model_copy(update={"mirrored_tags": wanted})
        desk.accounts.put(account, desk.accounts.secrets(account_id))
    if as_json:
        terminal.json({"account": account_id, "mirrored_tags": list(account.mirrored_tags)})
        return
    listed = account.mirrored_tags
    terminal.say(
        f"与微信同步的标签：{'、'.join(listed)}" if listed else "没有与微信同步的标签",
        f"mirrored with WeChat: {', '.join(listed)}" if listed else "no tags are mirrored with WeChat",
    )
    if names and not remove:
        terminal.note(
            f"五分钟内生效；已有的标签用 yuchi sync tags {account_id} 同步",
            f"it counts within five minutes; for tags given before: yuchi sync tags {account_id}",
        )


def _check(names: list[str]) -> None:
    long = [name for name in names if len(name) > MAX_CHARACTERS]
    if long:
        raise refuse(
            (
                f"微信标签名最多 {MAX_CHARACTERS} 个字符：{'、'.join(long)}",
                f"WeChat takes names of up to {MAX_CHARACTERS} characters: {', '.join(long)}",
            )
        )
