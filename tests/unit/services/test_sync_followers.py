"""The followers of an account come in: page by page, within the quota, each once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes.imports import ImportWorld
from tests.fakes.world import ACCOUNT
from yuchi.domain.account import Account
from yuchi.domain.imports import ImportJob, ImportKind, ImportState
from yuchi.services.ports_followers import (
    Follower,
    FollowersRefusedError,
    Page,
    QuotaSpentError,
    TooFastError,
)
from yuchi.services.ports_imports import ImportMessage
from yuchi.services.sync_followers import FollowersReader, followers_job


@dataclass
class FakeFollowers:
    """``number`` followers, ``size`` of them on a page. ``errors`` are raised by descriptions, one after the other."""

    number: int
    size: int = 250
    left: int = 1_000
    of: int = 1_000
    errors: list[Exception] = field(default_factory=list)
    gone: frozenset[str] = frozenset()
    described: int = 0
    leaving: dict[int, str] = field(default_factory=dict)
    """After so many descriptions -> who leaves."""
    left_list: set[str] = field(default_factory=set)

    def page(self, account: Account, after: str) -> Page:
        assert account.id == "tea"
        openids = [f"o{each:05d}" for each in range(self.number)]
        there = [each for each in openids if each > after and each not in self.left_list]
        return Page(tuple(there[: self.size]), self.number)

    def describe(self, account: Account, openids: Sequence[str]) -> list[Follower]:
        del account
        assert len(openids) <= 100
        self.described += 1
        self.left -= 1
        self.left_list |= {self.leaving[self.described]} if self.described in self.leaving else set()
        if self.errors:
            raise self.errors.pop(0)
        return [
            Follower(each, f"u-{each}", 1_700_000_000, "老客户", "store-1", "ADD_SCENE_QR_CODE", ("老粉",))
            for each in openids
            if each not in self.gone
        ]

    def calls_left(self, account: Account) -> tuple[int, int]:
        del account
        return self.left, self.of


def world_with(followers: FakeFollowers) -> tuple[ImportWorld, ImportJob]:
    world = ImportWorld()
    reader = FollowersReader(
        accounts=world.accounts,
        followers=followers,
        events=world.events,
        backlog=world.backlog,
        metrics=world.metrics,
        clock=world.clock,
    )
    object.__setattr__(world.import_file, "readers", {ImportKind.FOLLOWERS: reader})
    job = followers_job(ACCOUNT, now=world.now)
    world.jobs.begin(job)
    world.queue.send(ImportMessage(brand="demo", import_id=job.id))
    return world, job


def finish(world: ImportWorld, job: ImportJob, *, rounds: int = 400) -> ImportJob:
    world.go_on(rounds=rounds)
    found = world.jobs.get("demo", job.id)
    assert found is not None
    return found


def test_every_follower_becomes_a_person_with_a_channel() -> None:
    world, job = world_with(FakeFollowers(630, gone=frozenset({"o00007"})))
    done = finish(world, job)
    assert (done.state, done.counts.read, done.counts.sent, done.counts.skipped) == (ImportState.DONE, 630, 629, 1)
    assert done.became.created == 629
    profile = world.profile("o00011")
    assert "unionid:u-o00011" in profile.identities
    channel = profile.channels["wechat:tea:o00011"]
    assert (channel.subscribed, channel.subscribed_at, channel.scene) == (True, 1_700_000_000, "store-1")
    assert set(profile.tags) == {"老粉"}
    assert profile.attributes == {"remark": "老客户", "subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene_str": "store-1"}
    assert set(profile.slices) == {"tea"}
    assert world.metrics.counts["RuleMatched"] == 0


def test_many_invocations_ask_for_nobody_twice() -> None:
    followers = FakeFollowers(1_000)
    world, job = world_with(followers)
    world.seconds = 22
    done = finish(world, job)
    assert done.became.created == 1_000
    assert followers.described == 10


def test_whoever_leaves_between_two_invocations_takes_nobody_along() -> None:
    followers = FakeFollowers(1_000, leaving={1: "o00003", 4: "o00310"})
    world, job = world_with(followers)
    world.seconds = 22
    done = finish(world, job)
    assert done.became.created == 1_000


def test_a_spent_quota_waits_for_midnight_in_beijing() -> None:
    followers = FakeFollowers(250, errors=[QuotaSpentError()])
    world, job = world_with(followers)
    began = world.now
    done = finish(world, job)
    assert done.became.created == 250
    midnight = datetime(2026, 5, 1, 16, 0, tzinfo=UTC)
    assert began < midnight < world.now < midnight + timedelta(hours=1)


def test_a_fifth_of_the_calls_is_left_to_others() -> None:
    followers = FakeFollowers(1_000, left=204, of=1_000)
    world, job = world_with(followers)
    for _ in range(5):
        message, _ = world.queue.messages.pop(0)
        world.import_file.work(message, seconds_left=world.seconds_left())
    assert followers.left > 200
    found = world.jobs.get("demo", job.id)
    assert found is not None
    assert found.resumes_at is not None


def test_too_fast_waits_for_a_minute() -> None:
    world, job = world_with(FakeFollowers(100, errors=[TooFastError()]))
    began = world.now
    assert finish(world, job).became.created == 100
    assert timedelta(minutes=1) < world.now - began < timedelta(minutes=5)


def test_a_refusal_is_told() -> None:
    world, job = world_with(FakeFollowers(100, errors=[FollowersRefusedError(48001)]))
    done = finish(world, job)
    assert done.state is ImportState.FAILED
    assert "48001" in done.problem["zh"]


@pytest.mark.parametrize("account", ["nobody"])
def test_an_account_that_is_none(account: str) -> None:
    world, _ = world_with(FakeFollowers(1))
    job = followers_job(ACCOUNT.model_copy(update={"id": account}), now=world.now)
    world.jobs.begin(job)
    world.import_file.work(ImportMessage(brand="demo", import_id=job.id), seconds_left=world.seconds_left())
    found = world.jobs.get("demo", job.id)
    assert found is not None
    assert found.state is ImportState.FAILED


def test_whoever_left_after_the_list_was_read_stays_gone() -> None:
    world, job = world_with(FakeFollowers(3))
    world.pass_time(seconds=60)
    world.push("fan.subscribed", "o00001")
    world.pass_time(seconds=1)
    world.push("fan.unsubscribed", "o00001")
    world.run()
    finish(world, job)
    assert not world.profile("o00001").channels["wechat:tea:o00001"].subscribed
    assert world.profile("o00002").channels["wechat:tea:o00002"].subscribed
