"""The archive's objects, fetched into a cache on this machine and kept as the bucket has them."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from yuchi.adapters.aws_errors import unavailable
from yuchi.domain.archive import PREFIX
from yuchi.services.ports_archive import Progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GZIP: Final = b"\x1f\x8b"
WORKERS: Final = 8


class Stored(NamedTuple):
    """One object: its key, the mark of its content, its size and the day it is filed under."""

    key: str
    mark: str
    size: int
    day: str


def default_cache() -> Path:
    """Where files are kept: ``$XDG_CACHE_HOME/yuchi/archive``, readable by its owner alone."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "yuchi" / "archive"


@dataclass(frozen=True, slots=True)
class S3ArchiveFiles:
    """:class:`yuchi.services.ports_archive.ArchiveFiles` on a bucket.

    What is no longer in the bucket, or is another there, leaves the cache with the next look: what was erased from the
    archive is erased here.
    """

    client: "S3Client"
    bucket: str
    cache: Path

    def days(self, brand: str) -> Sequence[str]:
        """The days on which something lies."""
        return sorted({each.day for each in self._objects(brand, None)})

    def fetch(self, brand: str, *, since: str | None, progress: Progress) -> Sequence[Path]:
        """The files, by day; those that are not here yet are fetched. Raises ``UnavailableError``."""
        wanted = list(self._objects(brand, since))
        places = [self._place(brand, each) for each in wanted]
        self._sweep(brand, since, set(places))
        missing = [(each, place) for each, place in zip(wanted, places, strict=True) if not _kept(place)]
        progress(0, len(missing))
        with unavailable(), ThreadPoolExecutor(WORKERS) as pool:
            for done, _ in enumerate(pool.map(self._download, missing), 1):
                progress(done, len(missing))
        return [kept for place in places if (kept := _kept(place)) is not None]

    def _objects(self, brand: str, since: str | None) -> Iterator[Stored]:
        prefix = f"{PREFIX}brand={brand}/day="
        start: dict[str, Any] = {"StartAfter": prefix + since} if since else {}
        with unavailable():
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, **start
            ):
                for each in page.get("Contents", []):
                    day = each["Key"].removeprefix(prefix).partition("/")[0]
                    if each["Size"]:
                        yield Stored(each["Key"], each["ETag"].strip('"'), each["Size"], day)

    def _folder(self, brand: str) -> Path:
        return self.cache / self.bucket / f"brand={brand}"

    def _place(self, brand: str, stored: Stored) -> Path:
        """Without its ending, which the content decides."""
        name = sha256(f"{stored.key}\n{stored.mark}".encode()).hexdigest()[:32]
        return self._folder(brand) / f"day={stored.day}" / name

    def _download(self, job: tuple[Stored, Path]) -> None:
        stored, place = job
        content = self.client.get_object(Bucket=self.bucket, Key=stored.key)["Body"].read()
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = place.with_suffix(".part")
        draft.touch(mode=0o600)
        draft.write_bytes(content)
        draft.replace(place.with_suffix(".jsonl.gz" if content.startswith(GZIP) else ".jsonl"))

    def _sweep(self, brand: str, since: str | None, places: set[Path]) -> None:
        for file in self._folder(brand).glob("day=*/*"):
            day = file.parent.name.removeprefix("day=")
            if (since is None or day >= since) and file.with_name(file.name.partition(".")[0]) not in places:
                file.unlink(missing_ok=True)


def _kept(place: Path) -> Path | None:
    return next((file for ending in (".jsonl.gz", ".jsonl") if (file := place.with_suffix(ending)).exists()), None)
