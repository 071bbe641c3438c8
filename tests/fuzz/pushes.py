"""From any bytes to a push at the door, so that a fuzzer that turns bytes about gets past signature and cipher.

The first byte chooses how far the push is sound, the rest is what is wrong with it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.reliability.system import System
from tests.unit.adapters.wechat import sealing
from yuchi.domain.account import PushMode
from yuchi.services.receive_callback import Response

Delivery = tuple[sealing.Query, bytes]
"""Query and body of a POST."""

STATUSES: Final = frozenset({200, 403})
"""What is answered to whatever anybody sends while the stores are there."""
NAMES: Final = (
    "ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "MsgId", "Content", "Ticket", "Encrypt",
    "ScanCodeInfo", "ScanResult", "SendPicsInfo", "PicList", "item", "Latitude", "Location_X", "Label", "Status",
    "CardId", "UserCardCode", "List", "PopupScene", "TemplateId", "SessionFrom", "MenuId", "PicUrl", "Format", "xml",
)  # fmt: skip
WORDS: Final = (
    sealing.GH, sealing.FAN, sealing.TIMESTAMP, "text", "event", "subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW",
    "LOCATION", "location", "image", "voice", "qrscene_K1", "TEMPLATESENDJOBFINISH", "user_get_card", "scancode_push",
    "pic_sysphoto", "subscribe_msg_popup_event", "kf_create_session", "miniprogrampage", "", "0", "-1", "9" * 40,
    "1e999", "NaN", "\u202e", "�", "]]&gt;", "&#0;", "&amp;", "<!DOCTYPE x>",
)  # fmt: skip
FORMS: Final = ("<{0}>{1}</{0}>", "<{0}><![CDATA[{1}]]></{0}>", "<{0} a='{1}'/>", "<{0}>{1}")
MAX_PARTS: Final = 40


class Bytes:
    """The fuzzer's bytes, taken one after the other; nothing but zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> bool:
        return self._at < len(self._data)

    def number(self) -> int:
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def one_of(self, choices: tuple[str, ...]) -> str:
        """One of ``choices``, or now and then a few bytes as they are."""
        number = self.number()
        if number < 2 * len(choices):
            return choices[number % len(choices)]
        size = number % 16
        self._at += size
        return self._data[self._at - size : self._at].decode("utf-8", "replace")

    def rest(self) -> bytes:
        return self._data[self._at :]


def write_xml(source: Bytes, depth: int = 0) -> str:
    """Elements of names that WeChat uses, mostly well-formed."""
    parts: list[str] = []
    while source.left and len(parts) < MAX_PARTS:
        name, kind = source.one_of(NAMES), source.number() % 8
        inner = write_xml(source, depth + 1) if kind == 0 and depth < 3 * MAX_PARTS else source.one_of(WORDS)
        form = ("<{0}>{1}</{0}>", "<{0}><![CDATA[{1}]]></{0}>", "<{0} a='{1}'/>", "<{0}>{1}")[
            (kind > 1) + (kind > 4) + (kind > 6)
        ]
        parts.append(form.format(name, inner))
        if kind == 1 and depth:
            break
    return "".join(parts)


def write_json(source: Bytes, depth: int = 0) -> Any:
    """A value of JSON, with keys that WeChat uses."""
    kind = source.number() % 6
    if not source.left or depth > MAX_PARTS or kind > 3:
        return source.one_of(WORDS)
    if kind == 0:
        return [write_json(source, depth + 1) for _ in range(source.number() % 8)]
    if kind == 1:
        return (source.number() - 128) * 10 ** (source.number() % 40)
    if kind == 2:
        return (True, False, None, float("nan"))[source.number() % 4]
    return {source.one_of(NAMES): write_json(source, depth + 1) for _ in range(source.number() % 16)}


# --- how far it is sound


def _content(source: Bytes) -> Delivery:
    """Sealed as WeChat does; the content is anything."""
    return sealing.sealed(source.rest())


def _elements(source: Bytes) -> Delivery:
    """Sealed; XML that may be a push to this account."""
    head = f"<ToUserName>{sealing.GH}</ToUserName><FromUserName>{sealing.FAN}</FromUserName>"
    return sealing.sealed(f"<xml>{head if source.number() % 4 else ''}{write_xml(source)}</xml>")


def _json(source: Bytes) -> Delivery:
    """Sealed; JSON that may be a push to this account."""
    value = {"ToUserName": sealing.GH, "FromUserName": sealing.FAN}
    value |= {source.one_of(NAMES): write_json(source) for _ in range(source.number() % 16)}
    return sealing.sealed(json.dumps(value, ensure_ascii=bool(source.number() % 2)).encode("utf-8", "surrogatepass"))


def _frame(source: Bytes) -> Delivery:
    """Rightly signed and encrypted; length, padding or appid are wrong."""
    padded = source.rest()[: 16 * (len(source.rest()) // 16)]
    encrypted = sealing.aes(padded if source.number() % 2 else sealing.pad(padded))
    return sealing.safe_query(encrypted), sealing.envelope(encrypted)


def _cipher(source: Bytes) -> Delivery:
    """Rightly signed; what should be encrypted is anything."""
    encrypted = source.rest().decode("utf-8", "replace")
    return sealing.safe_query(encrypted), sealing.envelope(encrypted, extra=write_xml(source))


def _query(source: Bytes) -> Delivery:
    """Any query with a sound body."""
    query, body = sealing.sealed()
    for name in list(query):
        if source.number() % 2:
            query[name] = [source.one_of(WORDS) for _ in range(source.number() % 3)]
    return query, body


def _body(source: Bytes) -> Delivery:
    """Any body under a sound query."""
    return sealing.safe_query(""), source.rest()


def _plain(source: Bytes) -> Delivery:
    """For an account in plain mode, rightly signed."""
    return sealing.plain_query(), f"<xml><ToUserName>{sealing.GH}</ToUserName>{write_xml(source)}</xml>".encode()


SHAPES: Final[tuple[Callable[[Bytes], Delivery], ...]] = (
    _content, _elements, _json, _frame, _cipher, _query, _body, _plain,
)  # fmt: skip


class UnexpectedAnswerError(AssertionError):
    """The door answered something that no push may get, or took a push that nobody can process."""


class Door:
    """The real use case with its real gate, on stores in memory: one for each mode of accounts."""

    def __init__(self) -> None:
        modes: Mapping[PushMode, System] = {
            mode: System(account=sealing.ACCOUNT.model_copy(update={"mode": mode}))
            for mode in (PushMode.SAFE, PushMode.PLAIN)
        }
        for system in modes.values():
            system.now = sealing.NOW
        self.modes = modes

    def deliver(self, data: bytes) -> Response:
        """Make ``data`` a push, and check what becomes of it."""
        source = Bytes(data)
        shape = SHAPES[source.number() % len(SHAPES)]
        query, body = shape(source)
        system = self.modes[PushMode.PLAIN if shape is _plain else PushMode.SAFE]
        response = system.callback.receive(system.account.id, query, body)
        if response.status not in STATUSES:
            raise UnexpectedAnswerError(f"status {response.status}")
        system.events.read(system.events.messages)
        system.events.messages.clear()
        system.events.everything.clear()
        system.events.forget()
        system.receipts.kept.clear()
        system.gate.names.clear()
        return response
