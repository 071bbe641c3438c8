"""What time alone brings about, on the deployed stack: nothing is pushed, and a rule fires."""

import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from infra.local.simulator.pusher import Fan
from infra.local.stack import LocalStack
from tests.flow.test_main_path import live, profile_of, records_of

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

ABSENCE = "no menu.clicked for 1m"


def lapses_of(stack: LocalStack, fan: Fan) -> list[dict[str, Any]]:
    return [record["event"] for record in records_of(stack, fan) if record["event"]["type"] == "activity.lapsed"]


def tick(stack: LocalStack) -> None:
    """What the schedule does each minute."""
    stack.client("lambda").invoke(FunctionName=stack.functions["FireTimers"])


def test_an_absence_is_told_within_a_minute_of_its_time_and_once(stack: LocalStack) -> None:
    rules = (
        {"rule_id": "flow-away", "on": "1分钟没有 menu.clicked", "then": ["tag 走开了", "score +1"]},
        {"rule_id": "flow-longer", "on": "no menu.clicked for 30d", "then": ["tag 沉睡"]},
    )
    with live(stack, *rules):
        gone, here = stack.pusher().fan(), stack.pusher().fan()
        gone.event("CLICK", EventKey="FLOW-TIME", CreateTime=int(time.time()) - 120)
        here.click("FLOW-TIME")
        stack.wait_until_idle()
        tick(stack)
        stack.wait_until(lambda: "走开了" in profile_of(stack, gone).get("tags", {}), what="the absence")
        assert lapses_of(stack, here) == []
        assert "tags" not in profile_of(stack, here)
        deadline = time.monotonic() + 90
        while not lapses_of(stack, here) and time.monotonic() < deadline:
            time.sleep(5)  # what the rule waits for is time itself
            tick(stack)
        stack.wait_until_idle()
        tick(stack)
        stack.wait_until_idle()
        (timer,) = [item for item in stack.items("Timers") if here.openid in item["timer"]]

    for fan in (gone, here):
        (lapse,) = lapses_of(stack, fan)
        assert lapse["data"]["trigger"] == ABSENCE
        since = datetime.fromisoformat(lapse["data"]["since"])
        assert datetime.fromisoformat(lapse["time"]) - since == timedelta(minutes=1)
        assert profile_of(stack, fan)["scores"] == {"main": 1}
        assert set(profile_of(stack, fan)["tags"]) == {"走开了"}
    # The one timer that is left waits for the thirty days.
    assert "wait.ended" in timer["timer"]
    assert set(profile_of(stack, here)["waits"]) == {"no menu.clicked for 30d"}
