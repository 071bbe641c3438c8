"""Take signed messages of systems that speak words of their own, which the source's mapping translates."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from yuchi.domain.event import Event
from yuchi.domain.mapping import FieldMapping, Rejected, Skipped
from yuchi.domain.problem import RuleProblem, RuleProblemError
from yuchi.domain.source import Source, SourceKind, collected_by
from yuchi.domain.timeline import subject_of
from yuchi.services.collect import (
    MAX_BODY,
    DoorAnswer,
    JsonReader,
    Problem,
    Reading,
    UnreadableBodyError,
    answer,
    failure,
)
from yuchi.services.ports import Clock, EventMessage, Metrics, Queue, UnavailableError
from yuchi.services.ports_imports import Mappings
from yuchi.services.ports_sources import Contacts, SourceCounters, Sources
from yuchi.services.told_events import Circumstances, make_event

MAX_ROWS: Final = 2500
LATE: Final = timedelta(hours=24)
"""What is told later than this changes what is known and makes no rule fire, as no message older than a day is sent."""
NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands in keys for a time that the message did not tell: any other would differ when it comes again."""


class SignatureWrongError(Exception):
    """The message was not signed with the source's secret, or too long ago, or not at all. Says nothing about why."""


class Verify(Protocol):
    """The signature's scheme."""

    def __call__(self, body: bytes, headers: Mapping[str, str], *, secrets: str, now: datetime) -> str:
        """The message's id. Raises :class:`SignatureWrongError`."""
        ...


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """The use case behind ``POST /v1/webhooks/{source}``."""

    sources: Sources
    verify: Verify
    mappings: Mappings
    contacts: Contacts
    read_json: JsonReader
    events: Queue[EventMessage]
    counters: SourceCounters
    metrics: Metrics
    clock: Clock

    def receive(self, source_id: str, headers: Mapping[str, str], body: bytes) -> DoorAnswer:
        """Queue what was told, then answer: 200 only when the queue has it, 503 so that it is sent again."""
        now = self.clock()
        if len(body) > MAX_BODY:
            return failure(413, "too_large", f"a request has at most {MAX_BODY} bytes")
        try:
            source, message_id = self._open(source_id, headers, body, now)
            reading = self._read(source, message_id, self.read_json(body), now)
        except SignatureWrongError:
            self.metrics.count("WriteKeyRefused")
            return failure(401, "unauthorized", "the signature is not valid")
        except UnreadableBodyError as error:
            return failure(400, "invalid_body", str(error))
        except RuleProblemError as error:
            codes = ", ".join(problem.code for problem in error.problems)
            return failure(503, "mapping", "the mapping of this source is broken", reason=f"mapping: {codes}")
        except UnavailableError as error:
            return failure(503, "unavailable", "try again", reason=f"not read: {error}")
        return self._take(source, reading, now)

    def _open(self, source_id: str, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Source, str]:
        """Whose message it is, and its id. Whether a source is unknown or its signature wrong is not told."""
        source = self.sources.get(source_id)
        if source is None or source.kind is not SourceKind.WEBHOOK:
            raise SignatureWrongError
        secrets = self.sources.secrets(source.id).webhook_secret.get_secret_value()
        return source, self.verify(body, headers, secrets=secrets, now=now)

    def _read(self, source: Source, message_id: str, content: Any, now: datetime) -> Reading:
        """The events of one message, or of a list of them."""
        mapping = self.mappings.read(source.mapping)
        rows = content if isinstance(content, list) else [content]
        reading = Reading()
        for index, row in enumerate(rows[:MAX_ROWS]):
            if not isinstance(row, dict):
                reading.problems.append(Problem(index, "not_an_object", "a message must be an object"))
                continue
            told = self._tell(source, mapping, row, (message_id, str(index)), now)
            if isinstance(told, Event):
                reading.events.append(told)
            else:
                reading.problems += [Problem(index, each.code, f"{each.field}: {each.en}") for each in told]
        if len(rows) > MAX_ROWS:
            reading.problems.append(Problem(MAX_ROWS, "too_many", f"a request has at most {MAX_ROWS} messages"))
        return reading

    def _tell(
        self, source: Source, mapping: FieldMapping, row: Mapping[str, Any], otherwise: tuple[str, str], now: datetime
    ) -> Event | tuple[RuleProblem, ...]:
        """The event in ``row``; what is wrong with it; or nothing at all where the mapping leaves it out."""
        outcome = mapping.apply(row)
        if isinstance(outcome, Skipped):
            return ()
        if isinstance(outcome, Rejected):
            return outcome.problems
        time = min(outcome.time, now) if outcome.time else now
        around = Circumstances(
            brand=source.brand, source=collected_by(source.id), time=time, historical=now - time > LATE
        )
        event_id = outcome.event_id(source.brand, source.id, *otherwise)
        told = make_event(outcome, mapping, self.contacts, event_id, around)
        if told.event is None:
            return (told.problem,) if told.problem else ()
        key_time = outcome.time or NO_TIME
        return told.event.model_copy(update={"time": time, "key_time": key_time if key_time != time else None})

    def _take(self, source: Source, reading: Reading, now: datetime) -> DoorAnswer:
        messages = [(event.id, subject_of(event), EventMessage(event=event)) for event in reading.events]
        if messages and self.events.send(messages):
            return failure(503, "unavailable", "try again", reason="events not queued")
        # A reason is a code of the mapping's own: of a closed list, and with no dots in the name of a counter.
        refused = Counter(problem.reason.replace(".", "_") for problem in reading.problems)
        self.counters.add(source, taken=len(messages), refused=refused, now=now)
        self.metrics.count("EventCollected", len(messages))
        self.metrics.count("EventRefused", len(reading.problems))
        return answer(reading.problems, taken=len(messages))
