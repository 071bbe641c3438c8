"""Take from a fan at WeChat the tags that are mirrored there, before the person is erased here. As far as WeChat lets us."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from yuchi.domain.account import Account
from yuchi.domain.event import openid_of
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import Profile
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports_tags import TagBoard

ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class TagAtWeChat:
    """What became of one tag. ``outcome`` is SENT where WeChat does not have it any more."""

    account: str
    tag: str
    outcome: ActionOutcome

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is left at WeChat."""
        return self.outcome.state is LedgerState.SENT


class AccountsByName(Protocol):
    """The accounts of the deployment."""

    def get(self, account: str) -> Account | None:
        """The account, if there is one. May raise ``UnavailableError``."""
        ...


@dataclass(frozen=True, slots=True)
class UntagPerson:
    """WeChat forgets the tags of those who do not follow any more by itself; so they are not asked for."""

    accounts: AccountsByName
    board: TagBoard

    def untag(self, profile: Profile) -> Iterator[TagAtWeChat]:
        """One after the other, each told when it is done. Raises nothing for what WeChat answers."""
        for identity, channel in profile.channels.items():
            openid = openid_of(identity)
            if openid is None or not channel.subscribed:
                continue
            account = self.accounts.get(channel.account)
            for tag in sorted(name for name, known in channel.mirror.items() if known.on):
                yield TagAtWeChat(channel.account, tag, self._untag(account, tag, openid))

    def _untag(self, account: Account | None, tag: str, openid: str) -> ActionOutcome:
        if account is None:
            return ActionOutcome(LedgerState.SKIPPED, reason="unknown_account")
        outcome = ActionOutcome(LedgerState.RETRY)
        for _ in range(ATTEMPTS):
            outcome = self.board.put(account, tag, [openid], on=False)
            if outcome.state is not LedgerState.RETRY:
                break
        return outcome
