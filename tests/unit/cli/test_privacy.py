"""`yuchi profile export`, `erase`, `merges` and `unmerge`, and the portrait of somebody with everything."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sources import SEALER
from tests.fakes.world import FakeWeChat
from tests.unit.cli.desk import TEA, FakeDesk, run
from tests.unit.cli.people import FAN, happen, tell
from yuchi.domain.contacts import ContactKind
from yuchi.domain.event import Contact
from yuchi.domain.ledger import LedgerState
from yuchi.services.perform_action import ActionOutcome

IDENTITY = f"wechat:tea:{FAN}"
PHONE = "13812345678"


def sealed() -> tuple[str, Contact]:
    found = SEALER.seal(ContactKind.PHONE, PHONE)
    assert found is not None
    return found


def somebody() -> FakeDesk:
    """A fan whose phone shows that a member is the same person."""
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "claim", "then": ["tag 领取 for 30d", "score +5", "set 城市 = 上海"]})
    happen(desk, "fan.subscribed", scene="store-12", ago=timedelta(hours=3))
    happen(desk, "menu.clicked", key="TRIAL", ago=timedelta(hours=2))
    phone, contact = sealed()
    tell(desk, "order.completed", "member:1", ago=timedelta(hours=2), order_id="o-1", total=120.5)
    tell(desk, "person.identified", "member:1", IDENTITY, phone, contacts={phone: contact}, traits={"城市": "杭州"})
    tell(desk, "consent.revoked", "member:1", purpose="marketing")
    return desk


def test_the_portrait_of_somebody_known_from_all_sides() -> None:
    outcome = run(somebody(), "profile", "show", FAN)
    assert outcome.status == 0
    out = outcome.out
    for words in ("member:1", "138****5678", "orders.count", "120.5", "revoked", "杭州", "shop", "rules=上海"):
        assert words in out, words
    assert PHONE not in out
    assert sealed()[0] not in out
    assert "absorbed" in out


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_portrait_as_json_keeps_contacts_masked(locale: str) -> None:
    document = json.loads(run(somebody(), "profile", "show", FAN, "--json", "--locale", locale).out)
    assert set(document) == {"profile", "view", "merges", "campaigns", "timeline"}
    assert len(document["merges"]) == 1
    assert [*document["profile"]["contacts"].values()] == [{"masked": "138****5678"}]
    assert "sealed" not in json.dumps(document)
    assert document["view"]["consents"]["marketing"] is False


def test_the_export_is_one_document_with_every_store(tmp_path: Path) -> None:
    desk, out = somebody(), tmp_path / "person.json"
    outcome = run(desk, "profile", "export", FAN, "--out", str(out))
    assert outcome.status == 0
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["stores"].keys() == desk.personal.keys()
    assert document["stores"]["Profiles"][0]["first_seen_at"] == "2026-05-01T05:00:00.000Z"
    assert out.stat().st_mode & 0o077 == 0
    assert "138****5678" in out.read_text(encoding="utf-8")
    assert PHONE not in out.read_text(encoding="utf-8")
    assert "Receipts" in document["not_included"]
    again = run(desk, "profile", "export", FAN, "--out", str(out))
    assert again.status == 2
    assert "cannot be written" in again.err
    assert f"+86{PHONE}" in run(desk, "profile", "export", FAN, "--reveal").out


def test_an_erasure_asks_first() -> None:
    desk = somebody()
    assert run(desk, "profile", "erase", FAN, typed="n\n").status == 1
    assert desk.people.profiles
    outcome = run(desk, "profile", "erase", FAN, "--yes", "--no-wait")
    assert outcome.status == 0
    assert "gone by itself within 14 d" in outcome.out
    assert (desk.people.profiles, desk.people.entries, desk.people.identities) == ({}, {}, {})
    assert "within four days" in " ".join(outcome.err.split())
    noted = desk.departures.waiting()
    assert {each.identity.partition(":")[0] for each in noted} == {"member", "phone", "wechat"}
    assert {each.until for each in noted} == {int(desk.clock().timestamp())}
    assert run(desk, "profile", "show", FAN).status == 2


def mirrored() -> tuple[FakeDesk, FakeWeChat]:
    """A fan who has two tags at WeChat, one of them given in its console."""
    desk, wechat = FakeDesk(TEA.model_copy(update={"mirrored_tags": ("会员", "领取")})), FakeWeChat()
    desk.board = wechat
    desk.publish({"rule_id": "claim", "then": ["tag 领取"]})
    happen(desk, "fan.subscribed", ago=timedelta(hours=3))
    happen(desk, "menu.clicked", key="TRIAL", ago=timedelta(hours=2))
    seen: dict[str, Any] = {"there": {"会员": True}, "seen": {}, "changed": ["会员"], "told": {}}
    happen(desk, "tag.mirrored", source="/wechat-tags/tea", ago=timedelta(hours=1), historical=True, **seen)
    return desk, wechat


def test_an_erasure_takes_the_tags_away_at_wechat_too() -> None:
    desk, wechat = mirrored()
    outcome = run(desk, "profile", "erase", FAN, "--yes", "--no-wait")
    assert outcome.status == 0
    assert wechat.tagged == [(f"tea:{FAN}", "会员", False), (f"tea:{FAN}", "领取", False)]
    assert outcome.out.count("taken away") == 2
    assert "in its console" not in outcome.err


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_what_wechat_refuses_is_in_the_erasures_report(locale: str) -> None:
    desk, wechat = mirrored()
    wechat.answers = [
        ActionOutcome(LedgerState.REJECTED, code=43004, reason="rejected"),
        *[ActionOutcome(LedgerState.RETRY, reason="not_sent")] * 3,
    ]
    outcome = run(desk, "profile", "erase", FAN, "--yes", "--no-wait", "--locale", locale)
    assert outcome.status == 0
    assert "43004" in outcome.out
    assert {"en": "not a follower", "zh": "没有关注"}[locale] in outcome.out
    assert "not_sent" in outcome.out
    assert {"en": "in its console", "zh": "手工取消"}[locale] in outcome.err
    assert desk.people.profiles == {}


def test_an_erasure_waits_for_the_archive_and_for_new_keys() -> None:
    desk = somebody()
    desk.contacts.there = False
    outcome = run(desk, "profile", "erase", FAN, "--yes")
    assert outcome.status == 0
    assert "a minute until all functions know" in outcome.err
    assert "on their way into the archive" in outcome.err
    assert desk.waited == pytest.approx(65 + 300)
    assert desk.departures.waiting() == []


def test_a_merge_is_shown_and_taken_back() -> None:
    desk = somebody()
    (merge,) = desk.people.merges.values()
    out = run(desk, "profile", "merges", FAN).out
    assert merge.absorbed in out
    assert "✓" in out
    assert json.loads(run(desk, "profile", "merges", FAN, "--json").out)[0]["absorbed"] == merge.absorbed
    outcome = run(desk, "profile", "unmerge", FAN, merge.absorbed, "--yes")
    assert outcome.status == 0
    assert "two persons again" in outcome.out
    left = desk.people.profile_of("demo", IDENTITY)
    right = desk.people.profile_of("demo", "member:1")
    assert left.person != right.person
    assert (left.apart, right.apart) == ((right.person,), (left.person,))
    tell(desk, "person.identified", "member:1", IDENTITY, ago=timedelta(0))
    assert desk.people.profile_of("demo", "member:1").person == right.person
    assert "No merges" in run(desk, "profile", "merges", FAN).out


def test_only_the_last_merge_is_taken_back() -> None:
    desk = somebody()
    (first,) = desk.people.merges.values()
    tell(desk, "page.viewed", "anonymous:a", ago=timedelta(minutes=1))
    tell(desk, "person.signed_in", "member:1", "anonymous:a", ago=timedelta(0))
    last = next(each for each in desk.people.merges.values() if each.absorbed != first.absorbed)
    outcome = run(desk, "profile", "unmerge", FAN, first.absorbed, "--yes")
    assert outcome.status == 2
    assert last.absorbed in outcome.err
    assert run(desk, "profile", "unmerge", FAN, last.absorbed, "--yes").status == 0
    assert run(desk, "profile", "unmerge", FAN, first.absorbed, "--yes").status == 0


def test_what_was_never_merged_cannot_be_taken_back() -> None:
    outcome = run(somebody(), "profile", "unmerge", FAN, "p-nobody", "--yes")
    assert outcome.status == 2
    assert "did not absorb" in outcome.err


def test_by_the_id_of_somebody_absorbed_the_survivor_is_found() -> None:
    desk = somebody()
    (merge,) = desk.people.merges.values()
    document = json.loads(run(desk, "profile", "merges", merge.absorbed, "--json").out)
    assert [each["survivor"] for each in document] == [merge.survivor]


def test_the_merges_of_somebody_absorbed_are_shown_below() -> None:
    desk = somebody()
    (first,) = desk.people.merges.values()
    tell(desk, "page.viewed", "member:old", ago=timedelta(days=3))
    tell(desk, "person.identified", "email:" + "e" * 32, "member:old", ago=timedelta(days=3))
    tell(desk, "person.signed_in", "member:old", IDENTITY, ago=timedelta(0))
    document = json.loads(run(desk, "profile", "merges", FAN, "--json").out)
    assert {(each["survivor"], each["absorbed"]) for each in document} >= {(first.survivor, first.absorbed)}
