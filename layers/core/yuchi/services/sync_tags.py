"""Compare the tags of all of an account's followers with WeChat's, and bring what differs to the side that is behind.

It reads by followers, not by tags: a hundred at a time, both ways at once, with neither side kept in memory. It goes on
where it stopped, and waits for tomorrow where the day's calls are used up, as every import does.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from yuchi.domain.account import Account
from yuchi.domain.event import Event, derive_id, fan_identity
from yuchi.domain.imports import Counts, ImportJob, ImportKind
from yuchi.domain.ledger import FINAL_STATES, LedgerKey, LedgerState, rule_owner
from yuchi.domain.mirroring import CONFLICT, MIRRORED, MIRRORER, told_by_wechat
from yuchi.domain.profile import Channel, Mirrored, Profile
from yuchi.services.import_rows import send_all
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports import Profiles, UnavailableError
from yuchi.services.ports_followers import Follower, QuotaSpentError
from yuchi.services.ports_tags import LedgerRows, TagBoard
from yuchi.services.sync_followers import FollowersReader

MEMBERS: Final = 50
"""How many fans WeChat takes in one call that gives or takes a tag."""
ROW_KEPT: Final = timedelta(days=29)
"""The ledger forgets what is older than a month. By then an action reached WeChat, or a sync has noticed that it did not."""
QUOTA: Final = "closed_until_midnight"


def tags_job(account: Account, *, now: datetime) -> ImportJob:
    """A new comparison, one a minute at the most."""
    return ImportJob(
        brand=account.brand,
        id=f"tags-{account.id}-{now:%Y%m%d-%H%M}",
        kind=ImportKind.TAGS,
        source=account.id,
        key=account.id,
        time=now,
        started_at=now,
    )


class _Fate(Enum):
    """What became of our last action on a tag."""

    REACHED = auto()
    FAILED = auto()
    UNDER_WAY = auto()


@dataclass(slots=True)
class _Findings:
    """What is known of one fan's listed tags: what the event will say (see ``mirroring.note_mirrored``)."""

    identity: str
    there: dict[str, bool] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    changed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    conflicts: int = 0
    tell: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TagsReader(FollowersReader):
    """Reads followers as :class:`FollowersReader` does, and sends ``tag.mirrored`` for those of whom there is news."""

    profiles: Profiles
    rows: LedgerRows
    board: TagBoard

    def _bring(self, account: Account, job: ImportJob, openids: Sequence[str]) -> Counts:
        read_at = self.clock()
        followers = self.followers.describe(account, openids)
        identities = {each.openid: fan_identity(account.id, each.openid) for each in followers}
        profiles = self.profiles.find(account.brand, identities.values(), consistent=True)
        found = {
            each.openid: self._compare(account, each, profiles.get(identities[each.openid]), read_at)
            for each in followers
        }
        refused = self._tell(account, found)
        events = [_event(each, account, job, read_at) for each in found.values() if each.there]
        send_all(events, self.events)
        reasons = Counter(refused)
        for each in found.values():
            reasons["mirror.told"] += len(each.told)
            reasons["mirror.given"] += sum(each.there[name] for name in each.changed)
            reasons["mirror.taken"] += sum(not each.there[name] for name in each.changed)
            reasons[CONFLICT] += each.conflicts
        self.metrics.count("TagConflict", reasons[CONFLICT])
        counted = {code: number for code, number in reasons.items() if number}
        return Counts(
            read=len(openids),
            sent=len(events),
            skipped=len(openids) - len(events),
            rejected=sum(refused.values()),
            reasons=counted,
        )

    def _compare(self, account: Account, fan: Follower, profile: Profile | None, read_at: datetime) -> _Findings:
        findings = _Findings(fan_identity(account.id, fan.openid))
        channel = profile.channels.get(findings.identity) if profile else None
        channel = channel or Channel(account=account.id)
        live = profile.live_tags(read_at) if profile else {}
        for name in account.mirrors:
            has, there, known = name in live, name in fan.tags, channel.mirror.get(name)
            findings.seen[name] = known.action if known else ""
            if has == there:
                if _is_news(known, there=there) and self._fate(account, known, read_at) is not _Fate.UNDER_WAY:
                    findings.there[name] = there
            elif known is None and there:
                findings.there[name] = there
                findings.changed.append(name)
            elif known is None or known.on != has:
                findings.tell[name] = has
            else:
                self._judge(account, findings, name, known, read_at)
        return findings

    def _judge(self, account: Account, findings: _Findings, name: str, known: Mirrored, read_at: datetime) -> None:
        """WeChat is not as we told it to be, or saw it last."""
        fate = self._fate(account, known, read_at)
        if fate is _Fate.REACHED:
            findings.there[name] = not known.on
            findings.changed.append(name)
            findings.conflicts += bool(known.action)
        elif fate is _Fate.FAILED:
            findings.tell[name] = known.on

    def _fate(self, account: Account, known: Mirrored | None, read_at: datetime) -> _Fate:
        if known is None or not known.action:
            return _Fate.REACHED
        row = self.rows.get(LedgerKey(owner=rule_owner(account.id, MIRRORER), entry=known.action))
        if row is None:
            old = known.at < (read_at - ROW_KEPT).timestamp()
            return _Fate.REACHED if old else _Fate.UNDER_WAY
        if row.state not in FINAL_STATES or row.updated_at >= int(read_at.timestamp()):
            return _Fate.UNDER_WAY
        return _Fate.REACHED if row.state is LedgerState.SENT else _Fate.FAILED

    def _tell(self, account: Account, found: Mapping[str, _Findings]) -> Counter[str]:
        """Tell WeChat what it is behind with, fifty fans a call; returns why it refused, and of how many."""
        refused: Counter[str] = Counter()
        wanted: dict[tuple[str, bool], list[str]] = {}
        for openid, each in found.items():
            for name, on in each.tell.items():
                wanted.setdefault((name, on), []).append(openid)
        for (name, on), openids in wanted.items():
            for start in range(0, len(openids), MEMBERS):
                for group, outcome in self._put(account, name, openids[start : start + MEMBERS], on=on):
                    if outcome.state is not LedgerState.SENT:
                        refused[f"mirror.{outcome.reason}"] += len(group)
                        continue
                    for openid in group:
                        found[openid].there[name] = on
                        found[openid].told.append(name)
        return refused

    def _put(
        self, account: Account, name: str, openids: Sequence[str], *, on: bool
    ) -> list[tuple[Sequence[str], ActionOutcome]]:
        """One call. What WeChat refuses for one of the fans it refuses for all: then each gets a call of their own."""
        outcome = self.board.put(account, name, openids, on=on)
        if outcome.reason == QUOTA:
            raise QuotaSpentError
        if outcome.state is LedgerState.RETRY:
            raise UnavailableError(outcome.reason)
        if outcome.state is LedgerState.SENT or len(openids) == 1 or outcome.reason in _OF_THE_TAG:
            return [(openids, outcome)]
        return [each for openid in openids for each in self._put(account, name, [openid], on=on)]


_OF_THE_TAG: Final = frozenset({"account_full", "name_too_long", "misconfigured", "suspended"})
"""Refusals that are the same for every fan."""


def _is_news(known: Mirrored | None, *, there: bool) -> bool:
    """Whether what both sides agree on is still to be noted."""
    return there if known is None else bool(known.action) or known.on != there


def _event(findings: _Findings, account: Account, job: ImportJob, read_at: datetime) -> Event:
    names = findings.there
    data = {
        "there": names,
        "seen": {name: findings.seen[name] for name in names},
        "changed": findings.changed,
        "told": findings.told,
        "import": job.id,
    }
    return Event(
        id=derive_id("tags", job.brand, job.id, findings.identity, repr(data), read_at.isoformat()),
        source=told_by_wechat(account.id),
        type=MIRRORED,
        time=read_at,
        brand=account.brand,
        account=account.id,
        subject=findings.identity,
        historical=True,
        data=data,
    )
