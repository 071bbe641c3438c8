"""The streams of ``Campaigns`` and ``Approvals``: which campaigns somebody wants something of."""

from collections.abc import Iterator, Mapping
from typing import Any


def looks_in(event: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """``(sequence number, brand, campaign id)`` of each record. What was approved is named by its campaign."""
    for record in event["Records"]:
        change = record["dynamodb"]
        keys = change["Keys"]
        if "campaign" in keys:
            brand, _, campaign_id = keys["campaign"]["S"].partition("#")
        else:
            brand, campaign_id = keys["brand"]["S"], keys["campaign_id"]["S"]
        yield change["SequenceNumber"], brand, campaign_id
