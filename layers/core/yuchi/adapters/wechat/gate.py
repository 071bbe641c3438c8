"""The port :class:`~yuchi.services.receive_callback.PushGate`: ``push``, ``normalise`` and ``reply`` put together."""

from dataclasses import dataclass
from datetime import datetime

from yuchi.adapters.wechat.normalise import normalise, says_when, unparsed
from yuchi.adapters.wechat.push import OpenedPush, Query, RefusedPushError, UnparsablePushError, open_push, verify_echo
from yuchi.adapters.wechat.reply import (
    Article,
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    encrypt_reply,
    render_json_transfer,
    render_reply,
)
from yuchi.domain import actions
from yuchi.domain.account import Account, AccountKind, AccountSecrets
from yuchi.domain.actions.saying import Repliable
from yuchi.domain.draft_decision import GivenReply
from yuchi.domain.event import Event, openid_of
from yuchi.services.receive_callback import RefusedError

LOCATION = "location.reported"


@dataclass(frozen=True, slots=True)
class WeChatPush:
    """:class:`yuchi.services.receive_callback.AuthenticPush` of WeChat."""

    account: Account
    event: Event | None
    now: datetime
    opened: OpenedPush | None = None
    is_timed: bool = True

    def render(self, reply: GivenReply) -> str | None:
        """The passive reply, encrypted if the push was; None where WeChat takes none.

        A mini-program may only hand the conversation over to customer service.
        """
        openid = openid_of(self.event.subject) if self.event and self.event.subject else None
        if self.opened is None or openid is None:
            return None
        transfers = isinstance(reply.message, actions.Transfer)
        if self.account.kind is AccountKind.MINI_PROGRAM and not transfers:
            return None
        gh = self.account.original_id
        if self.opened.is_json:
            answer = render_json_transfer(to_openid=openid, original_id=gh, now=self.now) if transfers else None
        else:
            answer = render_reply(to_wechat(reply.message), to_openid=openid, original_id=gh, now=self.now)
        return encrypt_reply(self.account, self.opened, answer, now=self.now) if answer else None


class WeChatGate:
    """:class:`yuchi.services.receive_callback.PushGate` for official accounts and mini-programs."""

    def verify(self, account: Account, secrets: AccountSecrets, query: Query, now: datetime) -> str:
        """The ``echostr`` of WeChat's handshake."""
        del account, now
        try:
            return verify_echo(query, tokens=secrets.tokens())
        except RefusedPushError:
            raise RefusedError from None

    def open(self, account: Account, secrets: AccountSecrets, query: Query, body: bytes, now: datetime) -> WeChatPush:
        """Verify, decrypt, parse and normalise; location reports are dropped unless the account collects them."""
        try:
            opened = open_push(account, secrets, query, body, now=now)
        except RefusedPushError:
            raise RefusedError from None
        except UnparsablePushError as error:
            return WeChatPush(account=account, event=unparsed(account, error.body, now), now=now, is_timed=False)
        event = normalise(account, opened.payload, now)
        dropped = event.type == LOCATION and not account.settings.collect_location
        return WeChatPush(
            account=account,
            event=None if dropped else event,
            now=now,
            opened=opened,
            is_timed=says_when(opened.payload),
        )


def to_wechat(message: Repliable) -> Reply:
    """A reply as marketers write it, in WeChat's terms."""
    match message:
        case actions.Text():
            return TextReply(content=message.text)
        case actions.Image():
            return ImageReply(media_id=message.media_id)
        case actions.News():
            return NewsReply(
                articles=[
                    Article(
                        title=article.title,
                        url=article.url,
                        description=article.description,
                        picture_url=article.picture or "",
                    )
                    for article in message.articles
                ]
            )
        case actions.Music():
            return MusicReply(
                url=message.url,
                hq_url=message.high_quality_url or "",
                title=message.title,
                description=message.description,
                thumb_media_id=message.thumb_media_id,
            )
        case actions.Transfer():
            return TransferReply(staff=message.staff or "")
