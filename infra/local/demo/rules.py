"""The marketer's part of the demo: install the packs, make a mistake, read what is wrong, mend it."""

import time
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from infra.local.paths import ROOT
from infra.local.seed import BRAND
from infra.local.stack import LocalStack, Step
from yuchi.adapters.rule_files import read_rules

MISTAKE: Final = 'event.kye == "TRIAL" && profile.scene.startsWith("store-")'
MENDED: Final = 'event.key == "TRIAL" && profile.scene.startsWith("store-")'


def install_packs(stack: LocalStack, *, console: Console, step: Step) -> None:
    """Put the rules of all packs into the ``Rules`` table and wait until they are live."""
    rules = stack.table("Rules")
    packs = sorted((ROOT / "rules" / "packs").glob("*/rules.yaml"))
    items = [{"brand": BRAND, **item} for pack in packs for item in read_rules(pack.read_text(encoding="utf-8"))]
    with step(f"Install {len(items)} rules from rules/packs / 安装规则包"):
        for item in items:
            rules.put_item(Item=item)
        reviewed = [_reviewed(stack, item["rule_id"]) for item in items]
    table = Table(title="Rules in DynamoDB / 规则表", title_justify="left")
    for column in ("rule_id", "name", "on", "status"):
        table.add_column(column, overflow="fold")
    for item in reviewed:
        on = item["on"]
        table.add_row(
            item["rule_id"], item.get("name", ""), on if isinstance(on, str) else ", ".join(on), _colour(item["status"])
        )
    console.print(table)


def mistake_and_mend(stack: LocalStack, *, console: Console, step: Step) -> None:
    """Save a rule with a typing error, show what the item says then, mend it."""
    rules = stack.table("Rules")
    item: dict[str, Any] = {
        "brand": BRAND,
        "rule_id": "store-trial",
        "name": "门店来的粉丝要试用装",
        "enabled": True,
        "on": "menu.clicked",
        "when": MISTAKE,
        "then": ["tag 门店试用客", "send 门店已为您留了一份，到店说“{{profile.scene}}”即可领取。"],
    }
    for when in (MISTAKE, MENDED):
        started = time.monotonic()
        with step(f"A marketer saves  when: {when}"):
            rules.put_item(Item={**item, "when": when})
            reviewed = _reviewed(stack, item["rule_id"])
        seconds = time.monotonic() - started
        console.print(f"  status: {_colour(reviewed['status'])} after {seconds:.1f} s  {reviewed.get('problem', '')}")


def _reviewed(stack: LocalStack, rule_id: str) -> dict[str, Any]:
    key = {"brand": BRAND, "rule_id": rule_id}

    def item() -> dict[str, Any] | None:
        found: dict[str, Any] = stack.table("Rules").get_item(Key=key, ConsistentRead=True)["Item"]
        return found if found.get("status") else None

    reviewed: dict[str, Any] = stack.wait_until(item, seconds=20.0, what=f"the review of rule {rule_id}")
    return reviewed


def _colour(status: str) -> str:
    colours = {"live": "green", "off": "yellow", "invalid": "red"}
    return f"[{colours.get(status, 'white')}]{status}[/]"
