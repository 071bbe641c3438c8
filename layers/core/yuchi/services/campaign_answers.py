"""What marketers ask for before a campaign is sent: how many, and a look at it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yuchi.domain.campaign.model import Campaign
from yuchi.services.estimate_audience import EstimateAudience
from yuchi.services.preview_campaign import PreviewCampaign


@dataclass(frozen=True, slots=True)
class CampaignAnswers:
    """:class:`yuchi.services.plan_campaign.Answers`."""

    estimates: EstimateAudience
    previews: PreviewCampaign

    def estimate(self, campaign: Campaign) -> Mapping[str, Any]:
        """How many persons, about."""
        return self.estimates.estimate(campaign)

    def count(self, campaign: Campaign) -> Mapping[str, Any] | None:
        """How many persons, exactly; None while they are being counted."""
        return self.estimates.count(campaign)

    def preview(self, campaign: Campaign, plan_hash: str) -> Mapping[str, Any]:
        """Send it to the testers."""
        return self.previews.preview(campaign, plan_hash)
