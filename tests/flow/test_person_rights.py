"""T24 on the deployed stack: one fan in every store is handed out whole, and erased so that nothing brings the fan back."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from infra.local.simulator.accounts import PlatformAccount
from infra.local.stack import LocalStack
from tests.flow.test_collect import post
from tests.flow.test_command_line import yuchi
from tests.flow.test_main_path import live
from yuchi.domain.archive import event_of
from yuchi.domain.event import Event
from yuchi.domain.stores import STORES, ErasedBy, StoreKind
from yuchi.domain.timeline import TimelineEntry, subject_of
from yuchi.services.ports import ActionMessage, EventMessage

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

ACCOUNT = "flow-rights"
MEMBER, PHONE, ORDER, WORDS = "rights-member-77", "13866668888", "rights-order-1", "想试试新茶，周末来"
UNTAG = "/cgi-bin/tags/members/batchuntagging"
RULES = (
    {
        "rule_id": "flow-rights",
        "on": "message.text",
        "when": 'event.content.contains("新茶")',
        "then": ["tag 流程权利", "set 喜欢 = 新茶", "score +5", "after 3d ask", "send 您好"],
    },
)
OF_CAMPAIGNS = {"Reach", "Outcomes"}
"""No campaign reached this fan; tests/contract/test_personal_campaigns.py is about those."""
PERSONAL = sorted({each.name for each in STORES if each.erased_by is ErasedBy.KEY} - OF_CAMPAIGNS)
FORGETS_BY_AGE = {each.name for each in STORES if each.erased_by is ErasedBy.AGE and each.kind is StoreKind.TABLE}


def everything(stack: LocalStack) -> dict[str, str]:
    """Store -> all that is in it, as text; without those that forget by themselves."""
    tables = {
        name: json.dumps(stack.items(name), ensure_ascii=False, default=repr)
        for name in stack.description.tables
        if name not in FORGETS_BY_AGE
    }
    return {**tables, "Archive": archive(stack)}


def archive(stack: LocalStack) -> str:
    s3, bucket = stack.client("s3"), stack.outputs["ArchiveBucket"]
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for each in page.get("Contents", []):
            content = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            found.append(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
    return b"".join(found).decode()


def traces(stack: LocalStack, names: list[str]) -> dict[str, list[str]]:
    """Store -> which of ``names`` are in it."""
    found = {store: [name for name in names if name in text] for store, text in everything(stack).items()}
    return {store: names for store, names in found.items() if names}


def once_more(stack: LocalStack, queue: str, message: Any, group: str, number: int) -> None:
    """What SQS may deliver again, or an operator redrive."""
    stack.client("sqs").send_message(
        QueueUrl=stack.description.queues[queue],
        MessageBody=message.model_dump_json(exclude_defaults=True),
        MessageGroupId=group,
        MessageDeduplicationId=f"rights-{queue}-{number}",
    )


def action_messages(entries: list[TimelineEntry]) -> list[ActionMessage]:
    """What the outboxes of these entries held."""
    return [
        ActionMessage(
            brand=entry.event.brand,
            account=entry.event.account,
            subject=action.recipient or entry.event.subject or "",
            person=entry.person or "",
            event_id=entry.event.id,
            event_time=entry.event.time,
            action=action,
        )
        for entry in entries
        for action in entry.outbox
    ]


def clean(stack: LocalStack, payload: dict[str, Any]) -> dict[str, Any]:
    """Run the archive's function."""
    answer = stack.client("lambda").invoke(
        FunctionName=stack.functions["CleanArchive"], Payload=json.dumps(payload).encode()
    )
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


def seeded(stack: LocalStack) -> Any:
    """A fan who is a member too, with a phone, an order, tags here and at WeChat, a timer and a sent message."""
    pusher = stack.add_account(PlatformAccount.invent(ACCOUNT, name="权利"), brand="demo")
    mirrored = yuchi(stack, "account", "mirror", ACCOUNT, "流程权利")
    assert mirrored.returncode == 0, mirrored.stderr
    fan, key = pusher.fan(), stack.description.write_keys["shop-server"]
    fan.subscribe(scene="RIGHTS-DOOR")
    post(stack, "track", {"userId": MEMBER, "event": "Order Completed", "properties": {"orderId": ORDER}}, key=key)
    stack.wait_until_idle()

    def reached() -> bool:
        """Containers take up rules, and an account's list, within seconds."""
        fan.text(WORDS)
        stack.wait_until_idle()
        return fan.openid in json.dumps(stack.simulator.received(kind="api", path=UNTAG.replace("untag", "tag")))

    stack.wait_until(reached, seconds=60, what="the tag at WeChat")
    traits = {"phone": PHONE, "openid": fan.openid, "wechat_account": ACCOUNT}
    status, answer = post(stack, "identify", {"userId": MEMBER, "traits": traits}, key=key)
    assert status == 200, answer
    stack.wait_until_idle()
    return fan


