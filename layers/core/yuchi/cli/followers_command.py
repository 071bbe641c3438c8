"""`yuchi sync followers`: the people who followed an account before Yuchi heard of them."""

from datetime import datetime
from typing import Annotated, Protocol

import typer

from yuchi.cli.desk import office_of
from yuchi.cli.errors import FAILED, refuse
from yuchi.cli.import_command import tell_report, watch
from yuchi.domain.account import Account, AccountKind
from yuchi.domain.imports import ImportJob, ImportState
from yuchi.services.sync_followers import followers_job
from yuchi.services.sync_tags import tags_job


class MakeJob(Protocol):
    """Begins one kind of reading."""

    def __call__(self, account: Account, *, now: datetime) -> ImportJob:
        """The job."""
        ...


app = typer.Typer(no_args_is_help=True, help="Bring over what WeChat already knows.")


@app.callback()
def sync() -> None:
    """Bring over what WeChat already knows."""


@app.command()
def followers(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Id of an official account.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until everything is processed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
) -> None:
    """Bring in the followers an account has: unionid, since when, remark, and WeChat's tags.

    10,000 a page and 100 a call; a fifth of the day's calls is left to others, and the rest waits for tomorrow. It
    runs in AWS: this command may be stopped and called again.
    """
    _bring(context, account, followers_job, wait=wait, as_json=as_json)


@app.command()
def tags(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="Id of an official account.")],
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until everything is processed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
) -> None:
    """Compare the mirrored tags of all followers with WeChat's, and bring the side that is behind up to date.

    What was given or taken in WeChat's console is given or taken here; what WeChat was not told yet is told, 50 fans a
    call. Where both sides changed the last change counts, and the report tells how many (tag.conflict).
    `yuchi account mirror` says which tags are mirrored.
    """
    _bring(context, account, tags_job, wait=wait, as_json=as_json)


def _bring(context: typer.Context, account: str, make_job: MakeJob, *, wait: bool, as_json: bool) -> None:
    office = office_of(context)
    terminal, desk = office.terminal, office.desk
    known = {each.id: each for each in desk.accounts.all()}
    found = known.get(account)
    if found is None:
        raise refuse(
            (f"没有账号 {account}", f"there is no account {account}"),
            (f"已有：{'、'.join(known)}", f"there are: {', '.join(known)}"),
        )
    if found.kind is not AccountKind.OFFICIAL_ACCOUNT:
        raise refuse((f"{account} 是小程序，没有粉丝列表", f"{account} is a mini program and has no list of followers"))
    job = make_job(found, now=desk.clock())
    if not desk.imports.start(job):
        terminal.note("已经开始过，接着看", "it was begun already; this is how far it is")
    if not wait:
        terminal.done(f"已开始，用 yuchi import status 查看（{job.id}）", f"begun; see yuchi import status ({job.id})")
        return
    done = watch(job, desk.imports, terminal, desk.wait)
    tell_report(done, terminal, None, as_json=as_json)
    if done.state is ImportState.FAILED:
        raise typer.Exit(FAILED)
