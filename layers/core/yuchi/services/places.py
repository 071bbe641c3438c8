"""What may be said of an unexpected error in a log: its kind and its place. Its text may quote a person's data."""

from pathlib import Path
from traceback import extract_tb


def place_of(error: BaseException) -> str:
    """The kind of ``error`` and the line that raised it."""
    frames = extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno} in {frames[-1].name}"
