"""Cut the chosen persons into batches: as few as WeChat's limits allow, and the same ones whenever it is done."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import Final

from yuchi.domain.campaign.model import SendChannel
from yuchi.domain.campaign.run import Batch, Group, Span

MASS_SIZE: Final = 10_000
"""WeChat takes 2 to 10,000 openids in one mass message."""
MASS_LEAST: Final = 2
PERSONAL_SIZE: Final = 100
"""How many personal messages one worker sends at a time."""
CANARY_FROM: Final = 1_000
"""Smaller runs have no canary."""
_NEAR: Final = 10
"""A remainder up to so many times the canary's size becomes the canary, which saves a call."""

NOBODY: Final = Group("", "", "")
"""The group of those who were never chosen."""

PageCount = tuple[int, int, Mapping[Group, int]]
"""Shard, page, and how many were chosen there for each group."""


def pack(
    pages: Iterable[PageCount],
    *,
    skipped: Mapping[str, int] | None = None,
    canary: float = 0.0,
    at_most: int | None = None,
) -> list[Batch]:
    """The batches of a run, numbered from 0, those of the canary first.

    ``canary``: percent of each group. Persons beyond ``at_most``, and one alone in a mass message, come in batches with
    ``skip``, and so do those who were ``skipped`` before (reason -> how many), so that the batches add up to the audience.
    Shards are by a hash of the person, so the first pages are as good a sample as any.
    """
    spans: dict[Group, list[Span]] = defaultdict(list)
    over: dict[Group, list[Span]] = defaultdict(list)
    room = at_most
    for shard, page, counts in sorted(pages, key=lambda each: each[:2]):
        for group in sorted(counts):
            taken = counts[group] if room is None else min(counts[group], room)
            if taken:
                spans[group].append(Span(shard, page, 0, taken))
            if taken < counts[group]:
                over[group].append(Span(shard, page, taken, counts[group] - taken))
            room = None if room is None else room - taken
    total = sum(span.length for each in spans.values() for span in each)
    share = canary if total > CANARY_FROM else 0.0
    cut = [batch for group in sorted(spans) for batch in _cut(group, spans[group], share)]
    cut += [_skipped(group, over[group], "over_at_most") for group in sorted(over)]
    cut += [Batch(0, NOBODY, (), count, skip=reason) for reason, count in sorted((skipped or {}).items()) if count]
    cut.sort(key=lambda batch: not batch.canary)
    return [batch._replace(number=number) for number, batch in enumerate(cut)]


def _cut(group: Group, spans: Sequence[Span], canary: float) -> Iterator[Batch]:
    total = sum(span.length for span in spans)
    first = ceil(total * canary / 100) if canary else 0
    sizes = _mass_sizes(total, first) if group.channel == SendChannel.MASS else _sizes(total, PERSONAL_SIZE)
    sent = 0
    for size, part in zip(sizes, _parts(spans, sizes), strict=True):
        if group.channel == SendChannel.MASS and size < MASS_LEAST:
            yield _skipped(group, part, "too_few")
        else:
            yield Batch(0, group, tuple(part), size, canary=sent < first)
        sent += size


def _mass_sizes(total: int, canary: int) -> list[int]:
    """Full batches, a small one for the canary in front; none of one person where there are two or more."""
    remainder = total % MASS_SIZE
    front: list[int] = []
    if canary:
        wanted = min(max(canary, MASS_LEAST), MASS_SIZE)
        size = remainder if MASS_LEAST <= remainder <= wanted * _NEAR else wanted
        front = [] if total - size < MASS_LEAST else [size]
    sizes = front + _sizes(total - sum(front), MASS_SIZE)
    if len(sizes) > 1 and sizes[-1] < MASS_LEAST:
        sizes[-2:] = [sizes[-2] - 1, sizes[-1] + 1]
    return sizes


def _sizes(total: int, most: int) -> list[int]:
    full, rest = divmod(total, most)
    return [most] * full + ([rest] if rest else [])


def _parts(spans: Sequence[Span], sizes: Iterable[int]) -> Iterator[list[Span]]:
    """The spans of each batch in turn."""
    left = list(reversed(spans))
    for size in sizes:
        part: list[Span] = []
        missing = size
        while missing:
            span = left.pop()
            taken = min(span.length, missing)
            part.append(span._replace(length=taken))
            if taken < span.length:
                left.append(span._replace(start=span.start + taken, length=span.length - taken))
            missing -= taken
        yield part


def _skipped(group: Group, spans: Iterable[Span], reason: str) -> Batch:
    part = tuple(spans)
    return Batch(0, group, part, sum(span.length for span in part), skip=reason)
