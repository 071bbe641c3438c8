"""The tags of an account's followers are compared with WeChat's, a hundred at a time, and both sides brought up to date."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.fakes.imports import ImportWorld
from tests.fakes.world import rule
from yuchi.domain.account import Account
from yuchi.domain.event import fan_identity
from yuchi.domain.imports import ImportJob, ImportKind, ImportState
from yuchi.domain.ledger import LedgerState
from yuchi.domain.mirroring import CONFLICT
from yuchi.services import sync_tags
from yuchi.services.perform_action import ActionOutcome
from yuchi.services.ports import EventMessage
from yuchi.services.ports_followers import Follower, Page
from yuchi.services.ports_imports import ImportMessage
from yuchi.services.sync_tags import MEMBERS, QUOTA, TagsReader, tags_job

FULL = ActionOutcome(LedgerState.REJECTED, code=45059, reason="fan_full")
SPENT = ActionOutcome(LedgerState.REJECTED, code=45009, reason=QUOTA)


@dataclass
class FakeBoard:
    """WeChat's side: the tags of each follower. ``full``: fans who take no more; ``outcomes`` come first, in turn."""

    tags: dict[str, set[str]] = field(default_factory=dict)
    calls: list[tuple[str, int, bool]] = field(default_factory=list)
    full: frozenset[str] = frozenset()
    outcomes: list[ActionOutcome | None] = field(default_factory=list)

    def put(self, account: Account, tag: str, openids: Sequence[str], *, on: bool) -> ActionOutcome:
        del account
        assert len(openids) <= MEMBERS
        self.calls.append((tag, len(openids), on))
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if outcome is not None:
            return outcome
        if on and self.full & set(openids):
            return FULL
        for openid in openids:
            (set.add if on else set.discard)(self.tags.setdefault(openid, set()), tag)
        return ActionOutcome(LedgerState.SENT)

    def page(self, account: Account, after: str) -> Page:
        del account
        return Page(tuple(sorted(each for each in self.tags if each > after)), len(self.tags))

    def describe(self, account: Account, openids: Sequence[str]) -> list[Follower]:
        del account
        return [Follower(each, "", 1_700_000_000, "", "", "", tuple(sorted(self.tags[each]))) for each in openids]

    def calls_left(self, account: Account) -> tuple[int, int]:
        del account
        return 1_000, 1_000


class Scene:
    """A whole Yuchi, and WeChat's console beside it."""

    def __init__(self) -> None:
        self.world = ImportWorld()
        self.account = self.world.account.model_copy(update={"mirrored_tags": ("会员", "试用")})
        self.world.accounts.accounts["tea"] = self.account
        self.world.publish(
            rule("give", "message.text", ["tag 会员"], when='event.content == "来"'),
            rule("take", "message.text", ["untag 会员"], when='event.content == "退"'),
        )
        self.board = FakeBoard()
        mirror = self.world.perform.performers["mirror_tag"]
        object.__setattr__(mirror, "board", self.board)
        reader = TagsReader(
            accounts=self.world.accounts,
            followers=self.board,
            events=self.world.events,
            backlog=self.world.backlog,
            metrics=self.world.metrics,
            clock=self.world.clock,
            profiles=self.world.people,
            rows=self.world.ledger,
            board=self.board,
        )
        object.__setattr__(self.world.import_file, "readers", {ImportKind.TAGS: reader})

    def says(self, content: str, fan: str = "o-fan") -> None:
        self.world.pass_time(minutes=1)
        self.board.tags.setdefault(fan, set())
        self.world.push("message.text", fan, content=content)
        self.world.run()

    def imported(self, *fans: str) -> None:
        """Members brought in long after: the tag is on the profile, and nobody told WeChat."""
        for fan in fans:
            self.board.tags.setdefault(fan, set())
            event = self.world.event("form.submitted", fan).model_copy(
                update={"historical": True, "tags": ("会员",), "source": "/import/crm"}
            )
            self.world.events.send([(event.id, fan, EventMessage(event=event))])
        self.world.run()

    def sync(self) -> ImportJob:
        self.world.pass_time(minutes=5)
        job = tags_job(self.account, now=self.world.now)
        assert self.world.jobs.begin(job)
        self.world.queue.send(ImportMessage(brand="demo", import_id=job.id))
        self.world.go_on(rounds=200)
        self.world.run()
        found = self.world.jobs.get("demo", job.id)
        assert found is not None
        return found

    def ours(self, fan: str = "o-fan") -> set[str]:
        return set(self.world.profile(fan).tags)


