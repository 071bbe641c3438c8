"""Review edits of a brand's own definitions (``Schema``): check each item, publish all together, keep what is good.

The same promises as for rules (:mod:`yuchi.services.review_edit`): what counts is the item as it is now, the swap demands
the manifest that was read before the items, and a mistake leaves the last good version of its item running.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from yuchi.domain.catalogue import Catalogue
from yuchi.domain.event import format_time
from yuchi.domain.manifest import Manifest
from yuchi.domain.problem import Locale, RuleProblem
from yuchi.domain.standard.publishing import Definitions, DefinitionsTooLargeError, LiveDefinition
from yuchi.domain.standard.reading import DefinitionReading, definition_hash, read_definition
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_rules import DraftStore, Edit, Item, Review, RulesetConflictError, RulesetStore, Status
from yuchi.services.review_edit import ATTEMPTS, KEPT_AFTER, METRICS, by_brand, told

_FULL: Final = RuleProblem(
    "schema.full",
    "这个品牌的定义总量已到上限，请先删除不用的定义",
    "this brand has as many definitions as it can have; delete some first",
)


@dataclass(frozen=True, slots=True)
class _Judged:
    item: Item | None
    reading: DefinitionReading | None

    @property
    def is_off(self) -> bool:
        return self.reading is None or self.reading.disabled


@dataclass(frozen=True, slots=True)
class ReviewDefinitions:
    """The use case behind ``functions/review_edit`` for edits of ``Schema``. The key of an edit is in its ``rule_id``."""

    drafts: DraftStore
    rulesets: RulesetStore
    catalogue: Catalogue
    clock: Clock
    metrics: Metrics
    locale: Locale = Locale.ZH

    def review_all(self, edits: Sequence[Edit]) -> set[int]:
        """Review edits of any brands; returns the positions of those that must come again."""
        failed: set[int] = set()
        for brand, items in by_brand(edits, _is_our_own).items():
            try:
                self._review(brand, list(items))
            except (UnavailableError, RulesetConflictError):
                failed.update(position for positions in items.values() for position in positions)
        return failed

    def _review(self, brand: str, keys: Sequence[str]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            manifest = self.rulesets.get_manifest(brand)
            live = (
                Definitions.read(self.rulesets.get_blob(brand, manifest.schema)) if manifest.schema else Definitions()
            )
            judged = {key: self._judge(self.drafts.get(brand, key)) for key in keys}
            refused: set[str] = set()
            following = _changed(live, judged, manifest.version + 1)
            try:
                name, blob = following.pack()
            except DefinitionsTooLargeError:
                refused = {key for key, each in judged.items() if not each.is_off}
                following = _changed(
                    live, {key: judged[key] for key in keys if key not in refused}, manifest.version + 1
                )
                name, blob = following.pack()
            if name != manifest.schema:
                try:
                    self._publish(manifest, name, blob)
                except RulesetConflictError:
                    if attempt == ATTEMPTS:
                        raise
                    continue
            self._tell(brand, judged, following, refused)
            return

    def _judge(self, item: Item | None) -> _Judged:
        return _Judged(item, read_definition(item, catalogue=self.catalogue) if item is not None else None)

    def _publish(self, manifest: Manifest, name: str, blob: bytes) -> None:
        version = manifest.version + 1
        if name:
            self.rulesets.put_blobs(manifest.brand, {name: blob}, version=version)
        self.rulesets.swap(replace(manifest, version=version, schema=name), [])
        if manifest.schema:
            with suppress(UnavailableError):  # what is left behind costs a few kilobytes and does no harm
                expires_at = self.clock() + KEPT_AFTER
                self.rulesets.retire(manifest.brand, [manifest.schema], version=version, expires_at=expires_at)

    def _tell(self, brand: str, judged: Mapping[str, _Judged], live: Definitions, refused: set[str]) -> None:
        for key, each in judged.items():
            if each.item is None or each.reading is None:
                continue
            problems = (*each.reading.problems, *((_FULL,) if key in refused else ()))
            known = live.items.get(key)
            version = known.version if known else None
            status = Status.OFF if each.is_off and not problems else Status.INVALID if problems else Status.LIVE
            review = Review(
                status=status,
                problem=told(problems, self.locale, still_live=version),
                hint=told(each.reading.hints, self.locale),
                live_version=version,
                reviewed=each.reading.hash,
                reviewed_at=format_time(self.clock()),
            )
            if self.drafts.write_review(brand, key, seen=each.item, review=review) and status in METRICS:
                self.metrics.count(METRICS[status])


def _changed(live: Definitions, judged: Mapping[str, _Judged], version: int) -> Definitions:
    """What shall be live. What is live as it stands keeps its version; what is wrong changes nothing."""
    items = dict(live.items)
    for key, each in judged.items():
        if each.is_off:
            items.pop(key, None)
        elif each.reading is not None and each.reading.definition is not None:
            known = items.get(key)
            if known is None or known.content != each.reading.definition:
                items[key] = LiveDefinition(version=version, content=each.reading.definition)
    return Definitions(items)


def _is_our_own(edit: Edit) -> bool:
    """An edit by which only the review's columns changed, of an item whose review is written on it."""
    if edit.old is None or edit.new is None:
        return False
    written = definition_hash(edit.new)
    return edit.new.get("reviewed") == written and definition_hash(edit.old) == written
