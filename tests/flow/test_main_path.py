"""The main job on the deployed stack: a push becomes tags, a reply and a message, by rules edited in DynamoDB."""

import base64
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from infra.local.demo.script import half_day
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.faults import Fault
from infra.local.simulator.pusher import Fan, Push
from infra.local.stack import LocalStack

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

SEND = "/cgi-bin/message/custom/send"


@contextmanager
def live(stack: LocalStack, *rules: dict[str, Any]) -> Iterator[None]:
    """Rules that are live for the block, each with the brand and ``enabled`` filled in."""
    table = stack.table("Rules")
    for rule in rules:
        table.put_item(Item={"brand": "demo", "name": rule["rule_id"], "enabled": True, **rule})
    for rule in rules:
        assert reviewed(stack, rule["rule_id"])["status"] == "live"
    time.sleep(5.0)  # the longest that a container goes on with the manifest it has
    try:
        yield
    finally:
        for rule in rules:
            table.delete_item(Key={"brand": "demo", "rule_id": rule["rule_id"]})


@contextmanager
def sooner_again(stack: LocalStack) -> Iterator[None]:
    """What a killed worker held comes again soon; on AWS the queues wait six times the function's time."""
    sqs = stack.client("sqs")
    waits = {"Events": 10, "Actions": 30}
    before = {
        queue: sqs.get_queue_attributes(QueueUrl=stack.description.queues[queue], AttributeNames=["VisibilityTimeout"])
        for queue in waits
    }
    for queue, seconds in waits.items():
        url = stack.description.queues[queue]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(seconds)})
    try:
        yield
    finally:
        for queue, attributes in before.items():
            sqs.set_queue_attributes(QueueUrl=stack.description.queues[queue], Attributes=attributes["Attributes"])


def reviewed(stack: LocalStack, rule_id: str, *, version: int = 1) -> dict[str, Any]:
    """The rule's item once its review is written."""

    def item() -> dict[str, Any] | None:
        found = stack.table("Rules").get_item(Key={"brand": "demo", "rule_id": rule_id}, ConsistentRead=True)["Item"]
        done = found.get("status") == "invalid" or int(found.get("live_version") or 0) >= version
        return found if done else None

    found: dict[str, Any] = stack.wait_until(item, seconds=10.0, what=f"the review of {rule_id}")
    return found


def records_of(stack: LocalStack, fan: Fan) -> list[dict[str, Any]]:
    """The fan's timeline."""
    return [
        json.loads(item["record"]) for item in stack.items("Timeline") if item["subject"].endswith(f":{fan.openid}")
    ]


def profile_of(stack: LocalStack, fan: Fan) -> dict[str, Any]:
    """The fan's profile."""
    identity = f"wechat:{fan.pusher.account.id}:{fan.openid}"
    (profile,) = [item for item in stack.items("Profiles") if identity in item["identities"]]
    return profile


def ledger_of(stack: LocalStack, fan: Fan) -> list[dict[str, Any]]:
    """The fan's rows of the send ledger."""
    return [row for row in stack.items("Ledger") if str(row.get("subject", "")).endswith(f":{fan.openid}")]


def texts_to(stack: LocalStack, fan: Fan) -> list[str]:
    """The texts of the customer-service messages that reached the fan."""
    return [message["text"]["content"] for message in stack.simulator.custom_messages(openid=fan.openid)]


def test_a_click_becomes_a_tag_a_reply_and_a_message(stack: LocalStack) -> None:
    rule = {
        "rule_id": "flow-claim",
        "on": "menu.clicked",
        "when": 'event.key == "FLOW-CLAIM" && !("领取" in profile.tags)',
        "then": ["tag 领取", "score +5", "set 来自 = {{event.key}}", "reply 已登记", "send 请填写地址"],
    }
    with live(stack, rule):
        fan = stack.pusher().fan()
        fan.subscribe(scene="store-12")
        first, second = fan.click("FLOW-CLAIM"), None
        stack.wait_until_idle()
        second = fan.click("FLOW-CLAIM")
        stack.wait_until_idle()

    assert first.reply is not None
    assert first.reply["Content"] == "已登记"
    assert second.reply is None
    profile = profile_of(stack, fan)
    assert profile["tags"]["领取"]["rule"] == "flow-claim"
    assert profile["scores"] == {"main": 5}
    assert profile["attributes"] == {"来自": "FLOW-CLAIM"}
    assert [channel["scene"] for channel in profile["channels"].values()] == ["store-12"]
    assert texts_to(stack, fan) == ["请填写地址"]
    assert [row["state"] for row in ledger_of(stack, fan)] == ["SENT"]
    assert len(records_of(stack, fan)) == 3