def test_what_was_imported_is_told_fifty_fans_a_call_and_once() -> None:
    scene = Scene()
    fans = [f"o-{number:03d}" for number in range(120)]
    scene.imported(*fans)
    assert scene.board.calls == []
    job = scene.sync()
    assert job.state is ImportState.DONE
    assert [(tag, on) for tag, _, on in scene.board.calls] == [("会员", True)] * 3
    assert sorted(count for _, count, _ in scene.board.calls) == [20, 50, 50]
    assert all(scene.board.tags[fan] == {"会员"} for fan in fans)
    assert job.counts.reasons == {"mirror.told": 120}
    assert job.became.processed == job.counts.sent == 120
    assert scene.sync().counts.reasons == {}
    scene.says("在吗", fans[0])
    assert len(scene.board.calls) == 3


def test_what_was_given_and_taken_in_the_console_is_so_here() -> None:
    scene = Scene()
    scene.says("来")
    scene.sync()
    scene.board.tags["o-fan"] = {"试用", "不在名单"}
    job = scene.sync()
    assert scene.ours() == {"试用"}
    assert job.counts.reasons == {"mirror.given": 1, "mirror.taken": 1}
    assert scene.board.tags["o-fan"] == {"试用", "不在名单"}


def test_a_tag_changed_on_both_sides_is_a_conflict_and_the_last_change_wins() -> None:
    scene = Scene()
    scene.says("来")
    scene.board.tags["o-fan"] = set()
    job = scene.sync()
    assert job.counts.reasons == {"mirror.taken": 1, CONFLICT: 1}
    assert scene.ours() == set()
    assert any(CONFLICT in entry.notes for entry in scene.world.people.entries.values())


def test_twin_that_asks_no_ledger_takes_away_what_wechat_never_got(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.board.outcomes = [FULL]
    scene.says("来")
    assert scene.board.tags["o-fan"] == set()
    scene.sync()
    assert scene.ours() == scene.board.tags["o-fan"] == {"会员"}

    monkeypatch.setattr(TagsReader, "_fate", lambda *_: sync_tags._Fate.REACHED)
    twin = Scene()
    twin.board.outcomes = [FULL]
    twin.says("来")
    twin.sync()
    assert twin.ours() == set()


def test_a_fan_with_twenty_tags_is_told_of_and_stops_nobody_else() -> None:
    scene = Scene()
    scene.imported("o-a", "o-b", "o-c")
    scene.board.full = frozenset({"o-b"})
    job = scene.sync()
    assert {fan for fan, tags in scene.board.tags.items() if tags} == {"o-a", "o-c"}
    assert job.counts.reasons == {"mirror.told": 2, "mirror.fan_full": 1}
    assert job.counts.rejected == 1
    assert scene.ours("o-b") == {"会员"}


def test_when_the_days_calls_are_used_up_it_goes_on_tomorrow() -> None:
    scene = Scene()
    scene.imported(*(f"o-{number:03d}" for number in range(120)))
    scene.board.outcomes = [None, SPENT]
    job = scene.sync()
    assert job.resumes_at is not None or job.state is ImportState.DONE
    scene.world.pass_time(days=1)
    scene.world.go_on(rounds=200)
    scene.world.run()
    assert all(tags == {"会员"} for tags in scene.board.tags.values())


def test_an_action_under_way_is_left_alone() -> None:
    scene = Scene()
    scene.says("你好")
    scene.world.push("message.text", content="来")
    scene.world.process.process(scene.world.events.take())
    reader = scene.world.import_file.readers[ImportKind.TAGS]
    assert isinstance(reader, TagsReader)
    counts = reader._bring(scene.account, tags_job(scene.account, now=scene.world.now), ["o-fan"])
    assert (counts.sent, counts.reasons) == (0, {})
    scene.world.run()
    assert scene.board.tags["o-fan"] == {"会员"}


def test_a_fan_nobody_knew_gets_the_consoles_tags() -> None:
    scene = Scene()
    scene.board.tags["o-new"] = {"试用"}
    scene.sync()
    assert scene.ours("o-new") == {"试用"}
    assert fan_identity("tea", "o-new") in scene.world.profile("o-new").channels
