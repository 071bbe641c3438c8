"""Customer-service messages as the send ledger needs them: every answer of WeChat becomes a state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from yuchi.adapters.wechat import custom_messages
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.errors import AnswerMeaning
from yuchi.adapters.wechat.reply import Article
from yuchi.adapters.wechat.transport import CallRefusedError, NotSentError, OutcomeUnknownError
from yuchi.domain import actions
from yuchi.domain.account import Account
from yuchi.domain.actions import load_action
from yuchi.domain.ledger import LedgerState
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports import Metrics, UnavailableError

STATES: Final[Mapping[AnswerMeaning, LedgerState]] = {
    AnswerMeaning.SUCCESS: LedgerState.SENT,
    AnswerMeaning.UNKNOWN: LedgerState.UNKNOWN,
    AnswerMeaning.TOKEN: LedgerState.RETRY,
    AnswerMeaning.MINUTE_LIMIT: LedgerState.RETRY,
    AnswerMeaning.CLOSED_UNTIL_MIDNIGHT: LedgerState.REJECTED,
    AnswerMeaning.REJECTED: LedgerState.REJECTED,
    AnswerMeaning.MISCONFIGURED: LedgerState.REJECTED,
    AnswerMeaning.SUSPENDED: LedgerState.REJECTED,
}
"""What becomes of a message. A customer-service message answers something of the moment, so it is not kept for
tomorrow's quota: it is rejected with its code, and people see it in the ledger."""


METRICS: Final[Mapping[AnswerMeaning, str]] = {
    AnswerMeaning.CLOSED_UNTIL_MIDNIGHT: "QuotaExhausted",
    AnswerMeaning.SUSPENDED: "AccountSuspended",
    AnswerMeaning.MISCONFIGURED: "AccountMisconfigured",
}
"""Answers that an operator should hear of."""


@dataclass(frozen=True, slots=True)
class WeChatSender:
    """:class:`yuchi.services.performers.MessageSender` on WeChat. ``client_of`` gives one account's client."""

    client_of: Callable[[Account], WeChatClient]
    metrics: Metrics

    def send(self, account: Account, openid: str, body: Mapping[str, Any]) -> ActionOutcome:
        """Send, once."""
        message = to_wechat(_message_of(body))
        if message is None:
            return ActionOutcome(LedgerState.SKIPPED, reason="not_sendable")
        try:
            self.client_of(account).send_custom(openid, message)
        except CallRefusedError as refused:
            self.metrics.count(METRICS.get(refused.outcome, "WeChatRefused"))
            return ActionOutcome(STATES[refused.outcome], code=refused.code, reason=refused.outcome.value)
        except (NotSentError, UnavailableError):
            # The token store is asked before a message leaves, and after a refused one: neither was accepted.
            return ActionOutcome(LedgerState.RETRY, reason="not_sent")
        except OutcomeUnknownError:
            return ActionOutcome(LedgerState.UNKNOWN, reason="answer_lost")
        return ActionOutcome(LedgerState.SENT)


def _message_of(body: Mapping[str, Any]) -> object:
    try:
        action = load_action(body)
    except ValidationError:
        # Placeholders may have come out as something that cannot be said, an empty title for one.
        return None
    return action.message if isinstance(action, actions.Send | actions.Reply) else None


def to_wechat(message: object) -> dict[str, Any] | None:
    """A message as marketers write it, as the body WeChat takes; None for what can only be a passive reply."""
    body = None
    match message:
        case actions.Text():
            body = custom_messages.text(message.text)
        case actions.Image():
            body = custom_messages.image(message.media_id)
        case actions.News(articles=(first, *_)):
            body = custom_messages.news(
                Article(
                    title=first.title,
                    url=first.url,
                    description=first.description,
                    picture_url=first.picture or "",
                )
            )
        case actions.Music():
            body = custom_messages.music(
                message.url,
                hq_url=message.high_quality_url or message.url,
                thumb_media_id=message.thumb_media_id,
                title=message.title,
                description=message.description,
            )
        case actions.Menu():
            options = [(option.id, option.content) for option in message.options]
            body = custom_messages.menu(message.head, options, message.tail)
        case actions.Card():
            body = custom_messages.miniprogram_page(
                message.title, appid=message.appid, page_path=message.page, thumb_media_id=message.thumb_media_id
            )
    return body
