"""Lines of archived files, read at the speed of their decompression where they do not matter."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from yuchi.domain.archive import TYPE_AT

IDENTITIES: Final = b'"identities":['
_AFTER: Final = len(IDENTITIES)


def read_lines(files: Iterable[Path], types: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    """The records in ``files`` that are of one of ``types`` (None: any), or prove that two identities are one person.

    A line that is no JSON (an upload that was cut) is left out.
    """
    import orjson

    loads, broken = orjson.loads, orjson.JSONDecodeError
    wanted = None if types is None else frozenset(each.encode() for each in types)
    for file in files:
        content = file.read_bytes()
        if file.suffix == ".gz":
            content = gzip.decompress(content)
        for line in content.split(b"\n") if wanted is None else _matter(content, wanted):
            if line:
                try:
                    yield loads(line)
                except broken:
                    continue


def count_lines(files: Iterable[Path]) -> int:
    """How many lines there are."""
    return sum(
        (gzip.decompress(content) if file.suffix == ".gz" else content).count(b"\n")
        for file in files
        for content in (file.read_bytes(),)
    )


def _matter(content: bytes, wanted: frozenset[bytes]) -> Iterator[bytes]:
    for line in content.split(b"\n"):
        end = line.find(b'"', TYPE_AT)
        if line[TYPE_AT:end] in wanted or _proves(line, end):
            yield line


def _proves(line: bytes, start: int) -> bool:
    """No text before the field can hold its name: a quotation mark in a text is written with a backslash before it."""
    at = line.find(IDENTITIES, start)
    return at >= 0 and line[at + _AFTER : at + _AFTER + 1] != b"]"
