"""`yuchi profile show`: one person's portrait."""

from typing import Annotated

import typer

from yuchi.cli.desk import office_of
from yuchi.cli.merge_commands import all_merges
from yuchi.cli.persons import require_person
from yuchi.cli.portrait import Portrait, as_json, draw
from yuchi.cli.portrait_campaigns import reached
from yuchi.services.find_person import newest

app = typer.Typer(no_args_is_help=True, help="What is known of one person.")


@app.callback()
def profile() -> None:
    """What is known of one person."""


@app.command()
def show(
    context: typer.Context,
    person: Annotated[
        str, typer.Argument(metavar="ID|IDENTITY|OPENID", help="A person's id, an identity or an openid.")
    ],
    brand: Annotated[str | None, typer.Option(help="Only this brand.")] = None,
    events: Annotated[int, typer.Option(min=0, max=1000, help="How many events of the timeline.")] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Show a person's portrait: identities, tags and why, attributes and who said so, orders, consents, channels with
    open windows, whom it absorbed, timeline.

    It shows personal data; phones and addresses masked. Who may run it is who may read the tables.
    """
    office = office_of(context)
    desk = office.desk
    accounts = list(desk.accounts.all())
    found = require_person(desk.people, person, accounts, brand=brand).profile
    portrait = Portrait(
        profile=found,
        merges=list(all_merges(desk.persons, found.brand, found.person)),
        timeline=newest(desk.people, found, events) if events else [],
        accounts=accounts,
        schema=desk.rulesets.schema(found.brand),
        now=desk.clock(),
        campaigns=reached(desk, found),
    )
    if json:
        office.terminal.json(as_json(portrait))
    else:
        draw(portrait, office.terminal)
