"""Refuse what would get too large for an item before DynamoDB does, whose refusal does not say which item it was."""

from collections.abc import Sized
from typing import Final

from yuchi.adapters.dynamodb.items import Item, item_size
from yuchi.domain.profile import Profile
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import TooLargeError

RULES_BYTES: Final = 300_000
"""Where the size of an item ends that a rule fired for."""
ITEM_BYTES: Final = 390_000
"""Where it ends for every other: the bare fact of an event adds little, and DynamoDB takes 409,600."""
MANY_PARTS: Final = 60
"""Measuring costs as much as storing, so only profiles of more parts than this are measured. A part (an attribute of 1,000
characters of 4 bytes is the largest) is below 5 KB.
"""
LONG_RECORD: Final = RULES_BYTES // 5
"""Records of fewer characters than this are not measured: a character has at most 4 bytes, and the item has little else.
So it is with the record of a merge, which holds the whole survivor as JSON and may be a third larger than its profile.
"""


def refuse_large(entry: TimelineEntry, entry_item: Item, profile: Profile | None, profile_item: Item | None) -> None:
    """Raise :class:`TooLargeError` where the items of ``entry`` or ``profile`` are too large."""
    most = RULES_BYTES if entry.matched else ITEM_BYTES
    if len(entry_item["record"]["S"]) > LONG_RECORD and item_size(entry_item) > most:
        raise TooLargeError("entry")
    if profile and profile_item and _parts(profile) > MANY_PARTS and item_size(profile_item) > most:
        raise TooLargeError("profile")


def refuse_large_merge(merge_item: Item) -> None:
    """Raise :class:`TooLargeError` where the record of a merge is too large."""
    if len(merge_item["merge"]["S"]) > LONG_RECORD and item_size(merge_item) > ITEM_BYTES:
        raise TooLargeError("profile")


def _parts(profile: Profile) -> int:
    """Attributes count once for each source that says them: what counts of them is the least part."""
    parts: tuple[Sized, ...] = (
        *profile.slices.values(),
        profile.tags,
        profile.attributes,
        profile.scores,
        profile.activity,
        profile.fired,
        profile.timers,
        profile.channels,
        profile.identities,
    )
    return sum(map(len, parts))
