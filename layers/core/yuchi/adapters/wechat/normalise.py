"""From the fields of a push to an :class:`~yuchi.domain.event.Event`."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from yuchi.adapters.wechat.push_refinements import number, text_at, whole
from yuchi.adapters.wechat.push_table import ROWS, Row, Subject
from yuchi.domain.account import Account
from yuchi.domain.catalogue import Kind
from yuchi.domain.event import Event, derive_id, fan_identity, format_time
from yuchi.domain.wechat_events import WECHAT_EVENTS

_OPENID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SYSTEM_SENDERS: Final = frozenset({"sys", "mphelper", "weixin"})
_EXCERPT: Final = 2_000
_TRUE: Final = frozenset({"1", "true"})
_FALSE: Final = frozenset({"0", "false"})
_SPECS: Final = {spec.type: spec for spec in WECHAT_EVENTS}


def normalise(account: Account, payload: dict[str, Any], received_at: datetime) -> Event:
    """The event behind ``payload`` (:func:`yuchi.adapters.wechat.payload.read_payload`).

    The id is made from what the push says alone, so each of WeChat's re-deliveries gives the same event. A kind of push
    that is not in the table becomes ``wechat.unknown`` with its fields as they came. ``received_at`` stands in where the
    push :func:`says no time <says_when>`.
    """
    row = ROWS.get(_kind(payload))
    return Event(
        id=_event_id(account, payload),
        source=f"/wechat/{account.id}",
        type=row.type if row else "wechat.unknown",
        time=_moment(text_at(payload, "CreateTime")) or received_at,
        brand=account.brand,
        account=account.id,
        subject=_subject(account, payload, row),
        identities=_identities(payload),
        data=_data(payload, row) if row else _unknown_data(payload),
    )


def says_when(payload: dict[str, Any]) -> bool:
    """Whether the push has a CreateTime that can be one."""
    return _moment(text_at(payload, "CreateTime")) is not None


def unparsed(account: Account, body: bytes, received_at: datetime) -> Event:
    """The event for an authentic push whose content could not be read."""
    digest = sha256(body).hexdigest()
    return Event(
        id=derive_id(account.id, "unparsed", digest),
        source=f"/wechat/{account.id}",
        type="wechat.unparsed",
        time=received_at,
        brand=account.brand,
        account=account.id,
        data={"size": len(body), "digest": digest, "start": body.decode(errors="replace")[:_EXCERPT]},
    )


def _kind(payload: dict[str, Any]) -> str:
    message_type = text_at(payload, "MsgType").lower()
    event = text_at(payload, "Event").lower()
    if message_type == "device_event":
        return f"event.device_{event}"
    return f"event.{event}" if message_type == "event" else message_type


def _event_id(account: Account, payload: dict[str, Any]) -> str:
    # A message has an id of its own. An event has none: sender and second alone would merge two events of one
    # moment, the bytes on the wire differ at each delivery, so the id is taken from all of its decrypted fields.
    message_id = text_at(payload, "MsgId") or text_at(payload, "MsgID")
    if message_id and text_at(payload, "MsgType").lower() != "event":
        return derive_id(account.id, "message", text_at(payload, "FromUserName"), message_id)
    content = {name: value for name, value in payload.items() if name != "Encrypt"}
    return derive_id(account.id, "event", json.dumps(content, sort_keys=True, ensure_ascii=False))


def _subject(account: Account, payload: dict[str, Any], row: Row | None) -> str | None:
    if row is None:
        # An unknown event may come from a helper account of WeChat's; a message always comes from a person.
        names = () if _kind(payload).startswith("event.") or not text_at(payload, "MsgId") else Subject.SENDER.value
    else:
        names = row.subject.value
    openid = next((text_at(payload, name) for name in names), "")
    if not _OPENID.fullmatch(openid) or openid in _SYSTEM_SENDERS or _is_snapshot(payload):
        return None
    return fan_identity(account.id, openid)


def _is_snapshot(payload: dict[str, Any]) -> bool:
    """Whether the sender is the made-up user of WeChat's snapshot page mode, whose openid is nobody's."""
    return any(text_at(payload, name).lower() in _TRUE for name in ("is_snapshotuser", "IsSnapshotUser"))


def _identities(payload: dict[str, Any]) -> tuple[str, ...]:
    names = ("UnionId", "UnionID", "unionid")
    unionid = next((text_at(payload, name) for name in names if text_at(payload, name)), "")
    return (f"unionid:{unionid}",) if _OPENID.fullmatch(unionid) and not _is_snapshot(payload) else ()


def _data(payload: dict[str, Any], row: Row) -> dict[str, Any]:
    kinds = _SPECS[row.type].fields
    data: dict[str, Any] = {}
    for name, paths in row.fields.items():
        for path in paths.split("|"):
            value = _CONVERTERS[kinds[name].kind](text_at(payload, path))
            if value is not None:
                data[name] = value
                break
    if row.refine:
        data |= {name: value for name, value in row.refine(payload).items() if value != ""}
    return data


def _unknown_data(payload: dict[str, Any]) -> dict[str, Any]:
    return {"kind": _kind(payload)[:100], "sender": text_at(payload, "FromUserName")[:100], "fields": payload}


def _moment(text: str) -> datetime | None:
    """Seconds since 1970 as a moment; None for anything that is none."""
    seconds = whole(text)
    if seconds is None or not 0 < seconds < 2**32:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _to_boolean(text: str) -> bool | None:
    return True if text.lower() in _TRUE else False if text.lower() in _FALSE else None


def _to_time(text: str) -> str | None:
    moment = _moment(text)
    return format_time(moment) if moment else None


_CONVERTERS: Final[Mapping[Kind, Callable[[str], Any]]] = {
    Kind.TEXT: lambda text: text or None,
    Kind.NUMBER: number,
    Kind.BOOLEAN: _to_boolean,
    Kind.TIME: _to_time,
}
