"""Files and followers come into the deployed stack, each function under its own rights."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import LocalStack
from tests.flow.test_command_line import yuchi
from yuchi.adapters.dynamodb.imports import DynamoDBImports
from yuchi.adapters.imports_queue import SQSImportQueue
from yuchi.domain.account import Account
from yuchi.services.ports_imports import ImportMessage
from yuchi.services.sync_followers import followers_job

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

MAPPING = """
name: 会员名单
type: person.identified
identities: {member: 会员号, phone: 手机号}
attributes: {姓名: 姓名, 城市: 城市}
tags: {from: 标签, type: list}
"""
HEADER = "会员号,手机号,姓名,城市,标签\n"


def add_source(stack: LocalStack, source: str) -> None:
    item = {"source": source, "brand": "demo", "name": "会员", "kind": "file", "trusted": True, "mapping": MAPPING}
    stack.table("Sources").put_item(Item=item)


def drop(stack: LocalStack, key: str, content: bytes) -> None:
    stack.client("s3").put_object(Bucket=stack.outputs["ImportsBucket"], Key=key, Body=content)


def text(stack: LocalStack, key: str) -> str:
    body = stack.client("s3").get_object(Bucket=stack.outputs["ImportsBucket"], Key=key)["Body"]
    return bytes(body.read()).decode("utf-8-sig")


def finished(stack: LocalStack, key: str, *, seconds: float = 120) -> dict[str, Any]:
    """The import of a file once it is over."""

    def over() -> Any:
        found = [item for item in stack.items("Imports") if item["key"] == key and item["state"] in {"done", "failed"}]
        return found[0] if found else None

    found: dict[str, Any] = stack.wait_until(over, seconds=seconds, what=f"the import of {key}")
    return found


def profiles(stack: LocalStack, prefix: str) -> dict[str, dict[str, Any]]:
    """The persons who have an identity with this beginning, by it."""
    found = {}
    for item in stack.items("Profiles"):
        for identity in item["identities"]:
            if identity.startswith(prefix):
                found[identity] = item
    return found


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_list_of_members_is_dropped_and_becomes_people(stack: LocalStack, encoding: str) -> None:
    add_source(stack, "crm")
    mark = encoding.replace("-", "")
    lines = [f"{mark}{each},1390000{each:04d},会员{each},杭州,茶友|老客" for each in range(300)]
    lines[7] = ",,没有身份,杭州,"
    key = f"demo/crm/会员 {mark}.csv"
    drop(stack, key, (HEADER + "\n".join(lines)).encode(encoding))
    job = finished(stack, key)
    assert (job["state"], int(job["counts"]["read"]), int(job["counts"]["sent"])) == ("done", 300, 299)
    people = profiles(stack, f"member:{mark}")
    assert len(people) == 299
    person = people[f"member:{mark}8"]
    assert person["attributes"] == {"姓名": "会员8", "城市": "杭州"}
    assert set(person["tags"]) == {"茶友", "老客"}
    report = json.loads(text(stack, f"reports/{key}.report.json"))
    assert report["rows"] == {"read": 300, "sent": 299, "skipped": 0, "rejected": 1}
    assert sum(report["events"][name] for name in ("created", "merged", "updated", "repeated")) == 299
    (_, line) = csv.reader(io.StringIO(text(stack, f"reports/{key}.rejects.csv")))
    assert line[0] == "9"
    assert "13900000008" not in json.dumps(stack.items("Timeline") + stack.items("Profiles"), default=str)
    assert not any("13900000008" in each for each in stack.logs("import_file"))


def test_the_same_file_again_does_nothing(stack: LocalStack) -> None:
    add_source(stack, "crm")
    content = (HEADER + "again1,,林小满,杭州,\n").encode()
    drop(stack, "demo/crm/again.csv", content)
    finished(stack, "demo/crm/again.csv")
    before = profiles(stack, "member:again1")["member:again1"]["version"]
    drop(stack, "demo/crm/again.csv", content)
    stack.wait_until(lambda: stack.queue_depth("Imports") == 0, seconds=60, what="the second notice")
    stack.wait_until_idle()
    assert profiles(stack, "member:again1")["member:again1"]["version"] == before


def test_the_command_line_tries_sends_watches_and_reports(stack: LocalStack, tmp_path: Path) -> None:
    mapping, file = tmp_path / "cli-members.yaml", tmp_path / "从命令行.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    file.write_text(HEADER + "cli1,13900099001,林,杭州,\n,,佚名,,\ncli2,13900099001,周,杭州,\n", encoding="utf-8")
    tried = yuchi(stack, "import", str(file), "--map", str(mapping), "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "139****9001" in tried.stdout
    sent = yuchi(stack, "import", str(file), "--map", str(mapping), "--json")
    assert sent.returncode == 0, sent.stderr
    assert json.loads(sent.stdout)["rows"] == {"read": 3, "sent": 2, "skipped": 0, "rejected": 1}
    assert "佚名" in file.with_name("从命令行.csv.rejects.csv").read_text(encoding="utf-8-sig")
    assert profiles(stack, "member:cli1").keys() == {"member:cli1"}
    assert "从命令行.csv" in yuchi(stack, "import", "status").stdout


def test_a_file_for_nobody_gets_a_report(stack: LocalStack) -> None:
    drop(stack, "demo/nobody/x.csv", b"a\n1\n")
    assert finished(stack, "demo/nobody/x.csv")["state"] == "failed"
    report = json.loads(text(stack, "reports/demo/nobody/x.csv.report.json"))
    assert "nobody" in report["problem"]["zh"]


def test_followers_from_before_come_in(stack: LocalStack) -> None:
    account = next(iter(stack.accounts))
    fans = [
        {
            "openid": f"o-before-{each:03d}",
            "unionid": f"u-before-{each:03d}",
            "since": 1_700_000_000,
            "tags": ["老粉"],
            "remark": "老客户",
        }
        for each in range(230)
    ]
    stack.simulator.add_followers(account, fans)
    job = followers_job(Account(id=account, brand="demo", name="", original_id="", appid=""), now=datetime.now(UTC))
    imports = DynamoDBImports(client=stack.client("dynamodb"), imports_table=stack.description.tables["Imports"])
    assert imports.begin(job)
    queue = SQSImportQueue(client=stack.client("sqs"), queue_url=stack.description.queues["Imports"])
    queue.send(ImportMessage(brand="demo", import_id=job.id))
    done = finished(stack, account)
    assert done["state"] == "done"
    people = profiles(stack, f"wechat:{account}:o-before-")
    assert len(people) == 230
    person = people[f"wechat:{account}:o-before-007"]
    assert "unionid:u-before-007" in person["identities"]
    channel = person["channels"][f"wechat:{account}:o-before-007"]
    assert (channel["subscribed"], int(channel["subscribed_at"])) == (True, 1_700_000_000)
    assert person["attributes"]["remark"] == "老客户"
    assert set(person["tags"]) == {"老粉"}
