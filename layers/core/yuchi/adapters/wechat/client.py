"""WeChat's server interfaces that Yuchi uses now. Anything else of the SDK is under :attr:`WeChatClient.sdk`."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import requests

from yuchi.adapters.wechat.transport import DEFAULT_URL, OutcomeUnknownError, TokenSource, Transport, no_deadline

CUSTOM_SEND: Final = "message/custom/send"


class WeChatClient:
    """One account's calls.

    Every method raises :class:`~yuchi.adapters.wechat.transport.CallRefusedError` (not done),
    :class:`~yuchi.adapters.wechat.transport.NotSentError` (not done) or
    :class:`~yuchi.adapters.wechat.transport.OutcomeUnknownError`, and nothing else.
    """

    def __init__(
        self,
        *,
        appid: str,
        tokens: TokenSource,
        base_url: str = DEFAULT_URL,
        remaining: Callable[[], float] = no_deadline,
        http: requests.Session | None = None,
    ) -> None:
        self.sdk = Transport(appid=appid, tokens=tokens, base_url=base_url, remaining=remaining, http=http)

    def send_custom(self, openid: str, message: dict[str, Any], *, staff: str = "") -> None:
        """Send a customer-service message; ``message`` is one of :mod:`yuchi.adapters.wechat.custom_messages`.

        WeChat knows no key for it: after an unknown outcome it must not be sent again.
        """
        body = {"touser": openid, **message}
        if staff:
            body["customservice"] = {"kf_account": staff}
        answer = self.sdk.post(CUSTOM_SEND, data=body)
        if "errcode" not in answer:
            raise OutcomeUnknownError(f"/cgi-bin/{CUSTOM_SEND}", "answer without errcode")

    def get_user(self, openid: str, *, language: str = "zh_CN") -> dict[str, Any]:
        """What WeChat tells of a fan: ``subscribe``, ``unionid``, ``subscribe_scene``, ... No name since 2021."""
        user: dict[str, Any] = self.sdk.user.get(openid, lang=language)
        return user

    def get_callback_addresses(self) -> Sequence[str]:
        """The addresses that pushes come from (they change; for diagnosis, not for filters)."""
        addresses: Sequence[str] = self.sdk.get("getcallbackip").get("ip_list", [])
        return addresses

    def check_callback(self, *, operator: str = "DEFAULT") -> dict[str, Any]:
        """Let WeChat resolve and ping the callback URL."""
        result: dict[str, Any] = self.sdk.post("callback/check", data={"action": "all", "check_operator": operator})
        return result

    def get_quota(self, path: str) -> dict[str, Any]:
        """The quota of one interface, e.g. ``/cgi-bin/message/custom/send``: ``quota`` and ``rate_limit``."""
        result: dict[str, Any] = self.sdk.post("openapi/quota/get", data={"cgi_path": path})
        return result