def test_an_edit_is_live_within_ten_seconds_and_a_wrong_one_keeps_the_last_good_version(stack: LocalStack) -> None:
    table = stack.table("Rules")
    key = {"brand": "demo", "rule_id": "flow-edit"}
    item = {**key, "name": "改动", "enabled": True, "on": "message.text", "when": 'event.content == "flow-edit"'}
    fan = stack.pusher().fan()

    def answers(text: str) -> Callable[[], bool]:
        return lambda: answer() == text

    def answer() -> str | None:
        reply = fan.text("flow-edit").reply
        return str(reply["Content"]) if reply else None

    try:
        for version, text in ((1, "第一版"), (2, "第二版")):
            started = time.monotonic()
            table.put_item(Item={**item, "then": [f"reply {text}"]})
            stack.wait_until(answers(text), seconds=10.0, what=f"the reply {text}")
            assert time.monotonic() - started <= 10.0
            assert reviewed(stack, "flow-edit", version=version)["status"] == "live"
        table.update_item(
            Key=key,
            UpdateExpression="SET #when = :when",
            ExpressionAttributeNames={"#when": "when"},
            ExpressionAttributeValues={":when": 'event.kontent == "flow-edit"'},
        )
        stack.wait_until(
            lambda: table.get_item(Key=key)["Item"].get("status") == "invalid", seconds=10.0, what="the verdict"
        )
        problem = table.get_item(Key=key)["Item"]["problem"]
        assert "event.content" in problem
        assert "第 2 版" in problem
        time.sleep(5.0)
        assert answer() == "第二版"
        table.delete_item(Key=key)
        stack.wait_until(lambda: answer() is None, seconds=10.0, what="the deleted rule to be silent")
    finally:
        table.delete_item(Key=key)


def test_three_deliveries_of_one_push_are_one_event_with_one_answer(stack: LocalStack) -> None:
    rule = {
        "rule_id": "flow-again",
        "on": "message.text",
        "when": 'event.content == "flow-again" && !("来过" in profile.tags)',
        "then": ["tag 来过", "reply 只答一次", "send 只发一次"],
    }
    with live(stack, rule):
        fan = stack.pusher().fan()
        fields = {
            "MsgType": "text",
            "Content": "flow-again",
            "MsgId": stack.pusher().message_id(),
            "CreateTime": int(time.time()),
        }
        with ThreadPoolExecutor(3) as pool:
            pushes = list(pool.map(lambda _: fan.push(fields), range(3)))
        stack.wait_until_idle()
        pushes.append(fan.push(fields))
        stack.wait_until_idle()

    assert len({push.attempts[-1].body for push in pushes}) == 1
    assert len(records_of(stack, fan)) == 1
    assert texts_to(stack, fan) == ["只发一次"]


def test_a_mini_program_pushes_json_and_is_answered_by_a_message(stack: LocalStack) -> None:
    rule = {
        "rule_id": "flow-mini",
        "on": "message.text",
        "when": 'event.content == "flow-mini"',
        "then": ["tag 小程序用户", "reply 收到"],
    }
    pusher = stack.add_account(PlatformAccount.invent("mini", name="小程序", kind="mini_program"))
    with live(stack, rule):
        fan = pusher.fan()
        push = fan.text("flow-mini")
        stack.wait_until_idle()

    assert push.accepted
    assert push.reply is None
    assert "小程序用户" in profile_of(stack, fan)["tags"]
    assert texts_to(stack, fan) == ["收到"]


def test_what_wechat_answers_ends_in_a_state_of_the_ledger(stack: LocalStack) -> None:
    rule = {
        "rule_id": "flow-state",
        "on": "message.text",
        "when": 'event.content == "flow-state"',
        "then": ["send 您好"],
    }
    weather = {
        "SENT": None,
        "REJECTED": Fault(kind="errcode", path=SEND, value=45015, count=1),
        "UNKNOWN": Fault(kind="html", path=SEND, count=1),
    }
    with live(stack, rule):
        for state, fault in weather.items():
            fan = stack.pusher().fan()
            if fault:
                stack.simulator.break_with(fault)
            fan.text("flow-state")
            stack.wait_until_idle()
            stack.simulator.mend()
            assert [row["state"] for row in ledger_of(stack, fan)] == [state], fault


def test_forged_and_unknown_pushes_leave_no_trace(stack: LocalStack) -> None:
    pusher = stack.pusher()
    before = len(stack.items("Timeline"))
    query, body = pusher.seal({"ToUserName": pusher.account.original_id, "FromUserName": "o-forger", "CreateTime": 1})
    spoiled = {**query, "msg_signature": "0" * 40}
    answers = [
        pusher._attempt("POST", spoiled, body),
        pusher._attempt("POST", {**query, "timestamp": "1"}, body),
        pusher._attempt("POST", {}, b"<xml></xml>"),
        pusher._attempt("POST", query, body[:-30]),
    ]
    assert {(answer.status, answer.body) for answer in answers} == {(403, b"")}
    stranger = stack.pusher()
    stranger.callback_url = stranger.callback_url.rpartition("/")[0] + "/nobody"
    assert stranger._attempt("POST", query, body).status == 404
    stack.wait_until_idle()
    assert len(stack.items("Timeline")) == before


