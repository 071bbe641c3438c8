"""Campaigns and approvals: what is conditional holds, in memory and on DynamoDB."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer

from tests.contract.aws import CONFIG
from tests.fakes.campaigns import FakeApprovals, FakeCampaignBook, FakeCampaigns
from yuchi.adapters.admin.campaign_book import DynamoDBCampaignBook
from yuchi.adapters.dynamodb.campaigns import DynamoDBApprovals, DynamoDBCampaigns
from yuchi.adapters.dynamodb.drafts import edits_in, sort_key_in
from yuchi.domain.campaign.approval import Approval
from yuchi.domain.plain import plain
from yuchi.services.ports_campaign_items import ApprovalBook, CampaignBook, CampaignDrafts
from yuchi.services.ports_campaigns import Approvals, Campaigns

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
HASH = "0123456789abcdef"


@dataclass
class Ports:
    """One implementation of each."""

    drafts: CampaignDrafts
    campaigns: Campaigns
    book: CampaignBook
    approvals: Approvals
    approval_book: ApprovalBook
    put: Callable[[dict[str, Any]], object]


@pytest.fixture(params=["memory", "deployed"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    if request.param == "memory":
        table, approvals = FakeCampaigns(), FakeApprovals()
        yield Ports(table, table, FakeCampaignBook(table), approvals, approvals, table.put)
        return
    session: boto3.Session = request.getfixturevalue("session")
    client = session.client("dynamodb", config=CONFIG)
    store, book = DynamoDBCampaigns(client, "Campaigns"), DynamoDBCampaignBook(client, "Campaigns")
    stored = DynamoDBApprovals(client, "Approvals")

    def put(item: dict[str, Any]) -> None:
        wire = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        client.put_item(TableName="Campaigns", Item=wire)

    yield Ports(store, store, book, stored, stored, put)


def item(brand: str, **changes: Any) -> dict[str, Any]:
    return {
        "brand": brand,
        "campaign_id": "spring",
        "audience": "true",
        "content": {"text": "春茶"},
        "holdout": Decimal("0.5"),
        **changes,
    }


def stored(ports: Ports, brand: str) -> dict[str, Any]:
    found = ports.drafts.get(brand, "spring")
    assert found is not None
    return dict(plain(dict(found)))


def test_an_item_comes_back_as_it_is(ports: Ports, brand: str) -> None:
    assert ports.drafts.get(brand, "spring") is None
    ports.put(item(brand))
    assert stored(ports, brand) == plain(item(brand))
    assert [each["campaign_id"] for each in ports.book.all(brand)] == ["spring"]
    assert list(ports.book.all(f"{brand}-other")) == []


def test_a_review_is_written_over_what_was_seen(ports: Ports, brand: str) -> None:
    ports.put(item(brand, problem="x"))
    seen = ports.drafts.get(brand, "spring")
    assert seen is not None
    assert ports.drafts.write_review(brand, "spring", {"status": "ready", "problem": None}, seen=seen)
    assert stored(ports, brand) == {**plain(item(brand)), "status": "ready"}


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"audience": "false"},
        {"content": {"text": "x"}},
        {"status": "running"},
        {"holdout": None},
        {"goal": "order.completed"},
    ],
)
def test_a_review_of_something_else_is_not_written(ports: Ports, brand: str, meanwhile: dict[str, Any]) -> None:
    ports.put(item(brand))
    seen = ports.drafts.get(brand, "spring")
    assert seen is not None
    changed = {name: value for name, value in item(brand, **meanwhile).items() if value is not None}
    ports.put(changed)
    assert not ports.drafts.write_review(brand, "spring", {"status": "ready"}, seen=seen)
    assert stored(ports, brand) == plain(changed)


@pytest.mark.parametrize("meanwhile", [{"ask": "stop"}, {"progress": "1 %"}, {"edited_by": "amy"}])
def test_what_others_write_beside_it_is_no_obstacle(ports: Ports, brand: str, meanwhile: dict[str, Any]) -> None:
    ports.put(item(brand))
    seen = ports.drafts.get(brand, "spring")
    assert seen is not None
    ports.put(item(brand, **meanwhile))
    assert ports.drafts.write_review(brand, "spring", {"status": "ready"}, seen=seen)
    assert stored(ports, brand) == {**plain(item(brand, **meanwhile)), "status": "ready"}


def test_an_item_that_is_gone_is_not_brought_back(ports: Ports, brand: str) -> None:
    assert not ports.drafts.write_review(brand, "spring", {"status": "ready"}, seen=item(brand))
    assert not ports.campaigns.write(brand, "spring", {"status": "ready"})
    assert not ports.campaigns.answer(brand, "spring", "stop", {"status": "ready"})
    assert not ports.book.ask(brand, "spring", "stop")
    assert ports.drafts.get(brand, "spring") is None


def test_what_was_asked_is_answered_once(ports: Ports, brand: str) -> None:
    ports.put(item(brand))
    assert ports.book.ask(brand, "spring", "estimate")
    assert ports.campaigns.answer(brand, "spring", "estimate", {"estimate": "约 1,200 人", "hint": None})
    assert stored(ports, brand) == {**plain(item(brand)), "estimate": "约 1,200 人"}


def test_what_is_asked_meanwhile_stays(ports: Ports, brand: str) -> None:
    ports.put(item(brand, ask="stop"))
    assert not ports.campaigns.answer(brand, "spring", "estimate", {"estimate": "x"})
    assert stored(ports, brand) == plain(item(brand, ask="stop"))


@pytest.mark.parametrize("odd", [Decimal(3), ["stop"], True])
def test_what_cannot_be_asked_goes_away_too(ports: Ports, brand: str, odd: Any) -> None:
    ports.put(item(brand, ask=odd))
    assert ports.campaigns.answer(brand, "spring", str(odd), {"hint": "?"})
    assert stored(ports, brand) == {**plain(item(brand)), "hint": "?"}


def test_an_editor_writes_over_what_was_seen_and_leaves_the_system_alone(ports: Ports, brand: str) -> None:
    assert ports.book.write(item(brand, edited_by="amy"), seen=None)
    assert not ports.book.write(item(brand), seen=None), "there is one already"
    ports.campaigns.write(brand, "spring", {"status": "ready"})
    seen = ports.book.get(brand, "spring")
    new = {"brand": brand, "campaign_id": "spring", "audience": "false", "edited_by": "bob"}
    assert ports.book.write(new, seen=seen)
    assert stored(ports, brand) == {**new, "status": "ready"}
    assert not ports.book.write(item(brand), seen=seen), "it is another one now"


def approval(brand: str, **changes: Any) -> Approval:
    return Approval(
        **{"brand": brand, "campaign_id": "spring", "hash": HASH, "approved_by": "amy", "approved_at": NOW, **changes}
    )


def test_an_approval_is_of_one_hash_of_one_campaign_and_stays(ports: Ports, brand: str) -> None:
    assert ports.approvals.get(brand, "spring", HASH) is None
    assert ports.approval_book.put(approval(brand, audience=1200, note="好"))
    assert not ports.approval_book.put(approval(brand, approved_by="eve"))
    assert ports.approvals.get(brand, "spring", HASH) == approval(brand, audience=1200, note="好")
    assert ports.approvals.get(brand, "summer", HASH) is None
    assert ports.approvals.get(f"{brand}x", "spring", HASH) is None
    assert ports.approvals.get(brand, "spring", "f" * 16) is None


def test_edits_of_the_stream() -> None:
    keys = {"brand": {"S": "demo"}, "campaign_id": {"S": "spring"}}
    record = {"dynamodb": {"Keys": keys, "SequenceNumber": "1", "NewImage": {**keys, "audience": {"S": "true"}}}}
    assert sort_key_in({"Records": [record]}) == "campaign_id"
    ((number, edit),) = edits_in({"Records": [record]})
    assert (number, edit.brand, edit.rule_id, edit.old) == ("1", "demo", "spring", None)
