"""All published rules of a brand, cut so that an event reads little and an edit rewrites little.

A **bucket** holds the rules of one account (or ``*``) on one event type. It is cut into **chunks** by the bits of a
hash of the rule's id; a chunk that grows too large is split by the next bit, so that one edit rewrites one chunk. A
chunk is a blob named after its content and never changes. The **manifest** names the chunks of each bucket; a new
version of it, put in place by one conditional write, is what makes an edit live.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Final, NamedTuple

from yuchi.domain.collecting import without_collecting
from yuchi.domain.language import Bucket, Entry
from yuchi.domain.manifest import Chunk, Manifest, widest
from yuchi.domain.plain import digest
from yuchi.domain.problem import RuleProblem
from yuchi.domain.rule import ALL_ACCOUNTS, Rule
from yuchi.domain.triggers import is_watched

MAX_CHUNK_RULES: Final = 256
MAX_CHUNK_BYTES: Final = 300_000
MAX_MANIFEST_BYTES: Final = 350_000
MAX_LINEAR: Final = 200
"""How many rules of a bucket may be without any part that the index can use."""
MAX_WATCHED: Final = 20
"""How many different things may be waited for that come by time alone."""
NAMES_SHOWN: Final = 10


class RulesetTooLargeError(Exception):
    """The manifest would not fit into one item of the store."""


class Change(NamedTuple):
    """One rule: as it was live (None: not at all), and as it shall be (None: removed)."""

    old: Rule | None
    new: Rule | None


@dataclass(frozen=True, slots=True)
class Publication:
    """What publishing leads to: the next manifest, the blobs that it needs and the last one did not name, and by rule
    id what was refused. ``manifest`` is the very same object when nothing changed.
    """

    manifest: Manifest
    blobs: Mapping[str, bytes]
    refused: Mapping[str, RuleProblem]
    retired: frozenset[str] = frozenset()
    """The blobs that the last manifest named and this one does not."""


ReadBlob = Callable[[str], bytes]


def publish(manifest: Manifest, changes: Iterable[Change], read_blob: ReadBlob) -> Publication:
    """``manifest`` with ``changes`` made. ``read_blob`` gives the blobs of chunks that must be rewritten.

    Raises :class:`RulesetTooLargeError`, but never where rules are only taken away.
    """
    few, too_many = _keep_few_watched(manifest, changes)
    accepted, refused = _accept(manifest, few, read_blob)
    refused |= too_many
    edits: dict[str, dict[str, Rule | None]] = defaultdict(dict)
    total = manifest.rules
    for old, new in accepted:
        total += (new is not None) - (old is not None)
        for name in _bucket_names(old):
            edits[name][old.rule_id if old else ""] = None
        for name in _bucket_names(new):
            edits[name][new.rule_id if new else ""] = new
    blobs: dict[str, bytes] = {}
    buckets = dict(manifest.buckets)
    for name, edited in edits.items():
        chunks = _edit_bucket(buckets.get(name, {}), edited, read_blob, blobs)
        if chunks:
            buckets[name] = chunks
        else:
            buckets.pop(name, None)
    if buckets == manifest.buckets and total == manifest.rules:
        return Publication(manifest=manifest, blobs={}, refused=refused)
    following = replace(manifest, version=manifest.version + 1, rules=total, buckets=buckets)
    grows = any(new is not None for _, new in accepted)
    if grows and len(following.dump().encode()) > MAX_MANIFEST_BYTES:
        raise RulesetTooLargeError(f"the manifest of {manifest.brand} has {len(buckets)} buckets")
    known = manifest.all_hashes()
    needed = following.all_hashes() - known
    retired = known - following.all_hashes()
    return Publication(
        manifest=following, blobs={name: blobs[name] for name in needed}, refused=refused, retired=retired
    )


def build(brand: str, rules: Iterable[Rule]) -> Publication:
    """A ruleset from nothing."""

    def no_blob(name: str) -> bytes:
        raise KeyError(name)

    return publish(Manifest(brand=brand), (Change(None, rule) for rule in rules), no_blob)


def load(blobs: Iterable[bytes]) -> Bucket | None:
    """The bucket for the blobs that :meth:`Manifest.hashes` names; its entries' payloads are rules. None without
    rules.
    """
    entries = [
        Entry(rule_id=rule.rule_id, when=rule.when, access=rule.access, priority=rule.priority, payload=rule)
        for blob in blobs
        for rule in read_chunk(blob)
    ]
    return Bucket(entries) if entries else None


def read_chunk(blob: bytes) -> Iterator[Rule]:
    """The rules in a blob."""
    return (Rule.load(stored) for stored in json.loads(zlib.decompress(blob)))


def _bucket_names(rule: Rule | None) -> tuple[str, ...]:
    return () if rule is None else tuple(f"{rule.account}|{event_type}" for event_type in rule.on)


# --- what comes by time alone: each event of a person looks at all of it ---


def _keep_few_watched(manifest: Manifest, changes: Iterable[Change]) -> tuple[list[Change], dict[str, RuleProblem]]:
    known = set(manifest.watched())
    kept: list[Change] = []
    refused: dict[str, RuleProblem] = {}
    for change in changes:
        new = change.new
        fresh = {each for each in new.on if is_watched(each)} - known if new else set[str]()
        if new is not None and fresh and len(known) + len(fresh) > MAX_WATCHED:
            refused[new.rule_id] = RuleProblem(
                "ruleset.watched",
                f"一个品牌最多等 {MAX_WATCHED} 种“多久没有”“日期”之类的时刻，请改用已有的",
                f"a brand waits for at most {MAX_WATCHED} different absences, dates and the like; use those there are",
                field="on",
            )
        else:
            known |= fresh
            kept.append(change)
    return kept, refused


# --- rules that no index can file ---


def _accept(
    manifest: Manifest, changes: list[Change], read_blob: ReadBlob
) -> tuple[list[Change], dict[str, RuleProblem]]:
    linear = {name: sum(chunk.linear for chunk in chunks.values()) for name, chunks in manifest.buckets.items()}
    for old, _ in changes:
        if old is not None and not old.indexable:
            for name in _bucket_names(old):
                linear[name] = linear.get(name, 0) - 1
    accepted: list[Change] = []
    refused: dict[str, RuleProblem] = {}
    added: dict[str, list[str]] = defaultdict(list)
    for change in changes:
        new = change.new
        if new is None or new.indexable:
            accepted.append(change)
            continue
        full = next((name for name in _bucket_names(new) if _reach(linear, name) >= MAX_LINEAR), None)
        if full is not None:
            refused[new.rule_id] = _too_many(full, _linear_names(manifest, full, read_blob) + added[full])
            if change.old is not None and not change.old.indexable:
                for name in _bucket_names(change.old):
                    linear[name] = linear.get(name, 0) + 1
            continue
        for name in _bucket_names(new):
            linear[name] = linear.get(name, 0) + 1
            added[name].append(new.name)
        accepted.append(change)
    return accepted, refused


def _reach(linear: Mapping[str, int], name: str) -> int:
    """How many such rules the worst event that meets the bucket ``name`` has to look at."""
    account, _, event_type = name.partition("|")
    shared = linear.get(f"{ALL_ACCOUNTS}|{event_type}", 0)
    if account != ALL_ACCOUNTS:
        return shared + linear.get(name, 0)
    own = [
        count
        for other, count in linear.items()
        if other.partition("|")[2] == event_type and not other.startswith(f"{ALL_ACCOUNTS}|")
    ]
    return shared + max(own, default=0)


def _linear_names(manifest: Manifest, name: str, read_blob: ReadBlob) -> list[str]:
    account, _, event_type = name.partition("|")
    names: list[str] = []
    for owner in dict.fromkeys((account, ALL_ACCOUNTS)):
        for chunk in manifest.buckets.get(f"{owner}|{event_type}", {}).values():
            if chunk.linear and len(names) < NAMES_SHOWN:
                names.extend(rule.name for rule in read_chunk(read_blob(chunk.hash)) if not rule.indexable)
    return names


def _too_many(bucket: str, names: list[str]) -> RuleProblem:
    event_type = bucket.partition("|")[2]
    shown = names[:NAMES_SHOWN]
    return RuleProblem(
        "ruleset.linear",
        f"{event_type} 上无法索引的规则已有 {MAX_LINEAR} 条，请在条件里加上 ==、in、标签或关键词；"
        f"其他这样的规则：{'、'.join(shown)}{' 等' if len(names) > len(shown) else ''}",
        f"{event_type} already has {MAX_LINEAR} rules that cannot be indexed: add an ==, in, tag or keyword part; "
        f"others are: {', '.join(shown)}{', ...' if len(names) > len(shown) else ''}",
        field="when",
    )


# --- chunks ---


def _edit_bucket(
    chunks: Mapping[str, Chunk], edited: Mapping[str, Rule | None], read_blob: ReadBlob, blobs: dict[str, bytes]
) -> dict[str, Chunk]:
    by_chunk: dict[str, dict[str, Rule | None]] = defaultdict(dict)
    prefixes = set(chunks)
    for rule_id, rule in edited.items():
        by_chunk[_chunk_of(rule_id, prefixes)][rule_id] = rule
    result = dict(chunks)
    for bits, changed in by_chunk.items():
        kept = {rule.rule_id: rule for rule in read_chunk(read_blob(chunks[bits].hash))} if bits in chunks else {}
        for rule_id, rule in changed.items():
            if rule is None:
                kept.pop(rule_id, None)
            else:
                kept[rule_id] = rule
        result.pop(bits, None)
        rules = sorted(kept.values(), key=lambda each: each.rule_id)
        result.update(_pack(bits, [(_bits(rule.rule_id), rule) for rule in rules], blobs))
    return result


def _bits(rule_id: str) -> str:
    return f"{int.from_bytes(sha256(rule_id.encode()).digest()[:8]):064b}"


def _chunk_of(rule_id: str, prefixes: set[str]) -> str:
    """The chunk whose bits the rule's hash starts with; where there is none, the widest that overlaps with no other."""
    bits = _bits(rule_id)
    for length in range(len(bits)):
        prefix = bits[:length]
        if prefix in prefixes or not any(other.startswith(prefix) for other in prefixes):
            return prefix
    return bits


def _pack(bits: str, hashed: list[tuple[str, Rule]], blobs: dict[str, bytes]) -> dict[str, Chunk]:
    """Chunks of rules with the bits of their hashes, which begin with ``bits``."""
    if not hashed:
        return {}
    if len(hashed) <= MAX_CHUNK_RULES:
        rules = [rule for _, rule in hashed]
        with without_collecting():
            data = _encode([rule.dump() for rule in rules])
        blob = zlib.compress(data, 6)
        if len(blob) <= MAX_CHUNK_BYTES or len(rules) == 1:
            name = digest(data)
            blobs[name] = blob
            linear = sum(not rule.indexable for rule in rules)
            return {bits: Chunk(name, len(rules), linear, widest(rule.counted for rule in rules))}
    zeros = [each for each in hashed if each[0][len(bits)] == "0"]
    ones = [each for each in hashed if each[0][len(bits)] == "1"]
    return _pack(f"{bits}0", zeros, blobs) | _pack(f"{bits}1", ones, blobs)


def _encode(rules: list[dict[str, Any]]) -> bytes:
    return json.dumps(rules, ensure_ascii=False, separators=(",", ":")).encode()