def test_a_timer_comes_due_and_the_person_who_left_is_forgotten(stack: LocalStack) -> None:
    rules = (
        {
            "rule_id": "flow-timer",
            "on": "menu.clicked",
            "when": 'event.key == "FLOW-TIMER"',
            "then": ["after 1m flow", "tag 等着"],
        },
        {"rule_id": "flow-due", "on": "timer.fired", "when": 'event.timer == "flow"', "then": ["tag 到时了"]},
    )
    with live(stack, *rules):
        fan = stack.pusher().fan()
        # The click was two minutes ago, so its timer is due at once.
        fan.event("CLICK", EventKey="FLOW-TIMER", CreateTime=int(time.time()) - 120)
        stack.wait_until_idle()
        stack.client("lambda").invoke(FunctionName=stack.functions["FireTimers"])
        stack.wait_until(lambda: "到时了" in profile_of(stack, fan)["tags"], what="the timer")
        fan.unsubscribe()
        stack.wait_until_idle()

    assert "tags" not in profile_of(stack, fan)
    assert "FLOW-TIMER" not in json.dumps(records_of(stack, fan))


def test_killed_workers_lose_and_double_nothing(stack: LocalStack) -> None:
    rules = (
        {"rule_id": "flow-kill-tag", "on": ["fan.subscribed", "menu.clicked"], "then": ["score 次数 +1"]},
        {"rule_id": "flow-kill-send", "on": "menu.clicked", "then": ["send 点到了"]},
    )
    moments = half_day(list(stack.accounts)[:2], fans=24)
    with live(stack, *rules), sooner_again(stack):
        pushers = {moment.account: stack.pusher(moment.account) for moment in moments}
        fans = {moment.fan: pushers[moment.account].fan() for moment in moments}
        killed = 0
        pushes: list[Push] = []
        for number, moment in enumerate(moments):
            # WeChat gives up after three tries; a platform that lost a push would be no test of ours.
            push = moment.act(fans[moment.fan])
            while not push.accepted:
                push = pushers[moment.account].push(push.fields)
            pushes.append(push)
            # In the middle of what was just pushed; fewer times than a message may be received before it is put aside.
            if number % (len(moments) // 4) == len(moments) // 8:
                for function in ("ProcessEvent", "PerformAction", "ReceiveCallback"):
                    for worker in stack.workers(function)[:1]:
                        os.kill(worker.pid, signal.SIGKILL)
                        killed += 1
        stack.wait_until_idle(seconds=200.0)

    assert killed >= 3
    assert stack.queue_depth("EventsDeadLetters") == stack.queue_depth("ActionsDeadLetters") == 0
    assert len(pushes) == len(moments)
    for fan in fans.values():
        done = [push for push in pushes if push.fields["FromUserName"] == fan.openid]
        records = [record for record in records_of(stack, fan) if record["event"]["source"].startswith("/wechat/")]
        assert len(records) == len(done)
        counted = sum(push.fields["Event"] in {"subscribe", "CLICK"} for push in done if "Event" in push.fields)
        if not any(push.fields.get("Event") == "unsubscribe" for push in done):
            assert profile_of(stack, fan)["scores"].get("次数", 0) == counted
        # Each message was sent at most once, and what is not sent is accounted for.
        rows = [row for row in ledger_of(stack, fan) if row["channel"] == "send"]
        states = Counter(row["state"] for row in rows)
        clicks = sum(push.fields.get("Event") == "CLICK" for push in done)
        assert sum(states.values()) == clicks
        assert states["SENT"] <= len(texts_to(stack, fan)) <= states["SENT"] + states["UNKNOWN"]


def test_a_webhook_goes_through_the_function_that_can_do_nothing_else(stack: LocalStack) -> None:
    """No name resolves to a public address here, so the call ends before it is sent; all before that is real."""
    rule = {
        "rule_id": "flow-hook",
        "on": "message.text",
        "when": 'event.content == "flow-hook"',
        "then": [{"webhook": {"url": "https://hooks.invalid/yuchi", "data": {"说": "{{event.content}}"}}}],
    }
    pusher = stack.add_account(PlatformAccount.invent("hooks", name="接口"))
    stack.table("Accounts").update_item(
        Key={"account": "hooks"},
        UpdateExpression="SET settings.webhook_hosts = :hosts",
        ExpressionAttributeValues={":hosts": ["hooks.invalid"]},
    )
    ssm, name = stack.client("ssm"), f"{stack.outputs['ParameterPrefix']}/accounts/hooks"
    secrets = json.loads(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    secrets["webhook_secret"] = "whsec_" + base64.b64encode(b"k" * 32).decode()
    ssm.put_parameter(Name=name, Value=json.dumps(secrets), Type="SecureString", Overwrite=True)
    with live(stack, {**rule, "account": "hooks"}):
        fan = pusher.fan()
        fan.text("flow-hook")
        stack.wait_until(lambda: [row for row in ledger_of(stack, fan) if row["state"] != "CLAIMED"], what="the call")
    # It would be tried again three minutes later; the tests after this one want empty queues.
    stack.client("sqs").purge_queue(QueueUrl=stack.description.queues["Actions"])

    (row,) = ledger_of(stack, fan)
    assert (row["state"], row["channel"], row["reason"]) == ("RETRY", "webhook", "name_not_found")
    logged = "".join(stack.logs("call_webhook"))
    assert "webhook called" in logged
    assert secrets["webhook_secret"] not in logged
    assert "hooks.invalid" not in logged
