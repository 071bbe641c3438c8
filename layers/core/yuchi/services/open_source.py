"""New sources and their write keys, and changing these without losing an event."""

import secrets as randomness
import string
from typing import Final

from yuchi.domain.source import Source, hash_of

KEY_LENGTH: Final = 32
_LETTERS: Final = string.ascii_letters + string.digits


def new_write_key(source: str) -> str:
    """A fresh write key of ``source``; it is shown once and not kept."""
    return f"wk_{source}_" + "".join(randomness.choice(_LETTERS) for _ in range(KEY_LENGTH))


def with_key(source: Source, write_key: str) -> Source:
    """``source`` with a new write key; the last one stays good until :func:`finish_rotation`."""
    return source.model_copy(
        update={"write_key_hash": hash_of(write_key), "previous_write_key_hash": source.write_key_hash}
    )


def finish_rotation(source: Source) -> Source:
    """``source`` with its present write key alone."""
    return source.model_copy(update={"previous_write_key_hash": ""})
