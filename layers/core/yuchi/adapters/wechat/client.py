"""WeChat's server interfaces that Yuchi uses now. Anything else of the SDK is under :attr:`WeChatClient.sdk`."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import requests

from yuchi.adapters.wechat.transport import DEFAULT_URL, OutcomeUnknownError, TokenSource, Transport, no_deadline

CUSTOM_SEND: Final = "message/custom/send"
USER_BATCH: Final = "/cgi-bin/user/info/batchget"


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

    def send_custom(self, openid: str, message: dict[str, Any]) -> None:
        """Send a customer-service message; ``message`` is one of :mod:`yuchi.adapters.wechat.custom_messages`.

        WeChat knows no key for it: after an unknown outcome it must not be sent again.
        """
        answer = self.sdk.post(CUSTOM_SEND, data={"touser": openid, **message})
        if "errcode" not in answer:
            raise OutcomeUnknownError(f"/cgi-bin/{CUSTOM_SEND}", "answer without errcode")

    def follower_page(self, after: str) -> dict[str, Any]:
        """GET user/get: up to 10,000 openids behind ``after``, and the total."""
        answer: dict[str, Any] = self.sdk.get("user/get", params={"next_openid": after} if after else {})
        return answer

    def describe_followers(self, openids: Sequence[str]) -> dict[str, Any]:
        """POST user/info/batchget: what is known of up to 100 fans."""
        asked = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        answer: dict[str, Any] = self.sdk.post("user/info/batchget", data={"user_list": asked})
        return answer

    def tags(self) -> dict[str, Any]:
        """GET tags/get: the account's own tags, with their numbers and names."""
        answer: dict[str, Any] = self.sdk.get("tags/get")
        return answer

    def create_tag(self, name: str) -> int:
        """POST tags/create: the number of the new tag."""
        answer = self.sdk.post("tags/create", data={"tag": {"name": name}})
        return int(answer["tag"]["id"])

    def tag_fans(self, tag: int, openids: Sequence[str], *, on: bool) -> None:
        """POST tags/members/batchtagging or batchuntagging: give or take the tag of that number, of up to 50 fans.

        Doing it twice does nothing more.
        """
        interface = "batchtagging" if on else "batchuntagging"
        self.sdk.post(f"tags/members/{interface}", data={"openid_list": list(openids), "tagid": tag})

    def quota_of(self, path: str) -> dict[str, Any]:
        """POST openapi/quota/get: how many calls of ``path`` a day has, and how many are left."""
        answer: dict[str, Any] = self.sdk.post("openapi/quota/get", data={"cgi_path": path})
        return answer
