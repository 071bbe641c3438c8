"""Publishing and loading in a process of their own, so that its memory is only theirs: `python -m ... SIZE FOLDER`.

First `publish` (writes the ruleset into FOLDER), then `load` in another process. Each prints one JSON object.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.world import TYPES, draft
from tests.unit.adapters.wechat.sealing import ACCOUNT
from yuchi.bootstrap import make_catalogue
from yuchi.domain.draft import read_draft
from yuchi.domain.language import Context
from yuchi.domain.manifest import Manifest
from yuchi.domain.rule_check import check_draft, check_drafts
from yuchi.domain.ruleset import Change, build, load, publish

MEGABYTE = 1024


def main() -> None:
    """Do one half."""
    half, size, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    print(json.dumps(HALVES[half](size, folder)))  # noqa: T201 - this is how the answer gets out


def publish_all(size: int, folder: Path) -> dict[str, Any]:
    """Read, check and publish ``size`` drafts; then change one of them."""
    catalogue = make_catalogue()
    items = [draft(number) for number in range(size)]
    before = peak_memory()
    started = time.perf_counter()
    drafts = (each.draft for each in map(read_draft, items) if each.draft)
    rules = [each.rule(1) for each in check_drafts(drafts, catalogue=catalogue, accounts=[ACCOUNT])]
    assert len(rules) == size
    checked = time.perf_counter()
    publication = build("demo", rules)
    built = time.perf_counter()
    peak = peak_memory()
    blobs = dict(publication.blobs)
    for name, blob in blobs.items():
        (folder / name).write_bytes(blob)
    (folder / "manifest").write_text(publication.manifest.dump(), encoding="utf-8")
    changed_at = time.perf_counter()
    edited = read_draft(items[size // 2] | {"then": ["tag 改过"]})
    assert edited.draft is not None
    rule = check_draft(edited.draft, catalogue=catalogue, accounts=[ACCOUNT]).rule(2)
    one = publish(publication.manifest, [Change(rules[size // 2], rule)], blobs.__getitem__)
    return {
        "check": checked - started,
        "build": built - checked,
        "one": time.perf_counter() - changed_at,
        "rewritten": len(one.blobs),
        "chunks": len(blobs),
        "bytes": sum(map(len, blobs.values())),
        "manifest": len(publication.manifest.dump()),
        "memory": peak - before,
    }


def load_some(size: int, folder: Path) -> dict[str, Any]:
    """What a new container does at the first event of a type, for each of the types."""
    from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore  # noqa: F401 - imported by then, so not counted
    from yuchi.adapters.wechat.gate import WeChatGate  # noqa: F401 - as above

    del size
    before = peak_memory()
    seconds = {}
    rules = 0
    now = time.time()
    for event_type in TYPES:
        started = time.perf_counter()
        manifest = Manifest.read((folder / "manifest").read_text(encoding="utf-8"))
        bucket = load((folder / name).read_bytes() for name in manifest.hashes(ACCOUNT.id, event_type))
        assert bucket is not None
        from datetime import UTC, datetime

        event = {"type": event_type, "key": "K6", "scene": "K2", "content": "词1号"}
        bucket.matches(Context(event, {"score": 50, "tags": {}}, {}, datetime.fromtimestamp(now, UTC)))
        seconds[event_type] = time.perf_counter() - started
        rules += len(bucket)
    return {"seconds": seconds, "rules": rules, "memory": peak_memory() - before}


def peak_memory() -> float:
    """The largest resident size of this process so far, in MB (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / MEGABYTE
    return float("nan")


HALVES: dict[str, Callable[[int, Path], dict[str, Any]]] = {"publish": publish_all, "load": load_some}

if __name__ == "__main__":
    main()
