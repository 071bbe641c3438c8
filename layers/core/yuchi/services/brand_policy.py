"""What a brand decided for all of its campaigns, read from what it published."""

from dataclasses import dataclass

from yuchi.services.ports import Rulesets
from yuchi.services.ports_campaigns import Policy


@dataclass(frozen=True, slots=True)
class RulesetPolicy:
    """:class:`yuchi.services.ports_campaigns.BrandPolicy`: the data standard, by which conditions see a person."""

    rulesets: Rulesets

    def of(self, brand: str) -> Policy:
        """The brand's policy."""
        return Policy(schema=self.rulesets.schema(brand))
