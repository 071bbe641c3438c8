"""Campaigns as the commands find them: by their id in the table, in files, or said by options."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from yuchi.cli.desk import Office
from yuchi.cli.errors import CommandError, refuse
from yuchi.cli.rule_sources import CAMPAIGNS, choose_brand, read_sources, refuse_twins, with_brand
from yuchi.domain.account import Account
from yuchi.domain.campaign.reading import key_of
from yuchi.services.ports_rules import Item

Brand = Annotated[str | None, typer.Option(help="Brand of campaigns that name none; needed where there are several.")]
Name = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")]
By = Annotated[
    str | None, typer.Option("--by", help="Whose work it is, on the local stack only: there all callers are one.")
]


def written(
    source: Path | None, said: dict[str, Any], brand: str | None, accounts: Sequence[Account]
) -> Sequence[dict[str, Any]]:
    """The items of a file, or the one that the options say."""
    if source is not None and said:
        raise refuse(("文件和选项不能一起用", "a file and options do not go together"))
    if source is not None:
        sources = with_brand(read_sources(source, CAMPAIGNS), brand)
        if any(not each.item.get("brand") for each in sources):
            sources = with_brand(sources, choose_brand(brand, accounts))
        refuse_twins(sources, CAMPAIGNS)
        return [each.item for each in sources]
    if not said.get("campaign_id"):
        raise refuse(
            ("没有写是什么活动", "nothing says which campaign"),
            ("写一个文件，或 --id、--audience 和 --text", "name a file, or give --id, --audience and --text"),
        )
    return [{"brand": choose_brand(brand, accounts), **said}]


def stored(office: Office, campaign: str, brand: str | None, accounts: Sequence[Account] | None = None) -> Item:
    """A campaign of the table. Raises :class:`CommandError` where there is none."""
    book = office.desk.campaigns
    known = list(office.desk.accounts.all()) if accounts is None else accounts
    if brand is None and len({each.brand for each in known}) > 1:
        found = [item for each in {each.brand for each in known} if (item := book.get(each, campaign)) is not None]
        if len(found) == 1:
            return found[0]
    chosen = choose_brand(brand, known)
    item = book.get(chosen, campaign)
    if item is None:
        raise missing(campaign, book.all(chosen))
    return item


def missing(campaign: str, items: Sequence[Item]) -> CommandError:
    """There is no such campaign; ``items``: those that there are."""
    known = [key_of(item)[1] for item in items]
    return refuse(
        (f"没有活动 {campaign}", f"there is no campaign {campaign}"),
        (f"已有：{'、'.join(known)}", f"there are: {', '.join(known)}") if known else ("", ""),
    )


def caller_of(office: Office, by: str | None) -> str:
    """Who does it: AWS's word for the caller, for a name alone proves nothing."""
    if by is not None and not office.desk.facts.local:
        raise refuse(
            ("--by 只能用在本地环境", "--by is for the local stack only"),
            ("去掉 --by：AWS 知道您是谁", "leave it out: AWS knows who you are"),
        )
    return by or office.desk.caller


def shown(value: Any) -> str:
    """A column's value in one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
