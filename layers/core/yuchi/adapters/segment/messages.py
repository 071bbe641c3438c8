"""One tracking message: what the specification asks of each field."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

MAX_ID: Final = 200
MAX_EVENT_NAME: Final = 200
BLOCKED_IDS: Final = frozenset(
    {
        "",
        "0",
        "-1",
        "null",
        "nil",
        "none",
        "undefined",
        "nan",
        "unknown",
        "anonymous",
        "guest",
        "test",
        "[object object]",
    }
)
"""What programs send when they have no id. Taken as one, it would make everybody one person."""


class MessageFault(StrEnum):
    """Why a message was refused: a closed list, since it is counted by source."""

    NOT_AN_OBJECT = "not_an_object"
    TYPE = "type"
    IDENTITY = "identity"
    EVENT_NAME = "event_name"
    TIMESTAMP = "timestamp"
    FIELD = "field"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"


def _to_id(value: Any) -> Any:
    """Numbers are taken as text, as the SDKs do; what only stands for "no id" is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str):
        value = value.strip()
        return None if value.lower() in BLOCKED_IDS else value
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError("control characters")
    return value


def _to_time(value: Any) -> Any:
    """ISO 8601, as the specification wants. A time without a zone is UTC."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - pydantic takes no other for a wrong value
    moment = datetime.fromisoformat(value.strip())
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


def _to_map(value: Any) -> Any:
    return {} if value is None else value


Id = Annotated[
    Annotated[str, Field(max_length=MAX_ID), AfterValidator(_printable)] | None,
    BeforeValidator(_to_id),
]
Time = Annotated[datetime | None, BeforeValidator(_to_time)]
Map = Annotated[dict[str, Any], BeforeValidator(_to_map)]
MessageType = Literal["track", "identify", "page", "screen", "group", "alias"]


class Message(BaseModel):
    """One message. Fields that the specification has and we do not use (``integrations``) are let go."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, strict=True)

    type: MessageType
    message_id: Id = Field(default=None, alias="messageId")
    user_id: Id = Field(default=None, alias="userId")
    anonymous_id: Id = Field(default=None, alias="anonymousId")
    previous_id: Id = Field(default=None, alias="previousId")
    group_id: Id = Field(default=None, alias="groupId")
    event: Annotated[str, Field(max_length=MAX_EVENT_NAME)] | None = None
    name: str | None = None
    category: str | None = None
    timestamp: Time = None
    original_timestamp: Time = Field(default=None, alias="originalTimestamp")
    sent_at: Time = Field(default=None, alias="sentAt")
    properties: Map = Field(default_factory=dict)
    traits: Map = Field(default_factory=dict)
    context: Map = Field(default_factory=dict)

    def part(self, name: str) -> Mapping[str, Any]:
        """A map of the context; empty where there is none."""
        found = self.context.get(name)
        return found if isinstance(found, dict) else {}


class RefusedMessageError(Exception):
    """A message that cannot be taken; ``text`` tells its sender why and quotes no value."""

    def __init__(self, reason: MessageFault, text: str) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text


_REASONS: Final[Mapping[str, MessageFault]] = {
    "type": MessageFault.TYPE,
    "event": MessageFault.EVENT_NAME,
    "timestamp": MessageFault.TIMESTAMP,
    "originalTimestamp": MessageFault.TIMESTAMP,
    "sentAt": MessageFault.TIMESTAMP,
    "userId": MessageFault.IDENTITY,
    "anonymousId": MessageFault.IDENTITY,
}
_WANTED: Final[Mapping[str, str]] = {
    "type": "must be track, identify, page, screen, group or alias",
    "timestamp": "must be a time in ISO 8601",
    "originalTimestamp": "must be a time in ISO 8601",
    "sentAt": "must be a time in ISO 8601",
    "properties": "must be an object",
    "traits": "must be an object",
    "context": "must be an object",
    "event": f"must be a text of at most {MAX_EVENT_NAME} characters",
}


def parse_message(values: Mapping[str, Any]) -> Message:
    """The message. Raises :class:`RefusedMessageError`."""
    try:
        message = Message.model_validate(values)
    except ValidationError as error:
        name = str(error.errors(include_input=False, include_url=False, include_context=False)[0]["loc"][0])
        wanted = _WANTED.get(name, f"must be a text or a whole number of at most {MAX_ID} characters")
        raise RefusedMessageError(_REASONS.get(name, MessageFault.FIELD), f"{name}: {wanted}") from None
    _check_required(message)
    return message


def _check_required(message: Message) -> None:
    if message.type == "track" and not (message.event and message.event.strip()):
        raise RefusedMessageError(MessageFault.EVENT_NAME, "event: is missing")
    if message.type == "alias" and not (message.previous_id and message.user_id):
        raise RefusedMessageError(MessageFault.IDENTITY, "alias: wants userId and previousId")
    if message.type == "group" and not message.group_id:
        raise RefusedMessageError(MessageFault.FIELD, "groupId: is missing")
