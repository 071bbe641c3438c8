"""Messages of campaigns as the send ledger needs them: every answer of WeChat becomes a state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from yuchi.adapters.wechat.campaign_messages import mass_body, subscribe_body, template_body
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.errors import AnswerMeaning
from yuchi.adapters.wechat.sender import METRICS, to_wechat
from yuchi.adapters.wechat.transport import CallRefusedError, NotSentError, OutcomeUnknownError
from yuchi.domain.account import Account
from yuchi.domain.campaign.content import Content, SubscribeMessage, TemplateMessage
from yuchi.domain.campaign.model import SendChannel
from yuchi.domain.ledger import LedgerState
from yuchi.services.ports import Metrics, UnavailableError
from yuchi.services.ports_campaigns import SendOutcome

HOLDING: Final = frozenset({40007, 40008, 40036, 40037, 41030, 45028, 48001, 48008, 65400})
"""Codes that no other person would change: dead media, a wrong template, no right or no number of mass messages left."""
HOLDING_MASS: Final = HOLDING | {45002, 45008, 45166, 47003}
"""Of a mass message the content is everybody's."""
_HOLDING_MEANINGS: Final = frozenset({AnswerMeaning.MISCONFIGURED, AnswerMeaning.SUSPENDED})
_AGAIN: Final = frozenset({AnswerMeaning.TOKEN, AnswerMeaning.MINUTE_LIMIT})
_NOT_SENDABLE: Final = SendOutcome(LedgerState.REJECTED, reason="not_sendable")


@dataclass(frozen=True, slots=True)
class WeChatCampaignSender:
    """:class:`yuchi.services.ports_campaigns.CampaignSender` on WeChat. ``client_of`` gives one account's client."""

    client_of: Callable[[Account], WeChatClient]
    metrics: Metrics

    def mass(self, account: Account, openids: Sequence[str], content: Content, *, client_id: str) -> SendOutcome:
        """One mass message. WeChat keeps ``client_id`` for 24 hours and answers a repetition with the first one's id."""
        body = mass_body(content)
        if body is None:
            return _NOT_SENDABLE

        def send() -> Any:
            return self.client_of(account).send_mass(openids, body, client_id=client_id)

        return self._outcome(send, HOLDING_MASS)

    def personal(
        self, account: Account, openid: str, channel: SendChannel, content: Content, *, client_id: str
    ) -> SendOutcome:
        """One message to one fan; a template message carries ``client_id``, which WeChat knows for some minutes."""
        client = self.client_of(account)

        def send() -> Any:
            match content:
                case TemplateMessage():
                    return client.send_template(openid, template_body(content), client_id=client_id)
                case SubscribeMessage():
                    return client.send_subscription(openid, subscribe_body(content))
                case _:
                    return client.send_custom(openid, to_wechat(content) or {})

        if channel is SendChannel.CUSTOM and to_wechat(content) is None:
            return _NOT_SENDABLE
        return self._outcome(send, HOLDING)

    def preview(self, account: Account, openid: str, content: Content) -> SendOutcome:
        """A mass message to one tester, which costs no fan's quota (100 a day)."""
        body = mass_body(content)
        if body is None:
            return _NOT_SENDABLE
        return self._outcome(lambda: self.client_of(account).preview_mass(openid, body), HOLDING_MASS)

    def _outcome(self, send: Callable[[], Any], holding: frozenset[int]) -> SendOutcome:
        try:
            answer = send()
        except CallRefusedError as refused:
            self.metrics.count(METRICS.get(refused.outcome, "WeChatRefused"))
            return _refused(refused, holding)
        except (NotSentError, UnavailableError):
            return SendOutcome(LedgerState.RETRY, reason="not_sent")
        except OutcomeUnknownError:
            return SendOutcome(LedgerState.UNKNOWN, reason="answer_lost")
        return SendOutcome(LedgerState.SENT, message_id=_message_id(answer))


def _refused(refused: CallRefusedError, holding: frozenset[int]) -> SendOutcome:
    meaning, reason = refused.outcome, refused.outcome.value
    if refused.code in holding or meaning in _HOLDING_MEANINGS:
        return SendOutcome(LedgerState.RETRY, refused.code, reason, holds=True)
    if meaning is AnswerMeaning.CLOSED_UNTIL_MIDNIGHT:
        return SendOutcome(LedgerState.RETRY, refused.code, reason, waits=True)
    if meaning in _AGAIN:
        return SendOutcome(LedgerState.RETRY, refused.code, reason)
    return SendOutcome(LedgerState.REJECTED, refused.code, reason)


def _message_id(answer: object) -> str:
    if not isinstance(answer, Mapping):
        return ""
    return str(answer.get("msg_id") or answer.get("msgid") or "")
