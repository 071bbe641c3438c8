"""Events end up in S3 by brand and day; SQL counts each once; a backtest agrees with the timeline."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.paths import ROOT
from infra.local.stack import LocalStack
from yuchi.domain.archive import COLUMNS, event_of
from yuchi.domain.timeline import subject_of
from yuchi.services.ports import EventMessage

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]

RULE = """
- rule_id: flow-archive
  name: 归档
  on: menu.clicked
  when: event.key == "FLOW-ARCHIVE" && count("menu.clicked", "1d") >= 1
  then: [tag 来过两次]
"""
CANDIDATE = """
- rule_id: flow-candidate
  on: menu.clicked
  when: event.key == "FLOW-ARCHIVE" && "来过两次" in profile.tags
  then: [tag 补标签, score +7, send 不会发出去]
"""


@pytest.fixture
def yuchi(stack: LocalStack, tmp_path: Path) -> Any:
    """The command line as an analyst uses it; what it keeps goes with the test."""

    def run(*arguments: str) -> Any:
        command = [str(Path(sys.executable).parent / "yuchi"), "--locale", "en"]
        command += ["--stack-file", str(stack.settings.folder.stack), *arguments]
        environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT / "layers/core")}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in arguments else done.stdout

    return run


def archived(stack: LocalStack, identity: str) -> list[dict[str, Any]]:
    """Every line about the fan, copies too, with the key of its object."""
    s3, bucket = stack.client("s3"), stack.outputs["ArchiveBucket"]
    found = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="events/brand=demo/day="):
        for each in page.get("Contents", []):
            content = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
            lines = (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).splitlines()
            found += [
                {**record, "key": each["Key"]} for record in map(json.loads, lines) if record["subject"] == identity
            ]
    return found


def test_events_are_archived_counted_once_and_backtested(stack: LocalStack, yuchi: Any, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULE, encoding="utf-8")
    yuchi("rules", "push", str(file), "--yes")
    try:
        fan = stack.pusher().fan()

        def tagged() -> bool:
            """Containers take up new rules within seconds."""
            fan.click("FLOW-ARCHIVE")
            stack.wait_until_idle()
            return any("来过两次" in item.get("tags", {}) for item in stack.items("Profiles"))

        stack.wait_until(tagged, what="the pushed rule to fire")
        account = next(iter(stack.accounts))
        identity = f"wechat:{account}:{fan.openid}"
        entries = [item for item in stack.items("Timeline") if item["subject"] == f"demo#{identity}"]
        lines = archived(stack, identity)
        assert {line["id"] for line in lines} == {item["moment"].partition("#")[2] for item in entries}
        assert all(f"brand=demo/day={line['day']}/" in line["key"] for line in lines)
        assert {column.name for column in COLUMNS} <= set(lines[0])
        assert (
            stack.client("s3").list_objects_v2(Bucket=stack.outputs["ArchiveBucket"], Prefix="errors/")["KeyCount"] == 0
        )

        event = event_of(lines[0])
        stack.client("sqs").send_message(
            QueueUrl=stack.description.queues["Events"],
            MessageBody=EventMessage(event=event).model_dump_json(exclude_defaults=True),
            MessageGroupId=subject_of(event),
            MessageDeduplicationId="once-more",
        )
        stack.wait_until(lambda: len(archived(stack, identity)) == len(lines) + 1, what="the copy in the archive")
        (counted,) = yuchi("query", f"select count(*) as n from events where subject = '{identity}'", "--json")
        assert counted == {"n": len(entries)}

        backtest = yuchi("rules", "backtest", "flow-archive", "--since", "1d", "--json")
        mine = next(each for each in backtest["matched"] if each["subject"] == identity)
        fired = [line for line in lines if "flow-archive" in line["matched"]]
        first_looks = mine["count"] - len(fired)  # clicks that came before the containers had taken the rule up
        assert fired
        assert first_looks >= 0
        assert mine["has_it"]

        candidate = tmp_path / "candidate.yaml"
        candidate.write_text(CANDIDATE, encoding="utf-8")
        fan.click("FLOW-ARCHIVE")
        stack.wait_until_idle()
        apply = ("rules", "backtest", "flow-candidate", "--rule-file", str(candidate), "--apply", "--yes")
        yuchi(*apply)
        stack.wait_until_idle()
        yuchi(*apply)
        stack.wait_until_idle()
        profile = next(item for item in stack.items("Profiles") if identity in item.get("identities", []))
        assert "补标签" in profile["tags"]
        assert profile["scores"]["main"] == 7
    finally:
        stack.table("Rules").delete_item(Key={"brand": "demo", "rule_id": "flow-archive"})
