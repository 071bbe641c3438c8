"""Customer-service messages as the send ledger needs them: every answer of WeChat becomes a state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from yuchi.adapters.wechat import custom_messages
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.errors import Outcome as Answer
from yuchi.adapters.wechat.reply import Article
from yuchi.adapters.wechat.transport import CallRefusedError, NotSentError, OutcomeUnknownError
from yuchi.domain import actions
from yuchi.domain.account import Account
from yuchi.domain.actions import load_action
from yuchi.domain.ledger import LedgerState
from yuchi.services.perform_action import Outcome
from yuchi.services.ports import Metrics

STATES: Final[Mapping[Answer, LedgerState]] = {
    Answer.SUCCESS: LedgerState.SENT,
    Answer.UNKNOWN: LedgerState.UNKNOWN,
    Answer.TOKEN: LedgerState.RETRY,
    Answer.MINUTE_LIMIT: LedgerState.RETRY,
    Answer.CLOSED_UNTIL_MIDNIGHT: LedgerState.REJECTED,
    Answer.REJECTED: LedgerState.REJECTED,
    Answer.MISCONFIGURED: LedgerState.REJECTED,
    Answer.SUSPENDED: LedgerState.REJECTED,
}
"""What becomes of a message. A customer-service message answers something of the moment, so it is not kept for
tomorrow's quota: it is rejected with its code, and people see it in the ledger."""


@dataclass(frozen=True, slots=True)
class WeChatSender:
    """:class:`yuchi.services.performers.MessageSender` on WeChat. ``client_of`` gives one account's client."""

    client_of: Callable[[Account], WeChatClient]
    metrics: Metrics

    def send(self, account: Account, openid: str, body: Mapping[str, Any]) -> Outcome:
        """Send, once."""
        action = load_action(body)
        if not isinstance(action, actions.Send | actions.Reply):
            return Outcome(LedgerState.SKIPPED, reason="not_a_message")
        message = to_wechat(action.message)
        if message is None:
            return Outcome(LedgerState.SKIPPED, reason="passive_only")
        try:
            self.client_of(account).send_custom(openid, message)
        except CallRefusedError as refused:
            self.metrics.count("WeChatRefused")
            return Outcome(STATES[refused.outcome], code=refused.code, reason=refused.outcome.value)
        except NotSentError:
            return Outcome(LedgerState.RETRY, reason="not_sent")
        except OutcomeUnknownError:
            return Outcome(LedgerState.UNKNOWN, reason="answer_lost")
        return Outcome(LedgerState.SENT)


def to_wechat(message: object) -> dict[str, Any] | None:
    """A message as marketers write it, as the body WeChat takes; None for what can only be a passive reply."""
    match message:
        case actions.Text():
            return custom_messages.text(message.text)
        case actions.Image():
            return custom_messages.image(message.media_id)
        case actions.News():
            article = message.articles[0]
            return custom_messages.news(
                Article(
                    title=article.title,
                    url=article.url,
                    description=article.description,
                    picture_url=article.picture or "",
                )
            )
        case actions.Menu():
            options = [(option.id, option.content) for option in message.options]
            return custom_messages.menu(message.head, options, message.tail)
        case actions.Card():
            return custom_messages.miniprogram_page(
                message.title, appid=message.appid, page_path=message.page, thumb_media_id=message.thumb_media_id
            )
    return None
