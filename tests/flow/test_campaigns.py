"""Campaigns on the deployed stack: written, counted, previewed, approved by somebody else, sent once to everybody."""

from typing import Any

import pytest

from infra.local.simulator.accounts import PlatformAccount
from infra.local.stack import LocalStack
from tests.flow.test_command_line import yuchi

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

ACCOUNT = "flow-campaigns"
FANS, WRITERS = 6, 3
AUDIENCE = 'profile.scene == "CAMPAIGN-DOOR"'


@pytest.fixture(scope="module")
def fans(stack: LocalStack) -> list[Any]:
    """Fans of an account of their own; some wrote just now, so that they can be sent personal messages."""
    pusher = stack.add_account(PlatformAccount.invent(ACCOUNT, name="群发"), brand="demo")
    found = [pusher.fan() for _ in range(FANS)]
    for number, fan in enumerate(found):
        fan.subscribe(scene="CAMPAIGN-DOOR")
        if number < WRITERS:
            fan.text("在吗")
    stack.wait_until_idle()
    return found


def column(stack: LocalStack, campaign_id: str, name: str) -> Any:
    """One column of the campaign's item."""
    key = {"brand": "demo", "campaign_id": campaign_id}
    return stack.table("Campaigns").get_item(Key=key, ConsistentRead=True).get("Item", {}).get(name)


def create(stack: LocalStack, campaign_id: str, fans: list[Any], **columns: Any) -> None:
    """A marketer's item, well and ready, previewed by two of the fans."""
    item = {
        "brand": "demo",
        "campaign_id": campaign_id,
        "audience": AUDIENCE,
        "accounts": ACCOUNT,
        "channel": "custom, mass",
        "content": {"custom": "{{profile.scene}} 的客人，春茶到店", "mass": "春茶到店"},
        "testers": [f"wechat:{ACCOUNT}:{fans[0].openid}", f"wechat:{ACCOUNT}:{fans[1].openid}"],
        **columns,
    }
    stack.table("Campaigns").put_item(Item=item)
    stack.wait_until(lambda: column(stack, campaign_id, "status") == "ready", seconds=15, what="the review")


def ask(stack: LocalStack, campaign_id: str, what: str) -> None:
    """Ask in the console, and wait until it was heard."""
    stack.table("Campaigns").update_item(
        Key={"brand": "demo", "campaign_id": campaign_id},
        UpdateExpression="SET ask = :ask",
        ExpressionAttributeValues={":ask": what},
    )
    stack.wait_until(lambda: column(stack, campaign_id, "ask") is None, seconds=30, what=f"the answer to {what}")


def test_a_campaign_reaches_everybody_once_by_the_best_way(stack: LocalStack, fans: list[Any]) -> None:
    create(stack, "flow-best", fans)
    ask(stack, "flow-best", "estimate")
    assert "6" in column(stack, "flow-best", "estimate")
    ask(stack, "flow-best", "count")
    assert column(stack, "flow-best", "counted") == FANS
    ask(stack, "flow-best", "preview")
    assert column(stack, "flow-best", "previewed_hash") == column(stack, "flow-best", "plan_hash"), column(
        stack, "flow-best", "hint"
    )
    before = {openid: len(got) for openid, got in stack.simulator.accepted(ACCOUNT).items()}
    approved = yuchi(stack, "campaign", "approve", "flow-best", "--brand", "demo", "--yes", "--by", "amy")
    assert "Approved" in approved.stdout, approved.stderr
    stack.wait_until(
        lambda: column(stack, "flow-best", "status") == "finished", seconds=150, what="the end of the campaign"
    )
    assert f"已发 {FANS}" in column(stack, "flow-best", "progress")
    after = {openid: len(got) for openid, got in stack.simulator.accepted(ACCOUNT).items()}
    assert {fan.openid: after[fan.openid] - before.get(fan.openid, 0) for fan in fans} == {
        fan.openid: 1 for fan in fans
    }
    ways = {fan.openid: stack.simulator.accepted(ACCOUNT)[fan.openid][-1].channel for fan in fans}
    assert [ways[fan.openid] for fan in fans[:WRITERS]] == ["custom"] * WRITERS


def test_a_mass_message_goes_out_in_one_call(stack: LocalStack, fans: list[Any]) -> None:
    create(stack, "flow-mass", fans, channel="mass", content="春茶到店")
    ask(stack, "flow-mass", "count")
    ask(stack, "flow-mass", "preview")
    approved = yuchi(stack, "campaign", "approve", "flow-mass", "--brand", "demo", "--yes", "--by", "amy")
    assert "Approved" in approved.stdout, approved.stderr
    stack.wait_until(lambda: column(stack, "flow-mass", "status") == "finished", seconds=150, what="the end")
    got = {
        openid: [each for each in found if each.client_id]
        for openid, found in stack.simulator.accepted(ACCOUNT).items()
    }
    assert [len(got[fan.openid]) for fan in fans] == [1] * FANS
    assert len({each.client_id for fan in fans for each in got[fan.openid]}) == 1
