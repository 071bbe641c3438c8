"""What the brand's CRM calls a tag goes along with a webhook that tells of it."""

import json
from typing import Any

import pytest

from tests.fakes.world import World, rule
from yuchi.adapters.webhooks.caller import payload
from yuchi.services.ports import ActionMessage

NAMES = {"会员": "VIP-07"}


def told(data: dict[str, Any]) -> ActionMessage:
    world = World(rule("hook", "message.text", [{"webhook": {"url": "https://crm.example.com/in", "data": data}}]))
    world.push("message.text", content="x")
    world.process.process(world.events.take())
    ((_, message),) = world.actions.take()
    return message


@pytest.mark.parametrize(("tag", "theirs"), [("会员", "VIP-07"), ("别的", None)])
def test_the_crms_own_name_goes_along(tag: str, theirs: str | None) -> None:
    data = json.loads(payload(told({"tag": tag}), NAMES))["data"]
    assert (data["values"], data.get("crm_tag")) == ({"tag": tag}, theirs)


def test_a_call_without_a_tag_is_as_it_was() -> None:
    assert "crm_tag" not in json.loads(payload(told({"城市": "会员"}), NAMES))["data"]
