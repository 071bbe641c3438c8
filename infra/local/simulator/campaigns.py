"""The endpoints of mass, template and subscription messages and of drafts, with their limits."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from infra.local.simulator import limits, notices
from infra.local.simulator.platform import BEIJING, AccountState, ApiError, Platform
from infra.local.simulator.sent import Got, MassMessage

if TYPE_CHECKING:
    from infra.local.simulator.endpoints import Call

OK: Final[Mapping[str, Any]] = {"errcode": 0, "errmsg": "ok"}
MASS: Final = {"text", "images", "image", "mpnews"}


def mass_send(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/message/mass/send."""
    openids = call.parsed.get("touser")
    if not isinstance(openids, list) or not limits.MASS_LEAST <= len(set(openids)) <= limits.MASS_MOST:
        raise ApiError(40032)
    return _mass(call, openids)


def mass_send_all(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/message/mass/sendall: to everybody or to a tag."""
    chosen = call.parsed.get("filter")
    if not isinstance(chosen, dict):
        raise ApiError(47001)
    tag = None if chosen.get("is_to_all") else chosen.get("tag_id")
    fans = [openid for openid, fan in call.account.fans.items() if tag is None or tag in fan.tags]
    return _mass(call, fans)


def _mass(call: "Call", openids: Iterable[str]) -> dict[str, Any]:
    client_id = call.text("clientmsgid")
    if len(client_id.encode()) > limits.CLIENT_ID_BYTES:
        raise ApiError(45067)
    platform, state = call.platform, call.account
    with platform.lock:
        now = platform.now()
        known = state.sent.by_client_id.get(client_id) if client_id else None
        if known is not None and now - known.accepted_at < limits.CLIENT_ID_SECONDS:
            raise ApiError(45065, msg_id=known.message_id)
        _slow_down(state, now)
        _check_mass_content(call)
        if any(openid not in state.fans for openid in openids):
            raise ApiError(40003)
        message = _carry_out(platform, state, set(openids), client_id)
    # An account that is told nothing can still ask.
    if state.sent.told:
        counts = {
            "TotalCount": message.total,
            "FilterCount": message.total - message.filtered,
            "SentCount": message.total - message.filtered - message.failed,
            "ErrorCount": message.failed,
        }
        fields = notices.mass_finished(state.account, message.message_id, message.status, counts)
        platform.notices.later(state.account, fields, delay=state.sent.delay)
    return {**OK, "errmsg": "send job submission success", "msg_id": message.message_id}


def _slow_down(state: AccountState, now: float) -> None:
    calls = state.sent.minute
    while calls and now - calls[0] >= limits.MINUTE:
        calls.popleft()
    if len(calls) >= limits.MASS_CALLS_A_MINUTE:
        raise ApiError(45011)
    calls.append(now)


def _check_mass_content(call: "Call") -> None:
    kind = call.text("msgtype")
    content = call.parsed.get(kind)
    if kind not in MASS:
        raise ApiError(40008)
    if not isinstance(content, dict):
        raise ApiError(47001)
    if kind == "text":
        text = str(content.get("content", ""))
        if not text:
            raise ApiError(44004)
        if len(text.encode()) > limits.TEXT_BYTES:
            raise ApiError(45002)
        return
    media = content.get("media_ids") if kind == "images" else [content.get("media_id")]
    if not media or not all(_is_alive(call, str(each), kind) for each in media):
        raise ApiError(40007)


def _is_alive(call: "Call", media_id: str, kind: str) -> bool:
    if kind == "mpnews":
        return media_id in call.account.sent.drafts
    found = call.account.media.get(media_id)
    return found is not None and found[0] == "image" and call.platform.now() < found[1]


def _carry_out(platform: Platform, state: AccountState, openids: Iterable[str], client_id: str) -> MassMessage:
    """Give it to each fan who may have it; the others are dropped in silence."""
    number, now = platform.number(), platform.now()
    month = datetime.fromtimestamp(now, tz=BEIJING).strftime("%Y-%m")
    sent, total, filtered, failed = state.sent, 0, 0, 0
    refused = sent.verdict != "send success"
    for openid in openids:
        fan = state.fans[openid]
        full = sent.month[month, openid] >= limits.MASS_A_MONTH
        dropped = not fan.subscribed or full
        total, filtered = total + 1, filtered + dropped
        failed += not dropped and refused
        shown = not dropped and not refused
        if shown:
            sent.month[month, openid] += 1
        sent.give(openid, Got("mass", client_id, number, shown))
    message = MassMessage(number, client_id, total, filtered, failed, now, now + sent.delay, sent.verdict)
    sent.masses[number] = message
    if client_id:
        sent.by_client_id[client_id] = message
    return message


def mass_get(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/message/mass/get: a status, and no counts."""
    name = call.text("msg_id")
    message = call.account.sent.masses.get(int(name) if name.isdecimal() else 0)
    if message is None:
        raise ApiError(40059)
    if call.platform.now() < message.done_at:
        status = "SENDING"
    else:
        status = "SEND_SUCCESS" if message.status == "send success" else "SEND_FAIL"
    return {"msg_id": message.message_id, "msg_status": status}


def mass_preview(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/message/mass/preview: to one fan, and no quota of theirs."""
    openid = call.text("touser")
    fan = call.account.fans.get(openid)
    if fan is None:
        raise ApiError(40003)
    if not fan.subscribed:
        raise ApiError(43004)
    _check_mass_content(call)
    number = call.platform.number()
    with call.platform.lock:
        call.account.sent.give(openid, Got("preview", "", number))
    return {**OK, "errmsg": "preview success", "msg_id": number}


def template_send(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/message/template/send; ``client_msg_id`` repeated within ten minutes is the message before."""
    platform, state, openid = call.platform, call.account, call.text("touser")
    fan = state.fans.get(openid)
    if fan is None:
        raise ApiError(40003)
    if not fan.subscribed:
        raise ApiError(43004)
    if not call.text("template_id"):
        raise ApiError(40037)
    if not isinstance(call.parsed.get("data"), dict):
        raise ApiError(47001)
    client_id = call.text("client_msg_id")
    with platform.lock:
        number, at = state.sent.replays.get((openid, client_id), (0, 0.0))
        if client_id and number and platform.now() - at < limits.REPLAY_SECONDS:
            return {**OK, "msgid": number}
        number = platform.number()
        state.sent.replays[openid, client_id] = (number, platform.now())
        state.sent.give(openid, Got("template", client_id, number, not fan.blocks))
    if state.sent.told:
        status = "failed:user block" if fan.blocks else "success"
        fields = notices.template_finished(state.account, openid, number, status)
        platform.notices.later(state.account, fields, delay=state.sent.delay)
    return {**OK, "msgid": number}


def subscribe_send(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/message/subscribe/bizsend: one notice for each time that the fan agreed; followers or not."""
    platform, state, openid = call.platform, call.account, call.text("touser")
    template, data = call.text("template_id"), call.parsed.get("data")
    if not template:
        raise ApiError(40037)
    if not isinstance(data, dict) or not all(isinstance(each, dict) and each.get("value") for each in data.values()):
        raise ApiError(47003)
    with platform.lock:
        fan = state.fans.get(openid)
        if fan is None:
            raise ApiError(40003)
        if state.sent.credits[openid, template] <= 0:
            raise ApiError(43101)
        state.sent.credits[openid, template] -= 1
        number = platform.number()
        state.sent.give(openid, Got("subscribe", "", number, not fan.blocks))
    if state.sent.told:
        fields = notices.subscription_sent(state.account, openid, template, number, 43101 if fan.blocks else 0)
        platform.notices.later(state.account, fields, delay=state.sent.delay)
    return {**OK, "msgid": number}


def draft_add(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/draft/add."""
    articles = call.parsed.get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= limits.DRAFT_ARTICLES:
        raise ApiError(45008)
    for article in articles:
        _check_article(call.account, article)
    media_id = f"simulated-draft-{call.platform.number()}"
    call.account.sent.drafts[media_id] = articles
    return {"media_id": media_id}


def _check_article(state: AccountState, article: object) -> None:
    if not isinstance(article, dict) or not article.get("title") or not article.get("content"):
        raise ApiError(47001)
    for name, (most, code) in limits.ARTICLE_CHARACTERS.items():
        if len(str(article.get(name, ""))) > most:
            raise ApiError(code)
    if article.get("thumb_media_id") not in state.media:
        raise ApiError(40007)
