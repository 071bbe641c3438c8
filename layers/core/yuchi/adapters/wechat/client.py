"""WeChat's server interfaces that Yuchi uses now. Anything else of the SDK is under :attr:`WeChatClient.sdk`."""

from collections.abc import Callable, Mapping, Sequence
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

    def send_mass(self, openids: Sequence[str], message: dict[str, Any], *, client_id: str) -> dict[str, Any]:
        """POST message/mass/send: one message to 2 to 10,000 fans; the answer has its ``msg_id``.

        Repeated with the same ``client_id`` (at most 64 bytes) within 24 hours it is not sent again.
        """
        body = {"touser": list(openids), **message, "clientmsgid": client_id}
        return self._answer_of("message/mass/send", body)

    def preview_mass(self, openid: str, message: dict[str, Any]) -> dict[str, Any]:
        """POST message/mass/preview: the same to one person, as a preview."""
        return self._answer_of("message/mass/preview", {"touser": openid, **_previewed(message)})

    def mass_state(self, message_id: str) -> dict[str, Any]:
        """POST message/mass/get: ``msg_status`` of a mass message."""
        answer: dict[str, Any] = self.sdk.post("message/mass/get", data={"msg_id": message_id})
        return answer

    def send_template(self, openid: str, message: dict[str, Any], *, client_id: str) -> dict[str, Any]:
        """POST message/template/send: the answer has its ``msgid``."""
        return self._answer_of("message/template/send", {"touser": openid, **message, "client_msg_id": client_id})

    def send_subscription(self, openid: str, message: dict[str, Any]) -> dict[str, Any]:
        """POST message/subscribe/bizsend. It has no key: after an unknown outcome it must not be sent again."""
        return self._answer_of("message/subscribe/bizsend", {"touser": openid, **message})

    def upload_image(self, name: str, content: bytes, *, lasting: bool = False) -> str:
        """POST media/upload, or material/add_material for good: the media id. One of media/upload lives for three days."""
        path = "material/add_material" if lasting else "media/upload"
        answer = self.sdk.post(path, params={"type": "image"}, files={"media": (name, content)})
        return self._media_id(path, answer)

    def add_draft(self, articles: Sequence[Mapping[str, str]]) -> str:
        """POST draft/add: the media id of a draft with these articles."""
        return self._media_id("draft/add", self.sdk.post("draft/add", data={"articles": list(articles)}))

    @staticmethod
    def _media_id(path: str, answer: Mapping[str, Any]) -> str:
        found = answer.get("media_id")
        if not isinstance(found, str) or not found:
            raise OutcomeUnknownError(f"/cgi-bin/{path}", "answer without media_id")
        return found

    def _answer_of(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self.sdk.post(path, data=body)
        if "errcode" not in answer:
            raise OutcomeUnknownError(f"/cgi-bin/{path}", "answer without errcode")
        return answer

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


def _previewed(message: dict[str, Any]) -> dict[str, Any]:
    """A preview takes one image under the older name."""
    if message.get("msgtype") != "images":
        return message
    return {"msgtype": "image", "image": {"media_id": message["images"]["media_ids"][0]}}
