"""Who gets which variant: by a hash of campaign and person, so that it is the same in every run and on every machine."""

from hashlib import sha256
from typing import Final

from yuchi.domain.campaign.model import HOLDOUT, UNDECIDED, Campaign

_PARTS: Final = 2**32


def assign(campaign: Campaign, person: str) -> str:
    """The name of the person's variant, or ``HOLDOUT``, or ``UNDECIDED`` for who waits for the best one.

    The three draws are independent: a hold-out of ten percent takes the same part of each variant.
    """
    if not (campaign.holdout or campaign.contest or len(campaign.variants) > 1):
        return campaign.variants[0].name
    digest = sha256(f"{campaign.brand}\x1f{campaign.campaign_id}\x1f{person}".encode()).digest()
    held, tested, drawn = (int.from_bytes(digest[at : at + 4]) * 100 / _PARTS for at in (0, 4, 8))
    if held < campaign.holdout:
        return HOLDOUT
    if campaign.contest and tested >= campaign.contest.share:
        return UNDECIDED
    reached = 0.0
    for variant in campaign.variants:
        reached += variant.share
        if drawn < reached:
            return variant.name
    return campaign.variants[-1].name
