"""Take what third parties tell: check the key, read the messages, queue the events, say what was not taken."""

import base64
import binascii
import logging
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from yuchi.domain.event import Event
from yuchi.domain.source import Source, SourceKind, source_of_key
from yuchi.domain.timeline import subject_of
from yuchi.services.ports import Clock, EventMessage, Metrics, Queue, UnavailableError
from yuchi.services.ports_sources import SourceCounters, Sources

LOGGER: Final = logging.getLogger(__name__)

MAX_BODY: Final = 500 * 1024
"""The specification's limit of one request, after decompression."""
GZIP_MAGIC: Final = b"\x1f\x8b"
PUBLIC_LANE: Final = "#public"
MAX_TOLD: Final = 100
"""How many of the messages that were not taken are named in the answer."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why message ``index`` (None: the whole request) was not taken. ``text`` is for its sender and quotes no value."""

    index: int | None
    reason: str
    text: str
    message_id: str = ""


@dataclass(slots=True)
class Reading:
    """What a request says: its events, and the problems of what is none."""

    events: list[Event] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Door(Protocol):
    """The protocol of the messages."""

    def knows(self, call: str) -> bool:
        """Whether there is a call of this name."""
        ...

    def read(self, source: Source, call: str, body: Mapping[str, Any], received_at: datetime) -> Reading:
        """The events in ``body``, and what is wrong with the others. Raises ``UnavailableError``."""
        ...


class UnreadableBodyError(Exception):
    """A body is no JSON object. Its text is for the sender."""


class JsonReader(Protocol):
    """Bytes to JSON values."""

    def __call__(self, content: bytes) -> Any:
        """The value. Raises :class:`UnreadableBodyError`."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. ``headers`` have lower-case names."""

    call: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class DoorAnswer:
    """What goes back: a status and a JSON object. ``reason`` is for our own log alone."""

    status: int
    body: Mapping[str, Any]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Collect:
    """The use case behind ``functions/collect``."""

    sources: Sources
    door: Door
    read_json: JsonReader
    events: Queue[EventMessage]
    counters: SourceCounters
    metrics: Metrics
    clock: Clock

    def receive(self, request: Request) -> DoorAnswer:
        """Queue what was told, then answer.

        ``success`` is only said when the queue has every event that could be read; else 503, so that the SDK sends the
        same batch again. Nothing is written, and no error of the messages told, before the key was found good.
        """
        received_at = self.clock()
        if not self.door.knows(request.call):
            return failure(404, "not_found", "there is no such call")
        try:
            source, body = self._open(request)
            return self._take(source, self.door.read(source, request.call, body, received_at), received_at)
        except _KeyRefusedError:
            self.metrics.count("WriteKeyRefused")
            return failure(401, "unauthorized", "the write key is not valid")
        except _TooLargeError:
            return failure(413, "too_large", f"a request has at most {MAX_BODY} bytes")
        except UnreadableBodyError as error:
            return failure(400, "invalid_body", str(error))
        except UnavailableError as error:
            return failure(503, "unavailable", "try again", reason=f"not read: {error}")

    def _open(self, request: Request) -> tuple[Source, Mapping[str, Any]]:
        """Whose request it is, and its body. The key is in a header, or in the body where there is no such header."""
        key = _basic_user(request.headers)
        source = None if key is None else self._source_of(key)
        body = self._read_body(request)
        return source or self._source_of(body.get("writeKey")), body

    def _source_of(self, key: Any) -> Source:
        """The source that ``key`` opens. One that is unknown and one with another key are the same to whoever asks."""
        name = source_of_key(key) if isinstance(key, str) else None
        source = self.sources.get(name) if name else None
        if source is not None and not source.accepts(str(key)):
            source = self.sources.renewed(source.id)
        if source is None or source.kind is not SourceKind.SEGMENT or not source.accepts(str(key)):
            raise _KeyRefusedError
        return source

    def _read_body(self, request: Request) -> Mapping[str, Any]:
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in {"identity", "", "gzip"}:
            raise UnreadableBodyError("Content-Encoding: must be gzip or none")
        zipped = encoding == "gzip" and request.body.startswith(GZIP_MAGIC)  # what is on the way may have unpacked it
        content = unzip(request.body) if zipped else request.body
        if len(content) > MAX_BODY:
            raise _TooLargeError
        body = self.read_json(content)
        if not isinstance(body, dict):
            raise UnreadableBodyError("the body must be a JSON object")
        return body

    def _take(self, source: Source, reading: Reading, now: datetime) -> DoorAnswer:
        # What anybody can flood has a lane of its own: a member's orders do not wait behind it.
        lane = "" if source.trusted else PUBLIC_LANE
        messages = [(event.id, subject_of(event) + lane, EventMessage(event=event)) for event in reading.events]
        if messages and self.events.send(messages):
            return failure(503, "unavailable", "try again", reason="events not queued")
        refused = Counter(problem.reason for problem in reading.problems)
        self.counters.add(source, taken=len(messages), refused=refused, now=now)
        self.metrics.count("EventCollected", len(messages))
        self.metrics.count("EventRefused", len(reading.problems))
        return answer(reading.problems, taken=len(messages))


def failure(status: int, code: str, message: str, *, reason: str = "") -> DoorAnswer:
    """An answer that says no. SDKs read ``code`` and ``message``."""
    return DoorAnswer(status, {"success": False, "code": code, "message": message}, reason=reason)


def unzip(content: bytes) -> bytes:
    """What was compressed by gzip. Stops at the limit, however little it was before."""
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unzipped = decompressor.decompress(content, MAX_BODY + 1)
    except zlib.error:
        raise UnreadableBodyError("the body is not gzip") from None
    if len(unzipped) > MAX_BODY:
        raise _TooLargeError
    if not decompressor.eof:
        raise UnreadableBodyError("the gzip body is cut off")
    return unzipped


class _KeyRefusedError(Exception):
    """The write key is unknown, wrong, or missing."""


class _TooLargeError(Exception):
    """More than :data:`MAX_BODY`."""


def _basic_user(headers: Mapping[str, str]) -> str | None:
    """The user name of basic authentication; None where there is no such header. What is malformed is a wrong key."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""


def answer(problems: Sequence[Problem], *, taken: int) -> DoorAnswer:
    """What the sender is told: a success where anything was taken, with what was not."""
    if not problems:
        return DoorAnswer(200, {"success": True})
    told = [
        {
            **({} if each.index is None else {"index": each.index}),
            **({"messageId": each.message_id} if each.message_id else {}),
            "code": each.reason,
            "message": each.text,
        }
        for each in problems[:MAX_TOLD]
    ]
    if taken:
        return DoorAnswer(200, {"success": True, "accepted": taken, "rejected": told, "rejected_count": len(problems)})
    first = problems[0]
    status = 413 if first.reason == "too_large" else 400
    body = failure(status, first.reason, first.text).body
    return DoorAnswer(status, {**body, "rejected": told, "rejected_count": len(problems)})
