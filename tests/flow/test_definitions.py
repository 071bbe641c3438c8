"""What a brand defines, on the deployed stack: an edit is live within ten seconds, and a person becomes dormant by time."""

import time
from functools import partial
from typing import Any

import pytest

from infra.local.stack import LocalStack
from tests.flow.test_main_path import profile_of

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

DORMANT = {"brand": "demo", "item": "stage#10-dormant", "when": 'profile.last_active_at < now - duration("20s")'}
ACTIVE = {"brand": "demo", "item": "stage#20-active", "when": "true"}
RULE = {
    "brand": "demo",
    "rule_id": "wake-up",
    "on": "stage.changed",
    "when": 'event.stage == "dormant"',
    "then": ["tag 要唤醒"],
}


def test_a_stage_is_live_within_ten_seconds_and_time_alone_makes_a_person_dormant(stack: LocalStack) -> None:
    definitions, rules = stack.table("Schema"), stack.table("Rules")

    def status(item: str) -> Any:
        return definitions.get_item(Key={"brand": "demo", "item": item}).get("Item", {}).get("status")

    try:
        rules.put_item(Item=RULE)
        for item in (DORMANT, ACTIVE):
            definitions.put_item(Item=item)
        for item in (DORMANT, ACTIVE):
            assert stack.wait_until(partial(status, item["item"]), seconds=10) == "live"
        time.sleep(5.0)  # the longest that a container goes on with the manifest it has
        fan = stack.pusher().fan()
        fan.text("hi")
        stack.wait_until_idle()

        def profile() -> dict[str, Any]:
            return profile_of(stack, fan)

        stack.wait_until(lambda: profile().get("stage", {}).get("name") == "active", seconds=20)
        time.sleep(21)  # what the stage waits for is time itself
        stack.client("lambda").invoke(FunctionName=stack.functions["FireTimers"])  # what the schedule does each minute
        stack.wait_until(lambda: "要唤醒" in profile().get("tags", {}), seconds=30)
        assert profile()["stage"]["name"] == "dormant"

        broken = {**DORMANT, "when": "profile.last_active_at < "}
        definitions.put_item(Item=broken)
        stack.wait_until(lambda: status(DORMANT["item"]) == "invalid", seconds=10)
        told = definitions.get_item(Key={"brand": "demo", "item": DORMANT["item"]})["Item"]
        assert told["live_version"] > 0, "the last good version keeps running"
    finally:
        rules.delete_item(Key={"brand": "demo", "rule_id": RULE["rule_id"]})
        for item in (DORMANT, ACTIVE):
            definitions.delete_item(Key={"brand": "demo", "item": item["item"]})
