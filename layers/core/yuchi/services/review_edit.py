"""Review edits of rules: check a draft, make it live or say why not, and never lose the last good version.

A record of the stream only says that something happened to a draft. What counts is the draft as it is now, so records
may come twice or in any order. In each try the manifest is read before the drafts, and the swap demands that very
manifest: a reviewer that read an older draft than another one who published meanwhile cannot publish.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from yuchi.domain.catalogue import Catalogue
from yuchi.domain.draft import Reading, marketer_hash, read_draft
from yuchi.domain.draft_columns import COLUMNS
from yuchi.domain.event import format_time
from yuchi.domain.manifest import Manifest
from yuchi.domain.problem import Locale, RuleProblem, RuleProblemError
from yuchi.domain.rule import Rule
from yuchi.domain.rule_check import Checked, check_drafts
from yuchi.domain.rule_neighbours import Neighbours, duplicate_hint, likeness, neighbours_of, tag_hints
from yuchi.domain.ruleset import Change, Publication, RulesetTooLargeError, publish, read_chunk
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_rules import (
    BrandAccounts,
    DraftStore,
    Edit,
    Item,
    Review,
    RuleHead,
    RulesetConflictError,
    RulesetStore,
    Status,
)

ATTEMPTS: Final = 5
"""How often one group is tried anew when others publish at the same time."""
GROUP: Final = 20
"""How many rules are published in one transaction."""
MAX_TOLD: Final = 10
MAX_TOLD_CHARACTERS: Final = 2_000
KEPT_NEIGHBOURS: Final = 512
"""How many chunks are remembered, summed up."""
KEPT_AFTER: Final = timedelta(days=1)
"""How long a chunk stays when no manifest names it any more: far longer than any container goes by an old manifest."""


METRICS: Final[Mapping[Status, str]] = {Status.LIVE: "RuleLive", Status.INVALID: "RuleRejected"}


def by_brand(edits: Sequence[Edit], is_our_own: Callable[[Edit], bool]) -> Mapping[str, Mapping[str, list[int]]]:
    """Brand -> item -> the positions of its edits, without those by which we wrote our own review."""
    wanted: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for position, edit in enumerate(edits):
        if not is_our_own(edit):
            wanted[edit.brand][edit.rule_id].append(position)
    return wanted


@dataclass(frozen=True, slots=True)
class _Judged:
    """One draft of a group: the item (None: deleted), how it reads, and what the check says where it reads well."""

    item: Item | None
    reading: Reading | None
    checked: Checked | None

    @property
    def problems(self) -> tuple[RuleProblem, ...]:
        if self.checked is not None:
            return self.checked.problems
        return self.reading.problems if self.reading else ()

    @property
    def is_off(self) -> bool:
        """Deleted, or switched off; a switch works even while the rest of the item is wrong."""
        return self.reading is None or self.reading.disabled


@dataclass(frozen=True, slots=True)
class ReviewEdit:
    """The use case behind ``functions/review_edit``."""

    drafts: DraftStore
    rulesets: RulesetStore
    accounts: BrandAccounts
    catalogue: Catalogue
    clock: Clock
    metrics: Metrics
    locale: Locale = Locale.ZH
    _neighbours: dict[str, Neighbours] = field(default_factory=dict)

    def review(self, edit: Edit) -> bool:
        """Review one edit; False when it must come again."""
        return not self.review_all([edit])

    def review_all(self, edits: Sequence[Edit]) -> set[int]:
        """Review edits of any brands; returns the positions of those that must come again."""
        failed: set[int] = set()
        for brand, rules in by_brand(edits, _is_our_own).items():
            rule_ids = list(rules)
            for start in range(0, len(rule_ids), GROUP):
                group = rule_ids[start : start + GROUP]
                try:
                    self._review_group(brand, group)
                except (UnavailableError, RulesetConflictError):
                    failed.update(position for rule_id in group for position in rules[rule_id])
        return failed

    def _review_group(self, brand: str, rule_ids: Sequence[str]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            manifest = self.rulesets.get_manifest(brand)
            judged = self._judge(brand, rule_ids)
            heads = self.rulesets.get_heads(brand, [each for each in rule_ids if _is_possible(brand, each)])
            changes = _changes(judged, heads)
            publication = self._publish(manifest, changes)
            if publication.manifest is not manifest:
                version = publication.manifest.version
                self.rulesets.put_blobs(brand, publication.blobs, version=version)
                moved = _moved_heads(changes, publication.refused, heads, now=self.clock())
                try:
                    self.rulesets.swap(publication.manifest, list(moved.values()))
                except RulesetConflictError:
                    if attempt == ATTEMPTS:
                        raise
                    continue
                heads = heads | moved
                # What is left behind when this fails costs a few kilobytes and does no harm.
                with suppress(UnavailableError):
                    expires_at = self.clock() + KEPT_AFTER
                    self.rulesets.retire(brand, publication.retired, version=version, expires_at=expires_at)
            self._tell(brand, judged, heads, publication)
            return

    def _judge(self, brand: str, rule_ids: Sequence[str]) -> dict[str, _Judged]:
        accounts = self.accounts.of_brand(brand)
        items = [self.drafts.get(brand, rule_id) for rule_id in rule_ids]
        readings = [None if item is None else read_draft(item) for item in items]
        drafts = [reading.draft for reading in readings if reading and reading.draft]
        all_checked = check_drafts(drafts, catalogue=self.catalogue, accounts=accounts)
        return {
            rule_id: _Judged(item, reading, next(all_checked) if reading and reading.draft else None)
            for rule_id, item, reading in zip(rule_ids, items, readings, strict=True)
        }

    def _publish(self, manifest: Manifest, changes: Mapping[str, Change]) -> Publication:
        def read_blob(name: str) -> bytes:
            return self.rulesets.get_blob(manifest.brand, name)

        try:
            return publish(manifest, changes.values(), read_blob)
        except RulesetTooLargeError:
            full = RuleProblem(
                "ruleset.full",
                "这个品牌的规则总数已到上限，请先删除不用的规则",
                "this brand has as many rules as it can have; delete some first",
            )
            # Whatever else is in the group, what shall stop has to stop.
            removals = publish(manifest, (each for each in changes.values() if each.new is None), read_blob)
            kept_out = {rule_id: full for rule_id, each in changes.items() if each.new is not None}
            return replace(removals, refused={**removals.refused, **kept_out})

    def _tell(
        self, brand: str, judged: Mapping[str, _Judged], heads: Mapping[str, RuleHead], publication: Publication
    ) -> None:
        for rule_id, each in judged.items():
            if each.item is None or each.reading is None:
                continue
            refusal = publication.refused.get(rule_id)
            problems = each.problems + ((refusal,) if refusal else ())
            head = heads.get(rule_id)
            version = head.version if head and head.rule else None
            status = Status.INVALID if problems else Status.OFF if each.is_off else Status.LIVE
            hints = () if problems else self._hints(each, publication.manifest)
            review = Review(
                status=status,
                problem=told(problems, self.locale, still_live=version),
                hint=told(hints, self.locale),
                live_version=version,
                reviewed=each.reading.hash,
                reviewed_at=format_time(self.clock()),
            )
            if self.drafts.write_review(brand, rule_id, seen=each.item, review=review) and status in METRICS:
                self.metrics.count(METRICS[status])

    def _hints(self, judged: _Judged, manifest: Manifest) -> tuple[RuleProblem, ...]:
        if judged.checked is None or judged.checked.condition is None:
            return ()
        draft = judged.checked.draft
        twins = {
            rule_id: name
            for chunk in manifest.buckets.get(f"{draft.account}|{draft.on[0]}", {}).values()
            for rule_id, name in self._neighbours_in(manifest.brand, chunk.hash)
            .likenesses.get(likeness(draft), {})
            .items()
            if rule_id != draft.rule_id
        }
        duplicates = [duplicate_hint(next(iter(twins.values())))] if twins else []
        return (*judged.checked.hints, *self._tag_hints(judged.checked.condition.tags, manifest), *duplicates)

    def _tag_hints(self, asked: frozenset[str], manifest: Manifest) -> Iterator[RuleProblem]:
        """Chunks are read until every tag is found, and remembered: mostly this reads nothing."""
        given: set[str] = set()
        for name in sorted(manifest.all_hashes(), key=self._neighbours.__contains__, reverse=True):
            if asked <= given:
                return
            given |= self._neighbours_in(manifest.brand, name).tags
        yield from tag_hints(asked, given)

    def _neighbours_in(self, brand: str, blob: str) -> Neighbours:
        known = self._neighbours.get(blob)
        if known is None:
            if len(self._neighbours) >= KEPT_NEIGHBOURS:
                self._neighbours.pop(next(iter(self._neighbours)))
            known = self._neighbours[blob] = neighbours_of(read_chunk(self.rulesets.get_blob(brand, blob)))
        return known


def told(problems: Sequence[RuleProblem], locale: Locale, *, still_live: int | None = None) -> str | None:
    """What a marketer reads of ``problems``, one a line; None without any. ``still_live``: the version that runs."""
    if not problems:
        return None
    lines = [problem.text(locale) for problem in problems[:MAX_TOLD]]
    if len(problems) > MAX_TOLD:
        more = len(problems) - MAX_TOLD
        lines.append(f"……还有 {more} 个问题" if locale is Locale.ZH else f"... and {more} more")
    if still_live is not None:
        lines.append(
            f"（线上仍在运行第 {still_live} 版）" if locale is Locale.ZH else f"(version {still_live} keeps running)"
        )
    return "\n".join(lines)[:MAX_TOLD_CHARACTERS]


def _is_our_own(edit: Edit) -> bool:
    """An edit by which only the system's columns changed, of a draft whose review is written on it."""
    if edit.old is None or edit.new is None:
        return False
    written = marketer_hash(edit.new)
    return edit.new.get("reviewed") == written and marketer_hash(edit.old) == written


