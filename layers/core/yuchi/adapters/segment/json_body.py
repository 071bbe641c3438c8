"""A body's JSON, also where JavaScript cut a character in two."""

import json
from typing import Any

from pydantic_core import from_json

from yuchi.adapters.segment.values import without_surrogates
from yuchi.services.collect import UnreadableBodyError


def read_json(content: bytes) -> Any:
    """The value. Raises :class:`UnreadableBodyError`."""
    try:
        return from_json(content)
    except ValueError:
        pass  # slower, and knows half characters and byte order marks
    try:
        return without_surrogates(json.loads(content))
    except (ValueError, RecursionError):
        raise UnreadableBodyError("the body is not JSON") from None
