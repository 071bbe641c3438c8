"""WeChat's server interfaces that Yuchi uses now. Anything else of the SDK is under :attr:`WeChatClient.sdk`."""

from collections.abc import Callable
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

    def send_custom(self, openid: str, message: dict[str, Any]) -> None:
        """Send a customer-service message; ``message`` is one of :mod:`yuchi.adapters.wechat.custom_messages`.

        WeChat knows no key for it: after an unknown outcome it must not be sent again.
        """
        answer = self.sdk.post(CUSTOM_SEND, data={"touser": openid, **message})
        if "errcode" not in answer:
            raise OutcomeUnknownError(f"/cgi-bin/{CUSTOM_SEND}", "answer without errcode")
