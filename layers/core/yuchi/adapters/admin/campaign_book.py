"""``Campaigns`` as an editor writes it: like rules, and with a column that asks for something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yuchi.adapters.admin.rule_book import DynamoDBRuleBook
from yuchi.domain.campaign.columns import ASK, COLUMNS, SYSTEM_COLUMNS
from yuchi.services.ports_rules import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBCampaignBook:
    """:class:`yuchi.services.ports_campaign_items.CampaignBook` on DynamoDB."""

    client: "DynamoDBClient"
    campaigns_table: str

    def get(self, brand: str, campaign_id: str) -> Item | None:
        """One campaign."""
        return self._book.get(brand, campaign_id)

    def all(self, brand: str) -> Sequence[Item]:
        """Every campaign of a brand."""
        return self._book.all(brand)

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        """Only over what was seen."""
        return self._book.write(columns, seen=seen)

    def ask(self, brand: str, campaign_id: str, text: str) -> bool:
        """Whatever was asked for before."""
        return self._book.set_column(brand, campaign_id, ASK, text)

    @property
    def _book(self) -> DynamoDBRuleBook:
        return DynamoDBRuleBook(
            client=self.client,
            rules_table=self.campaigns_table,
            sort_key="campaign_id",
            columns=tuple(COLUMNS),
            system=SYSTEM_COLUMNS | {ASK},
        )
