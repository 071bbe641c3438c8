"""Lines of archived files, read at the speed of their decompression where they do not matter."""

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from yuchi.domain.archive import TYPE_AT

ALWAYS: Final = (b'"identities":["', b'"tags":["')
"""What makes a line of any type matter: a further identity that it proves, a tag that it gives. Inside a text the quotation
marks would have backslashes before them; inside data they may look so, and then a line is read for nothing.
"""


def read_lines(files: Iterable[Path], types: frozenset[str] | None) -> Iterator[dict[str, Any]]:
    """The records in ``files`` that are of one of ``types`` (None: any), or that say something whatever their type.

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
            try:
                yield loads(line)
            except broken:
                continue


def _matter(content: bytes, wanted: frozenset[bytes]) -> list[bytes]:
    lines = [line for line in content.split(b"\n") if line[TYPE_AT : line.find(b'"', TYPE_AT)] in wanted]
    others = {}
    for mark in ALWAYS:  # few, so that looking for them in the whole is cheaper than in each line
        at = content.find(mark)
        while at >= 0:
            start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
            line = content[start : end if end >= 0 else None]
            if line[TYPE_AT : line.find(b'"', TYPE_AT)] not in wanted:
                others[start] = line
            at = content.find(mark, start + len(line))
    return [*lines, *others.values()]
