"""``Campaigns``, which marketers edit, and ``Approvals``, which only approvers may write."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.drafts import DynamoDBDrafts, read_item
from yuchi.adapters.dynamodb.items import to_item
from yuchi.domain.campaign.approval import Approval, read_approval
from yuchi.domain.campaign.columns import ASK, COLUMNS
from yuchi.services.ports_rules import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

GUARDED: Final = (*COLUMNS, "status")
"""What must still be as it was seen for a review to be written: a run may have begun meanwhile."""


@dataclass(frozen=True, slots=True)
class DynamoDBCampaigns:
    """:class:`yuchi.services.ports_campaigns.CampaignDrafts` on DynamoDB."""

    client: "DynamoDBClient"
    campaigns_table: str

    def get(self, brand: str, campaign_id: str) -> Item | None:
        """The item as it is now."""
        return self._drafts.get(brand, campaign_id)

    def all(self, brand: str) -> list[Item]:
        """Every campaign of a brand."""
        return self._drafts.all(brand)

    def write(self, brand: str, campaign_id: str, columns: Mapping[str, Any]) -> bool:
        """Set columns of the system."""
        return self._drafts.write(brand, campaign_id, columns)

    def answer(self, brand: str, campaign_id: str, asked: str, columns: Mapping[str, Any]) -> bool:
        """The same, and take ``ask`` away. What is no text was asked by nobody and goes in any case."""
        still = {"(#ask = :asked OR NOT attribute_type(#ask, :text))": {":asked": asked, ":text": "S"}}
        return self._drafts.write(brand, campaign_id, {**columns, ASK: None}, only_if=still)

    def write_review(self, brand: str, campaign_id: str, columns: Mapping[str, Any], *, seen: Item) -> bool:
        """Set columns of the system if the marketer's, and the status, still are as in ``seen``."""
        return self._drafts.write(brand, campaign_id, columns, seen=seen)

    @property
    def _drafts(self) -> DynamoDBDrafts:
        return DynamoDBDrafts(
            client=self.client, rules_table=self.campaigns_table, sort_key="campaign_id", columns=GUARDED
        )


@dataclass(frozen=True, slots=True)
class DynamoDBApprovals:
    """:class:`yuchi.services.ports_campaigns.Approvals` and ``ApprovalBook`` on DynamoDB."""

    client: "DynamoDBClient"
    approvals_table: str

    def get(self, brand: str, campaign_id: str, plan_hash: str) -> Approval | None:
        """Read consistently."""
        key = {"campaign": {"S": f"{brand}#{campaign_id}"}, "hash": {"S": plan_hash}}
        with unavailable():
            item = self.client.get_item(TableName=self.approvals_table, Key=key, ConsistentRead=True).get("Item")
        return read_approval(read_item(item)) if item is not None else None

    def put(self, approval: Approval) -> bool:
        """The first one stays."""
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.approvals_table,
                    Item=to_item(approval.dump()),
                    ConditionExpression="attribute_not_exists(#hash)",
                    ExpressionAttributeNames={"#hash": "hash"},
                )
        except ClientError:
            return False
        return True
