"""``Campaigns`` and ``Approvals`` in dictionaries. They pass the same contract tests as the DynamoDB adapters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from yuchi.domain.campaign.approval import Approval, read_approval
from yuchi.domain.campaign.columns import ASK, COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.plain import plain
from yuchi.services.ports_rules import Edit, Item

KEYS = ("brand", "campaign_id")
NOT_COMPARED = SYSTEM_COLUMNS | {ASK, *KEYS}


@dataclass
class FakeCampaigns:
    """``Campaigns`` with its stream: each write appends an :class:`Edit`. ``before_review``: what comes in between."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    stream: list[Edit] = field(default_factory=list)
    before_review: Callable[[], None] | None = None

    def put(self, item: Mapping[str, Any]) -> None:
        """As the console writes an item."""
        key = (item["brand"], item["campaign_id"])
        old = self.items.get(key)
        self.items[key] = dict(item)
        self.stream.append(Edit(*key, old=old, new=dict(item)))

    def delete(self, brand: str, campaign_id: str) -> None:
        old = self.items.pop((brand, campaign_id), None)
        self.stream.append(Edit(brand, campaign_id, old=old, new=None))

    def drain(self) -> list[Edit]:
        edits, self.stream = self.stream, []
        return edits

    def get(self, brand: str, campaign_id: str) -> dict[str, Any] | None:
        item = self.items.get((brand, campaign_id))
        return dict(item) if item is not None else None

    def all(self, brand: str) -> list[Item]:
        return [dict(self.items[key]) for key in sorted(self.items) if key[0] == brand]

    # ---------------------------------------------------------------- the system

    def write_review(self, brand: str, campaign_id: str, columns: Mapping[str, Any], *, seen: Item) -> bool:
        if self.before_review is not None:
            hook, self.before_review = self.before_review, None
            hook()
        item = self.items.get((brand, campaign_id))
        if item is None or any(plain(item.get(name)) != plain(seen.get(name)) for name in (*COLUMNS, "status")):
            return False
        return self.write(brand, campaign_id, columns)

    def write(self, brand: str, campaign_id: str, columns: Mapping[str, Any]) -> bool:
        item = self.get(brand, campaign_id)
        if item is None:
            return False
        changed = {name: value for name, value in {**item, **columns}.items() if value is not None}
        if changed != item:  # a write that changes nothing makes no record
            self.put(changed)
        return True

    def answer(self, brand: str, campaign_id: str, asked: str, columns: Mapping[str, Any]) -> bool:
        item = self.get(brand, campaign_id)
        if item is None or (item.get(ASK) != asked and isinstance(item.get(ASK, ""), str)):
            return False
        return self.write(brand, campaign_id, {**columns, ASK: None})


@dataclass
class FakeCampaignBook:
    """``Campaigns`` as an editor. ``after``: what happens once somebody wrote, such as the reviewer's work."""

    table: FakeCampaigns
    after: Callable[[], None] = lambda: None

    def get(self, brand: str, campaign_id: str) -> Item | None:
        return self.table.get(brand, campaign_id)

    def all(self, brand: str) -> list[Item]:
        return self.table.all(brand)

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        key = (columns["brand"], columns["campaign_id"])
        item = self.table.get(*key)
        if (item is None) != (seen is None):
            return False
        if item is not None and seen is not None and _marketers(item) != _marketers(seen):
            return False
        kept = {name: value for name, value in (item or {}).items() if name in NOT_COMPARED}
        self.table.put({**kept, **columns})
        self.after()
        return True

    def ask(self, brand: str, campaign_id: str, text: str) -> bool:
        if not self.table.write(brand, campaign_id, {ASK: text}):
            return False
        self.after()
        return True


def _marketers(item: Item) -> dict[str, Any]:
    return {name: plain(value) for name, value in item.items() if name not in NOT_COMPARED}


@dataclass
class FakeApprovals:
    """``Approvals`` as items."""

    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    after: Callable[[], None] = lambda: None

    def get(self, brand: str, campaign_id: str, plan_hash: str) -> Approval | None:
        item = self.items.get((f"{brand}#{campaign_id}", plan_hash))
        return read_approval(item) if item is not None else None

    def put(self, approval: Approval) -> bool:
        if (approval.campaign, approval.hash) in self.items:
            return False
        self.items[approval.campaign, approval.hash] = approval.dump()
        self.after()
        return True