def test_a_fan_is_handed_out_whole_and_erased_without_a_trace(stack: LocalStack, tmp_path: Path) -> None:
    with live(stack, *RULES):
        fan = seeded(stack)
        clean(stack, {"at_once": True})  # others may have left on this stack
        identity = f"wechat:{ACCOUNT}:{fan.openid}"
        known = [item for item in stack.items("Profiles") if identity in item.get("identities", [])]
        (profile,) = [item for item in known if "merged_into" not in item]  # fan and member became one, either way
        identities, person = [str(each) for each in profile["identities"]], str(profile["person"])
        assert {each.partition(":")[0] for each in identities} == {"wechat", "member", "phone"}
        names = [fan.openid, MEMBER, ORDER, WORDS, person, next(each for each in identities if "phone:" in each)]
        assert sorted(traces(stack, names)) == PERSONAL

        out = tmp_path / "person.json"
        exported = yuchi(stack, "profile", "export", fan.openid, "--out", str(out), "--reveal")
        assert exported.returncode == 0, exported.stderr
        document = json.loads(out.read_text(encoding="utf-8"))
        stores = {name: json.dumps(found, ensure_ascii=False) for name, found in document["stores"].items()}
        assert sorted(stores.keys() - OF_CAMPAIGNS) == PERSONAL
        for store, found in traces(stack, names).items():
            assert [name for name in found if name not in stores[store]] == [], store
        assert f"+86{PHONE}" in out.read_text(encoding="utf-8")

        old: list[Event] = [
            event_of(line) for line in map(json.loads, archive(stack).splitlines()) if identity in str(line)
        ]
        entries = [
            TimelineEntry.model_validate_json(item["record"])
            for item in stack.items("Timeline")
            if str(item["subject"]).endswith((fan.openid, MEMBER))
        ]
        assert {action.kind for entry in entries for action in entry.outbox} >= {"send", "mirror_tag"}

        forgotten = {"brand": "demo", "counter": f"planted#{fan.openid}"}  # a store that the registry says is nobody's
        stack.table("Counters").put_item(Item=forgotten)
        messages = len(stack.simulator.custom_messages())
        erased = yuchi(stack, "profile", "erase", fan.openid, "--yes", "--no-wait")
        assert erased.returncode == 0, erased.stderr
        assert "taken away" in erased.stdout
        (untagged,) = [
            each for each in stack.simulator.received(kind="api", path=UNTAG) if fan.openid in json.dumps(each)
        ]
        assert "流程权利" not in json.dumps(untagged, ensure_ascii=False)  # by its number
        left = traces(stack, names)
        assert left.pop("Counters") == [fan.openid]
        assert set(left) == {"Ledger"}  # what may still reach the archive is left to its function
        assert clean(stack, {"at_once": True}) == {"changed": 0}
        assert traces(stack, names) == {"Counters": [fan.openid]}
        stack.table("Counters").delete_item(Key=forgotten)
        assert traces(stack, names) == {}

        for number, event in enumerate(old):
            once_more(stack, "Events", EventMessage(event=event), subject_of(event), number)
        for number, message in enumerate(action_messages(entries)):
            once_more(stack, "Actions", message, f"{message.brand}#{message.subject}", number)
        for push in fan.pushes[:2]:
            fan.pusher.push(push.fields)
        stack.wait_until_idle()
        assert traces(stack, names) == {}
        assert len(stack.simulator.custom_messages()) == messages


def test_who_unsubscribes_leaves_the_archive_when_its_function_runs(stack: LocalStack) -> None:
    fan, stays = stack.pusher().fan(), stack.pusher().fan()
    for each in (fan, stays):
        each.subscribe(scene="LEAVING-DOOR")
        each.text("走之前说的话")
    stack.wait_until_idle()
    before = archive(stack)
    assert before.count(fan.openid) >= 2
    fan.unsubscribe()
    stack.wait_until_idle()
    (noted,) = [row for row in stack.items("Ledger") if fan.openid in str(row.get("entry")) and "until" in row]
    assert noted["owner"] == "#departures"

    assert clean(stack, {"source": "aws.events"}) == {"changed": 0}
    assert fan.openid in archive(stack)
    assert clean(stack, {"at_once": True})["changed"] >= 3
    after = archive(stack)
    assert fan.openid not in after
    assert after.count(stays.openid) == before.count(stays.openid)
    assert [row for row in stack.items("Ledger") if str(row["owner"]).startswith("#")] == []
    assert clean(stack, {"at_once": True}) == {"changed": 0}
