"""What is live for a brand: one small item that names the chunks of each bucket of rules."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from yuchi.domain.rule import ALL_ACCOUNTS
from yuchi.domain.triggers import is_watched


class Chunk(NamedTuple):
    """One blob: its name, how many rules it holds, how many of them no index can file, which event types they count."""

    hash: str
    rules: int
    linear: int
    counted: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is live for a brand. ``buckets``: ``<account>|<event type>`` -> bits of the hash -> chunk. ``schema``: the blob
    of what the brand defined for itself (:mod:`yuchi.domain.standard`), none where it is empty. ``goals``: event type ->
    run of a campaign that waits for it -> until when (epoch seconds), see :mod:`yuchi.domain.campaign.forwarding`.
    """

    brand: str
    version: int = 0
    rules: int = 0
    buckets: Mapping[str, Mapping[str, Chunk]] = field(default_factory=dict)
    schema: str = ""
    goals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def hashes(self, account: str, event_type: str) -> tuple[str, ...]:
        """The blobs that an event of ``event_type`` on ``account`` needs; see :func:`load`."""
        return tuple(
            chunk.hash
            for owner in (account, ALL_ACCOUNTS)
            for chunk in self.buckets.get(f"{owner}|{event_type}", {}).values()
        )

    def all_hashes(self) -> frozenset[str]:
        """Every blob that is in use."""
        return frozenset(chunk.hash for chunks in self.buckets.values() for chunk in chunks.values())

    def counted(self) -> dict[str, int | None]:
        """Event types that conditions count -> the longest window in seconds, None for any time."""
        return widest(chunk.counted for chunks in self.buckets.values() for chunk in chunks.values())

    def watched(self) -> tuple[str, ...]:
        """What rules listen to that time alone may bring about; see :mod:`yuchi.domain.waiting`."""
        return tuple(sorted({name for name in map(_listened_to, self.buckets) if is_watched(name)}))

    def listening(self, listened_to: str) -> frozenset[str]:
        """The accounts that have rules with ``listened_to`` in ``on``; ``*`` where there are rules for all of them."""
        return frozenset(name.partition("|")[0] for name in self.buckets if _listened_to(name) == listened_to)

    def dump(self) -> str:
        """As JSON text."""
        content = {
            "brand": self.brand,
            "version": self.version,
            "rules": self.rules,
            "buckets": {
                name: {bits: list(chunk) for bits, chunk in chunks.items()} for name, chunks in self.buckets.items()
            },
        } | {name: value for name, value in (("schema", self.schema), ("goals", self.goals)) if value}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> Self:
        """The inverse of :meth:`dump`."""
        content = json.loads(text)
        buckets = {
            name: {bits: Chunk(*chunk) for bits, chunk in chunks.items()} for name, chunks in content["buckets"].items()
        }
        return cls(
            brand=content["brand"],
            version=content["version"],
            rules=content["rules"],
            buckets=buckets,
            schema=content.get("schema", ""),
            goals=content.get("goals", {}),
        )


def widest(all_counted: Iterable[Mapping[str, int | None]]) -> dict[str, int | None]:
    """Event types with the longest of their windows, in seconds; None is the longest of all."""
    longest: dict[str, int | None] = {}
    for counted in all_counted:
        for event_type, window in counted.items():
            known = longest.get(event_type, 0)
            longest[event_type] = None if window is None or known is None else max(window, known)
    return longest


def _listened_to(bucket: str) -> str:
    return bucket.partition("|")[2]
