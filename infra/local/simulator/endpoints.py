"""The endpoints of api.weixin.qq.com that the product calls: one function each, found by path in :data:`ENDPOINTS`."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from infra.local.ports import HOST
from infra.local.simulator import campaigns, limits, tags
from infra.local.simulator.platform import AccountState, ApiError, FanState, Platform

_ESCAPED: Final = re.compile(rb"\\u[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request to an endpoint. ``state`` is the account that the token belongs to."""

    platform: Platform
    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    content_type: str = ""
    state: AccountState | None = None
    parsed: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> AccountState:
        """The account; only for endpoints that need a token."""
        if self.state is None:
            raise ApiError(41001)
        return self.state

    def text(self, name: str) -> str:
        """A field of the body as text, empty when it is missing."""
        value = self.parsed.get(name, "")
        return value if isinstance(value, str) else str(value)


Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How a path is served. ``json_body``: the body is parsed as WeChat does, that is strictly."""

    serve: Callable[[Call], Answer]
    method: str
    needs_token: bool = True
    json_body: bool = True


def answer(call: Call) -> tuple[Answer, str | None]:
    """Serve one call: the answer, and the account it was for. Never raises for what a client did."""
    endpoint = ENDPOINTS.get(call.path)
    if endpoint is None:
        return failure(call.platform, 48001), None
    if call.method != endpoint.method:
        return failure(call.platform, 43001 if endpoint.method == "GET" else 43002), None
    state = call.state
    try:
        if endpoint.needs_token:
            state = call.platform.by_token(call.query.get("access_token", ""))
            _use_quota(call, state)
        parsed = read_json(call.body) if endpoint.method == "POST" and endpoint.json_body else {}
        complete = Call(call.platform, call.method, call.path, call.query, call.body, call.content_type, state, parsed)
        return endpoint.serve(complete), state.account.id if state else None
    except ApiError as error:
        return {**failure(call.platform, error.code), **error.more}, state.account.id if state else None


def _use_quota(call: Call, state: AccountState) -> None:
    if call.path in state.sent.forbidden:
        raise ApiError(48001)
    if call.platform.count_call(state, call.path) > _daily(state, call.path):
        raise ApiError(45009)


def _daily(state: AccountState, path: str) -> int:
    return state.sent.daily.get(path, limits.DAILY.get(path, limits.DAILY_OTHERWISE))


def failure(platform: Platform, code: int) -> Answer:
    """An error as WeChat writes it, with the id of the request in its text."""
    return {"errcode": code, "errmsg": f"{limits.MESSAGES.get(code, 'error')} rid: {platform.number():08x}-sim"}


def read_json(body: bytes) -> dict[str, Any]:
    """A body, refused as WeChat refuses: empty, no JSON, or with Chinese written as escapes."""
    if not body:
        raise ApiError(44002)
    if _ESCAPED.search(body):
        raise ApiError(40033)
    try:
        parsed = json.loads(body)
    except ValueError:
        raise ApiError(47001) from None
    if not isinstance(parsed, dict):
        raise ApiError(47001)
    return parsed


# ---------------------------------------------------------------------- tokens


def _by_secret(platform: Platform, appid: str, secret: str) -> AccountState:
    state = platform.account(appid)
    if state is None or state.account.appid != appid:
        raise ApiError(40013)
    if not secret:
        raise ApiError(41004)
    if secret != state.account.app_secret:
        raise ApiError(40125)
    return state


def token(call: Call) -> Answer:
    """GET /cgi-bin/token."""
    if call.query.get("grant_type") != "client_credential":
        raise ApiError(40002)
    state = _by_secret(call.platform, call.query.get("appid", ""), call.query.get("secret", ""))
    _use_quota(call, state)
    return {"access_token": call.platform.issue_token(state), "expires_in": limits.TOKEN_SECONDS}


def stable_token(call: Call) -> Answer:
    """POST /cgi-bin/stable_token."""
    if call.text("grant_type") != "client_credential":
        raise ApiError(40002)
    state = _by_secret(call.platform, call.text("appid"), call.text("secret"))
    _use_quota(call, state)
    value, seconds = call.platform.issue_stable_token(state, force=call.parsed.get("force_refresh") is True)
    return {"access_token": value, "expires_in": seconds}


# ---------------------------------------------------------------------- messages


def _text_content(content: Mapping[str, Any]) -> None:
    text = str(content.get("content", ""))
    if not text:
        raise ApiError(44004)
    if len(text.encode()) > limits.TEXT_BYTES:
        raise ApiError(45002)


def _media_content(content: Mapping[str, Any]) -> None:
    if not content.get("media_id"):
        raise ApiError(40007)


def _news_content(content: Mapping[str, Any]) -> None:
    articles = content.get("articles")
    if not isinstance(articles, list) or not articles:
        raise ApiError(44004)
    if len(articles) > limits.ARTICLES:
        raise ApiError(45008)


def _menu_content(content: Mapping[str, Any]) -> None:
    if not content.get("list"):
        raise ApiError(44004)


def _page_content(content: Mapping[str, Any]) -> None:
    if not content.get("appid") or not content.get("pagepath"):
        raise ApiError(47001)
    if not content.get("thumb_media_id"):
        raise ApiError(40007)


def _any_content(content: Mapping[str, Any]) -> None:
    if not content:
        raise ApiError(47001)


CONTENTS: Final[Mapping[str, Callable[[Mapping[str, Any]], None]]] = {
    "text": _text_content,
    "image": _media_content,
    "voice": _media_content,
    "video": _media_content,
    "music": _any_content,
    "news": _news_content,
    "mpnewsarticle": _any_content,
    "msgmenu": _menu_content,
    "wxcard": _any_content,
    "miniprogrampage": _page_content,
}
"""Message types of customer-service messages, and what each must hold."""


def custom_send(call: Call) -> Answer:
    """POST /cgi-bin/message/custom/send."""
    check = CONTENTS.get(call.text("msgtype"))
    if check is None:
        raise ApiError(40008)
    content = call.parsed.get(call.text("msgtype"))
    if not isinstance(content, dict):
        raise ApiError(47001)
    check(content)
    call.platform.use_window(call.account, call.text("touser"))
    return {"errcode": 0, "errmsg": "ok"}


def media_upload(call: Call) -> Answer:
    """POST /cgi-bin/media/upload?type=... with a form; its file is measured and not kept."""
    kind, media_id = _keep_media(call, limits.MEDIA_SECONDS)
    return {"type": kind, "media_id": media_id, "created_at": int(call.platform.now())}


def material_add(call: Call) -> Answer:
    """POST /cgi-bin/material/add_material?type=...: the same, kept for good."""
    kind, media_id = _keep_media(call, float("inf"))
    return (
        {"media_id": media_id, "url": f"http://mmbiz.example/{media_id}"} if kind == "image" else {"media_id": media_id}
    )


def _keep_media(call: Call, seconds: float) -> tuple[str, str]:
    kind = call.query.get("type", "")
    if kind not in limits.MEDIA_BYTES:
        raise ApiError(40004)
    if b'name="media"' not in call.body:
        raise ApiError(41005)
    if len(call.body) > limits.MEDIA_BYTES[kind]:
        raise ApiError(40009 if kind == "image" else 45002)
    media_id = f"simulated-{kind}-{call.platform.number()}"
    call.account.media[media_id] = (kind, call.platform.now() + seconds)
    return kind, media_id


# ---------------------------------------------------------------------- fans


def _describe(fan: FanState) -> Answer:
    if not fan.subscribed:
        return {"subscribe": 0, "openid": fan.openid, "tagid_list": []}
    return {
        "subscribe": 1,
        "openid": fan.openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": fan.since,
        "remark": fan.remark,
        "groupid": 0,
        "tagid_list": fan.tags,
        "subscribe_scene": "ADD_SCENE_QR_CODE" if fan.scene else "ADD_SCENE_SEARCH",
        "qr_scene": 0,
        "qr_scene_str": fan.scene,
        **({"unionid": fan.unionid} if fan.unionid else {}),
    }


def user_info(call: Call) -> Answer:
    """GET /cgi-bin/user/info."""
    fan = call.account.fans.get(call.query.get("openid", ""))
    if fan is None:
        raise ApiError(40003)
    return _describe(fan)


def user_batch(call: Call) -> Answer:
    """POST /cgi-bin/user/info/batchget."""
    asked = call.parsed.get("user_list")
    if not isinstance(asked, list) or not 1 <= len(asked) <= limits.OPENIDS_PER_BATCH:
        raise ApiError(40032)
    fans = [call.account.fans.get(str(each.get("openid"))) for each in asked if isinstance(each, dict)]
    if len(fans) != len(asked) or None in fans:
        raise ApiError(40003)
    return {"user_info_list": [_describe(fan) for fan in fans if fan]}


def user_page(call: Call) -> Answer:
    """GET /cgi-bin/user/get: ten thousand openids a page."""
    openids = sorted(openid for openid, fan in call.account.fans.items() if fan.subscribed)
    start = call.query.get("next_openid", "")
    page = [openid for openid in openids if openid > start][: limits.OPENIDS_PER_PAGE]
    content: Answer = {"data": {"openid": page}} if page else {}
    return {"total": len(openids), "count": len(page), **content, "next_openid": page[-1] if page else ""}


# ---------------------------------------------------------------------- the account


def callback_addresses(call: Call) -> Answer:
    """GET /cgi-bin/getcallbackip and /cgi-bin/get_api_domain_ip."""
    return {"ip_list": [HOST] if call.state else []}


def callback_check(call: Call) -> Answer:
    """POST /cgi-bin/callback/check."""
    if call.text("action") not in {"dns", "ping", "all"}:
        raise ApiError(47001)
    host = [{"ip": "127.0.0.1", "real_operator": "UNICOM"}]
    return {"dns": host, "ping": [{"ip": "127.0.0.1", "from_operator": "UNICOM", "package_loss": "0%", "time": "1ms"}]}


def quota_get(call: Call) -> Answer:
    """POST /cgi-bin/openapi/quota/get."""
    path = call.text("cgi_path")
    if path not in ENDPOINTS:
        raise ApiError(76021)
    daily = _daily(call.account, path)
    used = call.account.calls[call.platform.today(), path]
    is_mass = path == "/cgi-bin/message/mass/send"
    rate = {"call_count": limits.MASS_CALLS_A_MINUTE if is_mass else 10_000, "refresh_second": limits.MINUTE}
    return {
        "errcode": 0,
        "errmsg": "ok",
        "quota": {"daily_limit": daily, "used": used, "remain": max(0, daily - used)},
        "rate_limit": rate,
    }


ENDPOINTS: Final[Mapping[str, Endpoint]] = {
    "/cgi-bin/token": Endpoint(token, "GET", needs_token=False),
    "/cgi-bin/stable_token": Endpoint(stable_token, "POST", needs_token=False),
    "/cgi-bin/message/custom/send": Endpoint(custom_send, "POST"),
    "/cgi-bin/message/template/send": Endpoint(campaigns.template_send, "POST"),
    "/cgi-bin/message/subscribe/bizsend": Endpoint(campaigns.subscribe_send, "POST"),
    "/cgi-bin/message/mass/send": Endpoint(campaigns.mass_send, "POST"),
    "/cgi-bin/message/mass/sendall": Endpoint(campaigns.mass_send_all, "POST"),
    "/cgi-bin/message/mass/preview": Endpoint(campaigns.mass_preview, "POST"),
    "/cgi-bin/message/mass/get": Endpoint(campaigns.mass_get, "POST"),
    "/cgi-bin/draft/add": Endpoint(campaigns.draft_add, "POST"),
    "/cgi-bin/media/upload": Endpoint(media_upload, "POST", json_body=False),
    "/cgi-bin/material/add_material": Endpoint(material_add, "POST", json_body=False),
    "/cgi-bin/user/info": Endpoint(user_info, "GET"),
    "/cgi-bin/user/info/batchget": Endpoint(user_batch, "POST"),
    "/cgi-bin/user/get": Endpoint(user_page, "GET"),
    "/cgi-bin/tags/get": Endpoint(tags.get, "GET"),
    "/cgi-bin/tags/create": Endpoint(tags.create, "POST"),
    "/cgi-bin/tags/update": Endpoint(tags.update, "POST"),
    "/cgi-bin/tags/delete": Endpoint(tags.delete, "POST"),
    "/cgi-bin/tags/members/batchtagging": Endpoint(tags.give, "POST"),
    "/cgi-bin/tags/members/batchuntagging": Endpoint(tags.take, "POST"),
    "/cgi-bin/tags/getidlist": Endpoint(tags.of_fan, "POST"),
    "/cgi-bin/user/tag/get": Endpoint(tags.fans, "POST"),
    "/cgi-bin/getcallbackip": Endpoint(callback_addresses, "GET"),
    "/cgi-bin/get_api_domain_ip": Endpoint(callback_addresses, "GET"),
    "/cgi-bin/callback/check": Endpoint(callback_check, "POST"),
    "/cgi-bin/openapi/quota/get": Endpoint(quota_get, "POST"),
}
"""A path that is missing here answers 48001 (this account may not call it)."""
