"""Pushes callbacks as WeChat does: signed, encrypted, five seconds to answer, three tries, the same message each time.

pusher = Pusher(account, callback_url)
fan = pusher.fan()
fan.subscribe(scene="store-12")
push = fan.text("试用")
push.reply          # {"MsgType": "text", "Content": "..."} or None
"""

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

from infra.local.simulator import xml
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.envelope import EnvelopeError, seal, signature
from infra.local.simulator.pushes import open_reply

ANSWER_SECONDS: Final = 5.0
TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. ``status`` is None when no answer came in time."""

    status: int | None
    body: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Push:
    """What became of one push. ``reply``: the fields of the passive reply, None for none."""

    fields: Mapping[str, Any]
    attempts: tuple[Attempt, ...]
    reply: dict[str, Any] | None

    @property
    def accepted(self) -> bool:
        """Whether WeChat is content: some try was answered with 200."""
        return self.attempts[-1].status == 200

    @property
    def status(self) -> int | None:
        """The status of the last try."""
        return self.attempts[-1].status

    @property
    def seconds(self) -> float:
        """From the first try to the last answer."""
        return sum(attempt.seconds for attempt in self.attempts)


@dataclass(slots=True)
class Pusher:
    """Pushes for one account. May be used from many threads."""

    account: PlatformAccount
    callback_url: str
    answer_seconds: float = ANSWER_SECONDS
    tries: int = TRIES
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=32, retries=False))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last_message: int = 0

    def fan(self, openid: str | None = None) -> "Fan":
        """A follower; a new one without an openid."""
        return Fan(self, openid or "o" + secrets.token_urlsafe(20)[:27])

    def handshake(self) -> str | None:
        """What WeChat does when the operator saves the address: the echo, or None when it was wrong."""
        timestamp, nonce, echo = str(int(time.time())), secrets.token_hex(5), str(secrets.randbits(62))
        query = {"signature": signature(self.account.token, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        attempt = self._attempt("GET", {**query, "echostr": echo}, b"")
        return echo if attempt.status == 200 and attempt.body == echo.encode() else None

    def push(self, fields: Mapping[str, Any]) -> Push:
        """Push until it is accepted, at most three times. A timeout, another status or no connection is no answer."""
        attempts: list[Attempt] = []
        while len(attempts) < self.tries:
            query, body = self.seal(fields)
            attempts.append(self._attempt("POST", query, body))
            if attempts[-1].status == 200:
                break
        return Push(fields=fields, attempts=tuple(attempts), reply=self._reply(attempts[-1]))

    def seal(self, fields: Mapping[str, Any], *, timestamp: int | None = None) -> tuple[dict[str, str], bytes]:
        """The query and the body of one try, for those who send it themselves (or spoil it first)."""
        account = self.account
        moment, nonce = str(timestamp or int(time.time())), str(secrets.randbelow(10**10))
        query = {"signature": signature(account.token, moment, nonce), "timestamp": moment, "nonce": nonce}
        if "FromUserName" in fields:
            query["openid"] = str(fields["FromUserName"])
        plain = self._write(fields)
        if account.mode == "plain":
            return query, plain
        sealed = seal(plain, encoding_aes_key=account.encoding_aes_key, appid=account.appid)
        query |= {"encrypt_type": "aes", "msg_signature": signature(account.token, moment, nonce, sealed)}
        visible = dict(fields) if account.mode == "compatible" else {"ToUserName": account.original_id}
        return query, self._write({**visible, "Encrypt": sealed})

    def message_id(self) -> int:
        """A new MsgId: 64 bits, rising."""
        with self._lock:
            self._last_message = max(self._last_message + 1, time.time_ns())
            return self._last_message

    def _write(self, fields: Mapping[str, Any]) -> bytes:
        if self.account.kind == "mini_program":
            return json.dumps(fields, ensure_ascii=False).encode()
        return xml.write(fields).encode()

    def _attempt(self, method: str, query: Mapping[str, str], body: bytes) -> Attempt:
        started = time.monotonic()
        kind = "application/json" if self.account.kind == "mini_program" else "text/xml"
        headers = {"Content-Type": kind, "User-Agent": "Mozilla/4.0", "Pragma": "no-cache"}
        try:
            response = self._pool.request(
                method,
                f"{self.callback_url}?{urlencode(query)}",
                body=body,
                headers=headers,
                timeout=urllib3.Timeout(total=self.answer_seconds),
            )
        except urllib3.exceptions.HTTPError:
            return Attempt(None, b"", time.monotonic() - started)
        return Attempt(response.status, response.data, time.monotonic() - started)

    def _reply(self, attempt: Attempt) -> dict[str, Any] | None:
        if attempt.status != 200:
            return None
        try:
            return open_reply(self.account, attempt.body)
        except (EnvelopeError, ValueError) as error:
            # A fan would read "the service of this account is out of order for the moment".
            return {"refused": str(error)}


@dataclass(slots=True)
class Fan:
    """One follower; each method is something a person does. Times are now, ids are new.

    Nobody does two things in one second: WeChat's events carry seconds and no id, so that two equal taps in one second
    are one event to everybody.
    """

    pusher: Pusher
    openid: str
    pushes: list[Push] = field(default_factory=list)
    _last_second: int = 0

    # ------------------------------------------------------------------ the ways in and out

    def subscribe(self, *, scene: str | None = None, ticket: str | None = None) -> Push:
        """Follow; with ``scene`` by that channel's QR code."""
        if scene is None:
            return self.event("subscribe", EventKey="")
        return self.event("subscribe", EventKey=f"qrscene_{scene}", Ticket=ticket or _ticket(scene))

    def unsubscribe(self) -> Push:
        """Leave."""
        return self.event("unsubscribe", EventKey="")

    def scan(self, scene: str, *, ticket: str | None = None) -> Push:
        """Scan a QR code as a follower."""
        return self.event("SCAN", EventKey=scene, Ticket=ticket or _ticket(scene))

    # ------------------------------------------------------------------ messages

    def text(self, content: str, **more: Any) -> Push:
        """Write something."""
        return self.message("text", Content=content, **more)

    def choose(self, menu_id: str, content: str) -> Push:
        """Tap an entry of a menu message."""
        return self.message("text", Content=content, bizmsgmenuid=menu_id)

    def image(self, *, url: str = "http://mmbiz.example/picture", media_id: str = "media-image") -> Push:
        """Send a picture."""
        return self.message("image", PicUrl=url, MediaId=media_id)

    def voice(self, *, media_id: str = "media-voice", form: str = "amr") -> Push:
        """Send a voice message."""
        return self.message("voice", MediaId=media_id, Format=form)

    def location(self, latitude: float, longitude: float, *, label: str = "", scale: int = 15) -> Push:
        """Send a place as a message."""
        return self.message("location", Location_X=latitude, Location_Y=longitude, Scale=scale, Label=label)

    # ------------------------------------------------------------------ events

    def click(self, key: str) -> Push:
        """Tap a menu button."""
        return self.event("CLICK", EventKey=key)

    def view(self, url: str, *, menu_id: str = "1001") -> Push:
        """Tap a menu link."""
        return self.event("VIEW", EventKey=url, MenuId=menu_id)

    def report_location(self, latitude: float, longitude: float, *, precision: float = 30.0) -> Push:
        """The phone reports where it is."""
        return self.event("LOCATION", Latitude=latitude, Longitude=longitude, Precision=precision)

    def take_card(self, card_id: str, *, code: str = "100000000001", outer: str = "") -> Push:
        """Take a coupon."""
        return self.event("user_get_card", CardId=card_id, IsGiveByFriend=0, UserCardCode=code, OuterStr=outer)

    def use_card(self, card_id: str, *, code: str = "100000000001", source: str = "FROM_API") -> Push:
        """Use a coupon."""
        return self.event("user_consume_card", CardId=card_id, UserCardCode=code, ConsumeSource=source)

    # ------------------------------------------------------------------ anything

    def message(self, kind: str, **fields: Any) -> Push:
        """Any message; it gets a new MsgId unless one is given."""
        message_id = fields.pop("MsgId", None) or self.pusher.message_id()
        return self.push({"MsgType": kind, **fields, "MsgId": message_id})

    def event(self, name: str, **fields: Any) -> Push:
        """Any event. Events have no id; WeChat tells them apart by fan and second."""
        return self.push({"MsgType": "event", "Event": name, **fields})

    def push(self, fields: Mapping[str, Any]) -> Push:
        """Any fields, with sender, receiver and time in front unless given."""
        head = {"ToUserName": self.pusher.account.original_id, "FromUserName": self.openid}
        self._last_second = max(int(time.time()), self._last_second + 1)
        push = self.pusher.push({**head, "CreateTime": self._last_second, **fields})
        self.pushes.append(push)
        return push

    @property
    def replies(self) -> list[dict[str, Any]]:
        """The passive replies so far."""
        return [push.reply for push in self.pushes if push.reply]


def _ticket(scene: str) -> str:
    return "gQ" + scene.encode().hex()[:40].ljust(40, "0")
