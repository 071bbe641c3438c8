"""Sending a campaign: a mass message to a million fans in one process, with faults."""

import json
import subprocess
import sys
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import Any, Final

from tests.bench import charts
from tests.bench.results import Section, Target, number, table

ROOT: Final = Path(__file__).parents[3]
FANS: Final = 1_000_000
SECONDS: Final = 180.0
MEMORY: Final = 300.0


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    fans = FANS // 20 if quick else FANS
    step(f"{fans:,} fans")
    command = [sys.executable, "-m", "tests.bench.campaign_worker", str(fans)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return _section(found)


def _section(found: dict[str, Any]) -> Section:
    fans, least = found["fans"], ceil(found["fans"] / 10_000)
    rows = [
        ["fans who got it once", f"{found['got'].get('1', 0):,} of {fans:,}"],
        ["CPU", f"{number(found['seconds'])} s, {found['seconds'] / fans * 1e6:.0f} µs a fan"],
        ["memory at the most", f"{number(found['megabytes'])} MB"],
        ["mass messages", f"{found['messages']} of {least} that it takes at least"],
        ["calls, those that were throttled or whose worker died among them", f"{found['calls']}"],
        ["messages through the queues for 1,000 fans", f"{found['sqs'] / fans * 1_000:.2f}"],
        ["largest queue message", f"{found['largest_message']} B"],
        ["largest page of persons that is stored", f"{found['largest_page']:,} B"],
    ]
    once = fans == found["got"].get("1", 0)
    return Section(
        name="campaigns",
        title="Sending a campaign",
        body=_BODY.format(rows=table(("", f"{fans:,} fans"), rows)),
        targets=(
            Target("a mass message to a million fans: CPU", round(found["seconds"], 1), SECONDS, " s"),
            Target("a mass message to a million fans: memory", round(found["megabytes"]), MEMORY, " MB"),
            Target("mass messages beyond the least", found["messages"] - least, 0),
            Target("fans who got it not exactly once", 0 if once else fans - found["got"].get("1", 0), 0),
        ),
        picture=picture(found["seconds"], found["megabytes"]),
    )


def picture(seconds: float, megabytes: float) -> str:
    """Measured beside allowed."""
    bars = {
        "CPU, s": [
            charts.Bar("measured", seconds, number(seconds)),
            charts.Bar("allowed", SECONDS, number(SECONDS), ours=False),
        ],
        "memory, MB": [
            charts.Bar("measured", megabytes, number(megabytes)),
            charts.Bar("allowed", MEMORY, number(MEMORY), ours=False),
        ],
    }
    return charts.bars("Sending a campaign", "a mass message to a million fans", bars)


_BODY: Final = """\
From the approval to the last message in one process: profiles are read page by page, each person is decided, the chosen are
cut into messages of 10,000, every person is looked at again and claimed before each send. One message of the queues in fifty
comes twice, each as an older release wrote it, one call in a hundred is throttled, and three workers die in the middle,
before or behind WeChat's answer. The services are the real ones; what stands in for AWS and WeChat keeps as little as it
can.

{rows}
"""
