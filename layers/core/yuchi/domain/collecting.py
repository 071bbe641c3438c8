"""Python's garbage collector, kept out of the way for a moment."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no cycles meanwhile: for short work that makes very many small objects, and no cycles among them.

    The collector looks through all living objects again and again while their number grows, and finds nothing. For the
    whole process; what is inside should take milliseconds.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
