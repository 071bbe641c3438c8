"""Reading an item costs little, whatever it holds: hostile texts of the largest size in every column."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.domain.garbage import GOOD
from yuchi.domain.actions import values
from yuchi.domain.draft import read_draft

LENGTH = 60_000
SECONDS = 0.5
"""Ten times what it takes on a busy machine; a pattern that explodes takes minutes."""

SEEDS = [
    " ",
    "a ",
    '"a,',
    "\\",
    "for 3d ",
    "a=",
    '="',
    "=",
    "1",
    "1d",
    "+ ",
    "{{",
    "{{event.x}}",
    "{{event.",
    "}}",
    "<a ",
    "，",
    "\n",
    "\ntag x",
    "\n打标签",
    "茶",
    "://",
    ".a",
    "https://a.",
    "-",
    "2026-",
]
PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    **{column: lambda text, column=column: {column: text} for column in GOOD if column not in {"brand", "rule_id"}},  # type: ignore[misc]
    "starts_at": lambda text: {"starts_at": text},
    **{
        verb: lambda text, verb=verb: {"then": [f"{verb} {text[:4_900]}", {verb: text}]}  # type: ignore[misc]
        for verb in ("tag", "set", "score", "reply", "send", "after", "emit", "webhook")
    },
    "pairs": lambda text: {"then": [f"emit a.b {text[:4_900]}", f"emit a.b x{text[:4_900]}", f"set x{text[:4_900]}"]},
    "columns": lambda text: {f"{text[:20]}{number}": text[:20] for number in range(1_500)},
    "items": lambda text: {"then": [text[:20]] * 2_000},
    "map": lambda text: {"then": {f"{text[:20]}{number}": text[:20] for number in range(1_000)}},
}


@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_text_takes_long_to_read(place: str) -> None:
    for seed in SEEDS:
        item = {**GOOD, **PLACES[place]((seed * LENGTH)[:LENGTH])}
        started = time.process_time()
        read_draft(item)
        assert time.process_time() - started < SECONDS, (place, seed)


def test_twin_an_exploding_pattern_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def seconds(text: str) -> float:
        started = time.process_time()
        read_draft({**GOOD, "then": [text]})
        return time.process_time() - started

    safe = seconds("emit a.b x=1," + " " * 400 + "y")
    monkeypatch.setattr(values, "_PAIR", re.compile(r"\s*([^=]{1,200}?)\s*=([^,]*),?"))
    assert seconds("emit a.b x=2," + " " * 400 + "y") > 10 * safe
