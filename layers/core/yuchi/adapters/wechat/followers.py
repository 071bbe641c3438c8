"""An account's followers and WeChat's own tags, as :mod:`yuchi.services.ports_followers` wants them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from yuchi.adapters.wechat.client import USER_BATCH, WeChatClient
from yuchi.adapters.wechat.errors import AnswerMeaning
from yuchi.adapters.wechat.transport import CallRefusedError, NotSentError, OutcomeUnknownError
from yuchi.domain.account import Account
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_followers import Follower, FollowersRefusedError, Page, QuotaSpentError, TooFastError

_AGAIN: Final = frozenset({AnswerMeaning.UNKNOWN, AnswerMeaning.TOKEN})
_NO_SUCH_INTERFACE: Final = frozenset({48001, 76021})


@dataclass(slots=True)
class WeChatFollowers:
    """:class:`yuchi.services.ports_followers.Followers` on WeChat. ``client_of`` gives one account's client."""

    client_of: Callable[[Account], WeChatClient]
    _tags: dict[str, Mapping[int, str]] = field(default_factory=dict)

    def page(self, account: Account, after: str) -> Page:
        """The followers behind ``after``."""
        with _told():
            answer = self.client_of(account).follower_page(after)
        data = answer.get("data") or {}
        return Page(openids=tuple(map(str, data.get("openid") or ())), total=int(answer.get("total") or 0))

    def describe(self, account: Account, openids: Sequence[str]) -> list[Follower]:
        """What WeChat tells of them."""
        with _told():
            answer = self.client_of(account).describe_followers(openids)
        found = [each for each in answer.get("user_info_list") or () if each.get("subscribe") == 1]
        names = self._names(account, {int(tag) for each in found for tag in each.get("tagid_list") or ()})
        return [_follower(each, names) for each in found]

    def calls_left(self, account: Account) -> tuple[int, int]:
        """How many descriptions may be asked for today; as good as any number where WeChat does not tell."""
        try:
            quota = self.client_of(account).quota_of(USER_BATCH).get("quota") or {}
        except CallRefusedError as refused:
            if refused.code in _NO_SUCH_INTERFACE:
                return 1, 1
            raise QuotaSpentError from refused
        except (NotSentError, OutcomeUnknownError) as error:
            raise UnavailableError(type(error).__name__) from error
        return int(quota.get("remain") or 0), int(quota.get("daily_limit") or 0)

    def _names(self, account: Account, numbers: AbstractSet[int]) -> Mapping[int, str]:
        """The names of WeChat's tags. One made since they were asked for has a number that is new: then they are again."""
        known = self._tags.get(account.id, {})
        if numbers - known.keys():
            try:
                with _told():
                    tags = self.client_of(account).tags().get("tags") or ()
            except FollowersRefusedError:
                tags = ()  # an account that may not have tags
            nameless = dict.fromkeys(numbers, "")
            known = self._tags[account.id] = {**nameless, **{int(tag["id"]): str(tag["name"]) for tag in tags}}
        return known


def _follower(told: Mapping[str, Any], names: Mapping[int, str]) -> Follower:
    tags = (names.get(int(each)) for each in told.get("tagid_list") or ())
    return Follower(
        openid=str(told["openid"]),
        unionid=str(told.get("unionid") or ""),
        subscribed_at=int(told.get("subscribe_time") or 0),
        remark=str(told.get("remark") or ""),
        scene=str(told.get("qr_scene_str") or told.get("qr_scene") or ""),
        way=str(told.get("subscribe_scene") or ""),
        tags=tuple(name for name in tags if name),
        language=str(told.get("language") or ""),
    )


@contextmanager
def _told() -> Iterator[None]:
    """WeChat's refusals as the errors of the port."""
    try:
        yield
    except CallRefusedError as refused:
        if refused.outcome is AnswerMeaning.CLOSED_UNTIL_MIDNIGHT:
            raise QuotaSpentError from refused
        if refused.outcome is AnswerMeaning.MINUTE_LIMIT:
            raise TooFastError from refused
        if refused.outcome in _AGAIN:
            raise UnavailableError("TokenRefused") from refused
        raise FollowersRefusedError(refused.code) from refused
    except (NotSentError, OutcomeUnknownError) as error:
        raise UnavailableError(type(error).__name__) from error  # reading, which may be done again
