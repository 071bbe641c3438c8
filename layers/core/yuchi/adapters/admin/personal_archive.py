"""What the archive holds about one person: lines in objects that hold those of many, so each object is written anew."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yuchi.adapters.archive_objects import S3ArchiveObjects
from yuchi.services.ports_privacy import WholePerson


@dataclass(frozen=True, slots=True)
class PersonalArchive:
    """``Archive``: the objects of the brand from the person's first day on, read one after the other."""

    objects: S3ArchiveObjects

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """The lines."""
        for key in self.objects.keys(whole.brand, since=whole.since):
            for line in self.objects.lines(key):
                record = _record(line, whole)
                if record is not None and _is_theirs(record, whole):
                    yield record

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Object by object: the lines go, and in those of others the person's identities."""

        def kept(lines: Sequence[bytes]) -> list[bytes]:
            left = (line_without(line, whole) for line in lines)
            return [line for line in left if line is not None]

        for key in self.objects.keys(whole.brand, since=whole.since):
            yield self.objects.rewrite(key, kept)


def line_without(line: bytes, whole: WholePerson) -> bytes | None:
    """The line as it may stay; None where it may not."""
    record = _record(line, whole)
    if record is None:
        return line
    if _is_theirs(record, whole):
        return None
    others = [each for each in record.get("identities") or () if each not in whole.identities]
    person = None if record.get("person") in whole.persons else record.get("person")  # before a merge was undone
    changed = {**record, "identities": others, "person": person}
    return line if changed == record else json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode()


def _record(line: bytes, whole: WholePerson) -> dict[str, Any] | None:
    """The line's content, where anything in it may be about the person."""
    if not any(_written(name) in line for name in (*whole.identities, *whole.persons)):
        return None
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _written(name: str) -> bytes:
    return json.dumps(name, ensure_ascii=False)[1:-1].encode("utf-8", "replace")


def _is_theirs(record: Mapping[str, Any], whole: WholePerson) -> bool:
    return record.get("subject") in whole.identities
