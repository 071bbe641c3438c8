"""What bringing in an account's followers needs of WeChat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from yuchi.domain.account import Account


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the followers, by openid, in WeChat's order; ``total``: of the account."""

    openids: tuple[str, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Follower:
    """What WeChat tells of one follower. ``subscribed_at``: epoch seconds. ``tags``: the names of WeChat's own tags."""

    openid: str
    unionid: str
    subscribed_at: int
    remark: str
    scene: str
    way: str
    tags: tuple[str, ...]
    language: str = ""


class QuotaSpentError(Exception):
    """The day's calls are used up, or would be: go on after midnight in Beijing."""


class TooFastError(Exception):
    """Too many calls within a minute: go on after one."""


class FollowersRefusedError(Exception):
    """WeChat does not give the list to this account. ``code``: WeChat's."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


class Followers(Protocol):
    """An account's followers. Methods raise the errors above, and ``UnavailableError``."""

    def page(self, account: Account, after: str) -> Page:
        """The followers behind the openid ``after`` ("" from the first), at most 10,000."""
        ...

    def describe(self, account: Account, openids: Sequence[str]) -> list[Follower]:
        """At most 100 of them; those who left meanwhile are not among them."""
        ...

    def calls_left(self, account: Account) -> tuple[int, int]:
        """``(left, of)``: how many descriptions may be asked for today."""
        ...
