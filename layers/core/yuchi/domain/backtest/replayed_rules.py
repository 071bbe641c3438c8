"""The rules that a backtest replays, as a ruleset of their own."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from yuchi.domain.decision import LiveRules
from yuchi.domain.event import Event
from yuchi.domain.language import Bucket
from yuchi.domain.rule import Rule
from yuchi.domain.ruleset import Publication, build, load
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.standard.stages import with_counted
from yuchi.domain.triggers import STAGE_CHANGED, listened


class ReplayedRules:
    """Of one brand, by its ``schema``. Buckets are loaded when first asked for."""

    def __init__(self, brand: str, rules: Sequence[Rule], schema: BrandSchema) -> None:
        self.schema = schema
        self._publication: Publication = build(brand, rules)
        self._buckets: dict[tuple[str, str], Bucket | None] = {}

    @cached_property
    def counted(self) -> Mapping[str, int | None]:
        """The event types that conditions of rules and stages count."""
        return with_counted(self._publication.manifest.counted(), self.schema)

    @cached_property
    def watched(self) -> Sequence[str]:
        """What rules wait for that time alone may bring about."""
        watched = self._publication.manifest.watched()
        return (*watched, STAGE_CHANGED) if self.schema.own_stages and STAGE_CHANGED not in watched else watched

    def bucket(self, account: str, listened_to: str) -> Bucket | None:
        """The rules that events of a type on an account may match."""
        key = account, listened_to
        if key not in self._buckets:
            publication = self._publication
            self._buckets[key] = load(publication.blobs[name] for name in publication.manifest.hashes(*key))
        return self._buckets[key]

    def live(self, event: Event) -> LiveRules:
        """All that a decision on ``event`` needs."""
        return LiveRules(
            bucket=self.bucket(event.account, listened(event)),
            listens=lambda listened_to: self.bucket(event.account, listened_to) is not None,
            counted=self.counted,
            version=0,
            watched=self.watched,
            listening=self._publication.manifest.listening,
            schema=self.schema,
        )