def _is_possible(brand: str, rule_id: str) -> bool:
    """Keys that no rule can have may be too long for the keys of ``Live``."""
    try:
        return bool(COLUMNS["brand"](brand)) and bool(COLUMNS["rule_id"](rule_id))
    except RuleProblemError:
        return False


def _changes(judged: Mapping[str, _Judged], heads: Mapping[str, RuleHead]) -> dict[str, Change]:
    """What has to change in ``Live``. A rule that is live as it stands, and one that is wrong, change nothing."""
    changes: dict[str, Change] = {}
    for rule_id, each in judged.items():
        head = heads.get(rule_id)
        old = head.rule if head else None
        if each.is_off:
            if old is not None:
                changes[rule_id] = Change(old, None)
        elif each.checked is not None and not each.problems:
            last = head.version if head else 0
            if old is None or each.checked.rule(last).dump() != old.dump():
                changes[rule_id] = Change(old, each.checked.rule(last + 1))
    return changes


def _moved_heads(
    changes: Mapping[str, Change], refused: Mapping[str, RuleProblem], heads: Mapping[str, RuleHead], *, now: datetime
) -> dict[str, RuleHead]:
    moved: dict[str, RuleHead] = {}
    for rule_id, change in changes.items():
        if rule_id in refused:
            continue
        new: Rule | None = change.new
        version = new.version if new else heads[rule_id].version
        moved[rule_id] = RuleHead(rule_id=rule_id, version=version, rule=new, changed_at=now)
    return moved
