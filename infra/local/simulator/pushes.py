"""Pushes and passive replies, seen from the platform: what each says, and what it means for the fan."""

import json
from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from infra.local.simulator import xml
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.envelope import EnvelopeError, signature, unseal
from infra.local.simulator.platform import Platform

MENU_EVENTS: Final = frozenset({"CLICK", "scancode_push", "scancode_waitmsg"})
"""Taps on the menu that allow an answer; VIEW and the others do not."""

NOBODYS: Final = frozenset({"MASSSENDJOBFINISH"})
"""Events of the account itself: no fan is behind them."""

TRIGGERS: Final = {
    "subscribe": "follow",
    "unsubscribe": "unfollow",
    "SCAN": "scan",
    "user_pay_from_pay_cell": "payment",
}


def trigger_of(fields: Mapping[str, Any]) -> str | None:
    """Which allowance of customer-service messages a push opens (None: it opens none)."""
    if fields.get("MsgType") != "event":
        # A tap on an entry of a menu message counts as a tap on the menu.
        return "menu" if fields.get("bizmsgmenuid") else "message"
    event = str(fields.get("Event", ""))
    return "menu" if event in MENU_EVENTS else TRIGGERS.get(event)


def open_push(account: PlatformAccount, query: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """The fields of a push that really is this account's, or None (forged and broken ones are no concern here)."""
    try:
        outer = _read(body)
        if account.mode == "plain":
            good = signature(account.token, query["timestamp"], query["nonce"]) == query["signature"]
            return outer if good else None
        sealed = str(outer["Encrypt"])
        if signature(account.token, query["timestamp"], query["nonce"], sealed) != query["msg_signature"]:
            return None
        return _read(unseal(sealed, encoding_aes_key=account.encoding_aes_key, appid=account.appid))
    except (KeyError, EnvelopeError, ParseError, ValueError):
        return None


def open_reply(account: PlatformAccount, body: bytes) -> dict[str, Any] | None:
    """A passive reply's fields; None for none ("success", nothing). Raises ``ValueError`` where WeChat refuses it."""
    if body.strip() in {b"", b"success"}:
        return None
    try:
        outer = _read(body)
        if account.mode == "plain":
            return outer
        sealed = str(outer["Encrypt"])
        good = signature(account.token, str(outer["TimeStamp"]), str(outer["Nonce"]), sealed)
        if good != outer["MsgSignature"]:
            raise ValueError("a reply with a wrong signature")
        return _read(unseal(sealed, encoding_aes_key=account.encoding_aes_key, appid=account.appid))
    except (KeyError, ParseError) as error:
        raise ValueError("a reply that is no reply") from error


def observe_push(platform: Platform, name: str, query: Mapping[str, str], body: bytes) -> dict[str, Any] | None:
    """Take note of a push on its way to the API: the fan exists and may be answered. Its fields, if it is real."""
    state = platform.account(name)
    fields = open_push(state.account, query, body) if state else None
    if state is None or not fields or not fields.get("FromUserName"):
        return None
    if fields.get("Event") in NOBODYS:
        return fields
    scene = str(fields.get("EventKey", "")).removeprefix("qrscene_")
    platform.touch(state, str(fields["FromUserName"]), trigger_of(fields), scene=scene)
    for template in _agreed(fields):
        state.sent.credits[str(fields["FromUserName"]), template] += 1
    return fields


def _agreed(fields: Mapping[str, Any]) -> list[str]:
    """The templates of which the fan just agreed to one notice each."""
    popup = fields.get("SubscribeMsgPopupEvent")
    listed = popup.get("List", []) if isinstance(popup, dict) else []
    answers = [each for each in (listed if isinstance(listed, list) else [listed]) if isinstance(each, dict)]
    return [str(each.get("TemplateId")) for each in answers if each.get("SubscribeStatusString") == "accept"]


def _read(body: bytes) -> dict[str, Any]:
    if body.lstrip().startswith(b"{"):
        parsed = json.loads(body)
        return parsed if isinstance(parsed, dict) else {}
    return xml.read(body)
