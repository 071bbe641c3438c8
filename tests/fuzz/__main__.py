"""`make fuzz`: let atheris (libFuzzer) look for pushes that break the door. Arguments go to libFuzzer."""

import importlib
import sys
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "tests" / "events" / "wechat"
FOUND = ROOT / ".cache" / "fuzz" / "found"
LIMITS = ("-max_len=4096", "-timeout=5", "-rss_limit_mb=600")
"""A push is small; five seconds are what WeChat waits."""


def main() -> None:
    """Fuzz until time is up or something is found, which is then written to ``.cache/fuzz/found``."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["yuchi.adapters.wechat", "yuchi.services.receive_callback"]):
        from tests.fuzz.pushes import Door
    door = Door()

    def deliver(data: bytes) -> None:
        door.deliver(data)

    corpus = Path(mkdtemp(prefix="yuchi-fuzz-"))
    for event in EVENTS.iterdir():
        (corpus / event.name).write_bytes(b"\0" + event.read_bytes())
    FOUND.mkdir(parents=True, exist_ok=True)
    atheris.Setup([sys.argv[0], *LIMITS, f"-artifact_prefix={FOUND}/", *sys.argv[1:], str(corpus)], deliver)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
