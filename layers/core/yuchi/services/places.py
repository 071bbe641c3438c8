"""Where an error happened, for logs that may not quote what it says."""

from pathlib import Path
from traceback import extract_tb
from typing import Final

from yuchi.services.ports import UnavailableError

FRAMES: Final = 3


def place_of(error: BaseException) -> str:
    """The kind of ``error`` and the lines that raised it, innermost first.

    Only an :class:`UnavailableError` is quoted: its text is a code of AWS, never data.
    """
    kind = f"{type(error).__name__}({error})" if isinstance(error, UnavailableError) else type(error).__name__
    frames = extract_tb(error.__traceback__)[-FRAMES:]
    lines = " < ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    return f"{kind} at {lines}" if lines else kind
