"""Tracking messages become events: what they say, when it was, and whom they prove to be whom."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic_core import to_json

from yuchi.adapters.segment.messages import (
    Message,
    MessageFault,
    MessageType,
    RefusedMessageError,
    parse_message,
)
from yuchi.adapters.segment.names import CONSENTS, CUSTOM, event_type, public_type
from yuchi.adapters.segment.times import PUBLIC_PAST, Moment, moment_of
from yuchi.adapters.segment.values import Cleaning
from yuchi.domain.contacts import ContactKind, normalise, without_contacts
from yuchi.domain.event import Contact, Event, derive_id, fan_identity, format_time
from yuchi.domain.identity import ANONYMOUS, MEMBER, UNIONID
from yuchi.domain.source import Source, collected_by
from yuchi.domain.traits import TRAITS
from yuchi.services.collect import Problem, Reading
from yuchi.services.identifiers import identifier_of
from yuchi.services.ports_sources import Contacts

MAX_MESSAGE: Final = 32 * 1024
"""The specification's limit of one message, in bytes of JSON."""
MAX_MESSAGES: Final = 2500
"""The specification's limit of one batch."""

CALLS: Final[Mapping[str, MessageType | None]] = {
    "batch": None, "import": None, "b": None,
    "track": "track", "identify": "identify", "page": "page", "screen": "screen", "group": "group", "alias": "alias",
    "t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias",
}  # fmt: skip
"""The last part of the path -> the type of the one message in it; None for a batch. Browsers' SDKs use the short ones."""

_TYPES: Final[Mapping[str, str]] = {
    "identify": "person.identified",
    "page": "page.viewed",
    "screen": "screen.viewed",
    "group": "group.joined",
    "alias": "person.aliased",
}
_RESERVED: Final = frozenset({"type", "time", "id", "account", "source", "trusted", TRAITS})
"""Names that an event has by itself; a property of such a name is kept as ``property_<name>``."""
_CONTEXT: Final = {
    "campaign": ("name", "source", "medium", "term", "content"),
    "page": ("url", "path", "title", "referrer"),
}
"""What of the context goes with every event. Not the address, the browser and the place: nobody asked the person."""


@dataclass(frozen=True, slots=True)
class SegmentDoor:
    """:class:`yuchi.services.collect.Door` for the specification's messages."""

    contacts: Contacts

    def knows(self, call: str) -> bool:
        """Whether there is a call of this name."""
        return call in CALLS

    def read(self, source: Source, call: str, body: Mapping[str, Any], received_at: datetime) -> Reading:
        """The events in ``body``, and what is wrong with the others. Raises ``UnavailableError``."""
        kind = CALLS[call]
        if kind is not None:
            return self._read_all(source, [{**body, "type": kind}], {}, received_at)
        batch = body.get("batch")
        if not isinstance(batch, list):
            return Reading(problems=[Problem(None, MessageFault.FIELD, "batch: must be a list of messages")])
        shared = {name: body[name] for name in ("sentAt", "context") if body.get(name) is not None}
        return self._read_all(source, batch, shared, received_at)

    def _read_all(
        self, source: Source, batch: Sequence[Any], shared: Mapping[str, Any], received_at: datetime
    ) -> Reading:
        reading = Reading()
        for index, values in enumerate(batch[:MAX_MESSAGES]):
            try:
                reading.events.append(self._read(source, _with(values, shared), received_at))
            except RefusedMessageError as refused:
                reading.problems.append(Problem(index, refused.reason, refused.text, _message_id(values)))
        reading.problems += [
            Problem(
                MAX_MESSAGES + index,
                MessageFault.TOO_MANY,
                f"a batch has at most {MAX_MESSAGES} messages",
                _message_id(values),
            )
            for index, values in enumerate(batch[MAX_MESSAGES:])
        ]
        return reading

    def _read(self, source: Source, values: Mapping[str, Any], received_at: datetime) -> Event:
        message = parse_message(values)
        told = message.original_timestamp or message.timestamp
        moment = moment_of(told=told, sent_at=message.sent_at, received_at=received_at)
        if moment is None:
            raise RefusedMessageError(MessageFault.TIMESTAMP, "timestamp: is before the year 2000, or no time at all")
        if not source.trusted and received_at - moment.time > PUBLIC_PAST:
            text = (
                f"timestamp: is more than {PUBLIC_PAST.days} days ago, which only a source with a secret key may tell"
            )
            raise RefusedMessageError(MessageFault.TIMESTAMP, text)
        identifier, moment = _identify(source, message, values, moment, received_at)
        making = _Making(message, self.contacts, trusted=source.trusted)
        kind, data = making.content()
        subject = making.subject()
        return Event(
            id=identifier,
            source=collected_by(source.id, trusted=source.trusted),
            type=kind,
            time=moment.time,
            key_time=moment.key_time if moment.key_time != moment.time else None,
            historical=moment.historical,
            brand=source.brand,
            account="",
            subject=subject,
            identities=tuple(each for each in dict.fromkeys(making.identities) if each != subject),
            contacts=making.sealed,
            data=data,
        )


