"""``Merges``: which persons were found to be one, and what the survivor was before."""

from yuchi.adapters.dynamodb.items import Item, to_item
from yuchi.domain.event import identity_key
from yuchi.domain.merging import UNDOABLE, Merge


def merge_item(merge: Merge) -> Item:
    """A merge as it is stored; DynamoDB deletes it when it cannot be undone any more."""
    return to_item(
        {
            "survivor": identity_key(merge.brand, merge.survivor),
            "absorbed": merge.absorbed,
            "merge": merge.model_dump_json(exclude_defaults=True),
            "expires_at": merge.at + int(UNDOABLE.total_seconds()),
        }
    )


def merge_from_item(item: Item) -> Merge:
    """The stored merge."""
    return Merge.model_validate_json(item["merge"]["S"])
