"""Campaigns as they are edited, on the deployed stack: judged within ten seconds, asked for, approved by somebody else."""

from functools import partial
from typing import Any

import pytest

from infra.local.stack import LocalStack
from tests.flow.test_command_line import yuchi

pytestmark = [pytest.mark.flow, pytest.mark.timeout(280)]

KEY = {"brand": "demo", "campaign_id": "spring"}
SPRING = {**KEY, "audience": '"会员" in profile.tags', "content": "春茶到店", "repeat": "monthly 1 10:00"}


def test_an_edit_is_judged_within_ten_seconds_and_put_on_the_agenda(stack: LocalStack) -> None:
    campaigns, runs = stack.table("Campaigns"), stack.table("Runs")

    def column(name: str) -> Any:
        return campaigns.get_item(Key=KEY).get("Item", {}).get(name)

    def agenda() -> bool:
        return "Item" in runs.get_item(Key={"run": "agenda", "part": "demo#spring"})

    try:
        campaigns.put_item(Item=SPRING)
        assert stack.wait_until(partial(column, "status"), seconds=10) == "ready"
        assert stack.wait_until(agenda, seconds=10)
        campaigns.put_item(Item={**SPRING, "audience": "profile.tgas"})
        stack.wait_until(lambda: column("status") == "invalid", seconds=10)
        assert "profile.tags" in column("problem")
        stack.wait_until(lambda: not agenda(), seconds=10)
    finally:
        campaigns.delete_item(Key=KEY)


def test_a_campaign_is_written_and_approved_from_the_command_line(stack: LocalStack) -> None:
    campaigns = stack.table("Campaigns")
    options = ("--id", "spring", "--audience", SPRING["audience"], "--text", "春茶到店", "--repeat", "monthly 1 10:00")
    try:
        created = yuchi(stack, "campaign", "create", "--brand", "demo", *options)
        assert "spring: ready" in created.stdout, created.stderr
        item = campaigns.get_item(Key=KEY)["Item"]
        assert item["edited_by"].startswith("arn:")
        facts = {":hash": item["plan_hash"], ":count": 12}
        campaigns.update_item(
            Key=KEY,
            UpdateExpression="SET previewed_hash = :hash, counted_hash = :hash, counted = :count",
            ExpressionAttributeValues=facts,
        )
        approved = yuchi(stack, "campaign", "approve", "spring", "--brand", "demo", "--yes", "--by", "amy")
        assert "Approved spring" in approved.stdout, approved.stderr
        approval = stack.table("Approvals").get_item(Key={"campaign": "demo#spring", "hash": item["plan_hash"]})["Item"]
        assert (approval["approved_by"], approval["audience"]) == ("amy", 12)
    finally:
        campaigns.delete_item(Key=KEY)
