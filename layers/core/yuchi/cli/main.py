"""`yuchi`: the operators' command line."""

from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer

from yuchi.cli import (
    account_commands,
    backtest_command,
    campaign_commands,
    doctor_command,
    explain_command,
    followers_command,
    import_command,
    ledger_commands,
    merge_commands,
    privacy_commands,
    profile_commands,
    query_command,
    redrive_command,
    rule_commands,
    source_commands,
    sync_commands,
)
from yuchi.cli.aws_desk import open_desk
from yuchi.cli.desk import Office, language_of_terminal
from yuchi.cli.errors import Commands
from yuchi.cli.targets import Target
from yuchi.cli.terminal import Terminal
from yuchi.domain.problem import Locale

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="鱼池 Yuchi: accounts, rules, people and the health of a deployment.",
    epilog="The options above may stand anywhere in the line.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"yuchi {version_of('yuchi')}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(envvar="YUCHI_STACK", help="Name of the stack (else samconfig.toml, else yuchi).")
    ] = None,
    stage: Annotated[str | None, typer.Option(envvar="YUCHI_STAGE", help="Find the stack by its Stage.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region (else the one that AWS's settings name).")] = None,
    aws_profile: Annotated[
        str | None, typer.Option(help="AWS profile that holds the credentials (else the default one).")
    ] = None,
    local: Annotated[
        bool,
        typer.Option("--local", help="The local stack of `make up`; also chosen when it is there and nothing else is."),
    ] = False,
    stack_file: Annotated[Path | None, typer.Option(help="Another stack.json than .local/stack.json.")] = None,
    locale: Annotated[
        Locale | None, typer.Option(envvar="YUCHI_LOCALE", help="Language of what is told (else the terminal's).")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Which deployment, and which language."""
    del version
    context.obj = Office(
        terminal=Terminal(locale or Locale(language_of_terminal())),
        target=Target(
            stack=stack, stage=stage, region=region, aws_profile=aws_profile, local=local, stack_file=stack_file
        ),
        open=context.obj or open_desk,
    )


app.add_typer(account_commands.app, name="account")
app.add_typer(rule_commands.app, name="rules")
app.add_typer(campaign_commands.app, name="campaign")
app.add_typer(profile_commands.app, name="profile")
profile_commands.app.command("merges")(merge_commands.merges)
profile_commands.app.command("unmerge")(merge_commands.unmerge)
profile_commands.app.command("export")(privacy_commands.export)
profile_commands.app.command("erase")(privacy_commands.erase)
rule_commands.app.command("backtest")(backtest_command.run_backtest)
rule_commands.app.command("explain")(explain_command.explain)
rule_commands.app.command("push")(sync_commands.push)
rule_commands.app.command("pull")(sync_commands.pull)
app.add_typer(ledger_commands.app, name="ledger")
app.command("query")(query_command.query)
app.command("import")(import_command.bring_in)
app.add_typer(followers_command.app, name="sync")
app.add_typer(source_commands.app, name="source")
app.command("redrive")(redrive_command.redrive)
app.command("doctor")(doctor_command.doctor)
