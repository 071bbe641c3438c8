"""Bring in the followers that an account had before: each becomes an event of the past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from yuchi.domain.account import Account, AccountKind
from yuchi.domain.event import Event, derive_id, fan_identity
from yuchi.domain.identity import UNIONID
from yuchi.domain.imports import Counts, Cursor, ImportJob, ImportKind
from yuchi.domain.language.moments import BEIJING
from yuchi.domain.traits import FOLLOWER
from yuchi.domain.words import Words
from yuchi.services.import_rows import MAX_BACKLOG, RESERVE_SECONDS, Save, send_all
from yuchi.services.ports import Accounts, Clock, EventMessage, Metrics, Queue
from yuchi.services.ports_followers import (
    Follower,
    Followers,
    FollowersRefusedError,
    Page,
    QuotaSpentError,
    TooFastError,
)
from yuchi.services.ports_imports import Backlog, UnreadableFileError

BATCH: Final = 100
"""As many as WeChat describes in one call."""
SPARED: Final = 0.2
"""The part of a day's calls that is left to others."""
WAIT_FOR_MINUTE: Final = timedelta(seconds=65)


def followers_job(account: Account, *, now: datetime) -> ImportJob:
    """A new import of the account's followers. One a day: whoever asks again on the same day finds the first."""
    day = now.astimezone(BEIJING).date().isoformat()
    return ImportJob(
        brand=account.brand,
        id=f"followers-{account.id}-{day}",
        kind=ImportKind.FOLLOWERS,
        source=account.id,
        key=account.id,
        time=now,
        started_at=now,
    )


@dataclass(frozen=True, slots=True)
class FollowersReader:
    """Reads an account's followers, page by page, within the quota."""

    accounts: Accounts
    followers: Followers
    events: Queue[EventMessage]
    backlog: Backlog
    metrics: Metrics
    clock: Clock

    def read(self, job: ImportJob, save: Save, seconds_left: Callable[[], float]) -> ImportJob | None:
        """Go on where it stopped; None when every follower was sent.

        The cursor's ``place`` is the last openid behind us, and not a number within a page: whoever leaves moves all that
        come after by one.
        """
        if job.resumes_at and self.clock() < job.resumes_at:
            return job
        account = self.accounts.get(job.key)
        if account is None or account.brand != job.brand or account.kind is not AccountKind.OFFICIAL_ACCOUNT:
            raise UnreadableFileError(
                Words(
                    f"没有公众号 {job.key}，或者它没有粉丝列表",
                    f"there is no official account {job.key} with followers",
                )
            )
        done = job.model_copy(update={"resumes_at": None, "waits": 0})
        page: Sequence[str] = ()
        try:
            while seconds_left() > RESERVE_SECONDS:
                if self.backlog.waiting() > MAX_BACKLOG:
                    return done.model_copy(update={"waits": 1})
                page = page or self._page(account, done.cursor.place).openids
                if not page:
                    return None
                done = self._take(account, done, page[:BATCH])
                page = page[BATCH:]
                save(done)
        except QuotaSpentError:
            return _later(done, _midnight(self.clock()))
        except TooFastError:
            return _later(done, self.clock() + WAIT_FOR_MINUTE)
        except FollowersRefusedError as refused:
            raise UnreadableFileError(
                Words(
                    f"微信拒绝给出粉丝列表（{refused.code}）", f"WeChat refuses the list of followers ({refused.code})"
                )
            ) from refused
        return done

    def _page(self, account: Account, place: str) -> Page:
        """The next page, if the day's calls that others may need are not touched by it."""
        page = self.followers.page(account, place)
        left, of = self.followers.calls_left(account)
        if len(page.openids) / BATCH > left - of * SPARED and left < of:
            raise QuotaSpentError
        return page

    def _take(self, account: Account, job: ImportJob, openids: Sequence[str]) -> ImportJob:
        """The next hundred."""
        counts = self._bring(account, job, openids)
        cursor = Cursor(place=openids[-1], row=job.cursor.row + len(openids))
        return job.model_copy(update={"cursor": cursor, "counts": job.counts.plus(counts)})

    def _bring(self, account: Account, job: ImportJob, openids: Sequence[str]) -> Counts:
        """What becomes of these fans, at most a hundred."""
        found = self.followers.describe(account, openids)
        send_all([_event(each, account, job) for each in found], self.events)
        self.metrics.count("FollowerImported", len(found))
        return Counts(read=len(openids), sent=len(found), skipped=len(openids) - len(found))


def _event(follower: Follower, account: Account, job: ImportJob) -> Event:
    data = {
        "subscribed_at": follower.subscribed_at,
        "remark": follower.remark,
        "scene": follower.scene,
        "way": follower.way,
        "language": follower.language,
        "import": job.id,
    }
    return Event(
        id=derive_id("follower", job.brand, job.id, follower.openid),
        source=f"/wechat/{account.id}",
        type=FOLLOWER,
        time=job.time,
        brand=account.brand,
        account=account.id,
        subject=fan_identity(account.id, follower.openid),
        identities=(f"{UNIONID}:{follower.unionid}",) if follower.unionid else (),
        tags=follower.tags,
        historical=True,
        data={name: value for name, value in data.items() if value},
    )


def _later(job: ImportJob, moment: datetime) -> ImportJob:
    return job.model_copy(update={"resumes_at": moment, "waits": 1})


def _midnight(now: datetime) -> datetime:
    """When WeChat's quotas begin anew, and a little more."""
    local = now.astimezone(BEIJING)
    return (local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1, minutes=5)).astimezone(UTC)