def _with(values: Any, shared: Mapping[str, Any]) -> Mapping[str, Any]:
    """One message of a batch with what the batch says for all."""
    if not isinstance(values, dict):
        raise RefusedMessageError(MessageFault.NOT_AN_OBJECT, "a message must be an object")
    if len(to_json(values)) > MAX_MESSAGE:
        raise RefusedMessageError(MessageFault.TOO_LARGE, f"a message has at most {MAX_MESSAGE} bytes")
    merged = {**shared, **values}
    if isinstance(shared.get("context"), dict) and isinstance(values.get("context"), dict):
        merged["context"] = {**shared["context"], **values["context"]}
    return merged


def _message_id(values: Any) -> str:
    """To tell the sender which message was meant."""
    found = values.get("messageId") if isinstance(values, dict) else None
    return found[:100] if isinstance(found, str) else ""


def _identify(
    source: Source, message: Message, values: Mapping[str, Any], moment: Moment, received_at: datetime
) -> tuple[str, Moment]:
    """The event's id, the same each time the message comes, and with it the moment that stands in keys.

    Without an id of its own a message is what it says. Where it does not even say when it was, two that say the same are
    one if they come within a minute: more cannot be known.
    """
    place = collected_by(source.id)
    if message.message_id:
        return derive_id(place, message.message_id), moment
    parts = [place, "", to_json({name: value for name, value in values.items() if name != "sentAt"}).decode()]
    if message.original_timestamp is None and message.timestamp is None:
        minute = received_at.replace(second=0, microsecond=0)
        parts.append(format_time(minute))
        moment = moment._replace(key_time=minute)
    return derive_id(*parts), moment


@dataclass(slots=True)
class _Making:
    """One event in the making. ``identities`` are what it proves, the strongest first."""

    message: Message
    contacts: Contacts
    trusted: bool
    identities: list[str] = field(default_factory=list)
    sealed: dict[str, Contact] = field(default_factory=dict)

    def content(self) -> tuple[str, dict[str, Any]]:
        """The event's type and data; gathers what its traits prove."""
        message = self.message
        traits = Cleaning()
        said = traits.clean({**message.part("traits"), **(message.traits if message.type == "identify" else {})})
        data = {name: picked for name, picked in self._context() if picked}
        if message.type == "identify":
            self._prove(said, traits)
            data[TRAITS] = {name: value for name, value in said.items() if name not in _PROOFS}
        else:
            self._prove(said, traits)
            data |= _as_fields(Cleaning().clean(message.properties))
        return self._named(data)

    def _named(self, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        message = self.message
        if message.type == "track":
            name = without_contacts((message.event or "").strip())
            kind = event_type(name)
            kind = CONSENTS.get(kind, kind) if self.trusted else public_type(kind)
            if kind.startswith(f"{CUSTOM}."):
                data = {
                    **{("property_name" if each == "name" else each): value for each, value in data.items()},
                    "name": name,
                }
            return kind, data
        for each in ("name", "category"):
            told = getattr(message, each)
            if told and message.type in {"page", "screen"}:
                data[each] = without_contacts(told)
        if message.type == "group":
            data["group_id"] = without_contacts(message.group_id or "")
            data["group_traits"] = Cleaning().clean(message.traits)
        return _TYPES[message.type], data

    def _context(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Where the person came from, and the page where it happened (which a page view says itself)."""
        for part, names in _CONTEXT.items():
            if part == "page" and self.message.type == "page":
                continue
            told = self.message.part(part)
            yield part, Cleaning().clean({name: told[name] for name in names if isinstance(told.get(name), str)})

    def _prove(self, said: Mapping[str, Any], traits: Cleaning) -> None:
        """What a trusted source's traits prove of who it is."""
        if not self.trusted:
            return
        openid, account, unionid = (said.get(each) for each in ("openid", "wechat_account", "unionid"))
        if _is_id(openid) and _is_id(account):
            self.identities.append(fan_identity(str(account), str(openid)))
        if _is_id(unionid):
            self.identities.append(f"{UNIONID}:{unionid}")
        for kind, value in traits.found:
            self._prove_contact(kind, value)

    def _prove_contact(self, kind: ContactKind, value: str) -> None:
        sealed = self.contacts.seal(kind, value)
        if sealed is not None:
            self.identities.append(sealed[0])
            self.sealed[sealed[0]] = sealed[1]

    def subject(self) -> str:
        """Whom the event is about: the member, else the browser, else what a trusted source proves.

        Raises :class:`RefusedMessageError` where it says nothing of that.
        """
        message = self.message
        own = []
        if message.user_id:
            own.append(f"{MEMBER}:{identifier_of(message.user_id, self.contacts)}")
            if self.trusted and normalise(ContactKind.EMAIL, message.user_id):
                self._prove_contact(ContactKind.EMAIL, message.user_id)
        own += [
            f"{ANONYMOUS}:{identifier_of(each, self.contacts)}"
            for each in (message.anonymous_id, message.previous_id)
            if each
        ]
        if not own and not self.identities:
            raise RefusedMessageError(MessageFault.IDENTITY, "userId or anonymousId: one of them is needed")
        self.identities = [*own, *self.identities]
        return self.identities[0]


_PROOFS: Final = frozenset({"openid", "unionid", "wechat_account"})


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable() and " " not in value  # noqa: PLR2004 - longer ones are no ids of WeChat


def _as_fields(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {(f"property_{name}" if name in _RESERVED else name): value for name, value in properties.items()}
