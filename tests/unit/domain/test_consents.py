"""Consents: the last word counts, whatever comes first, and everything that leaves the house asks for it."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.fakes.world import START, World, rule
from yuchi.domain.consents import PURPOSES, allows, consents_view, later, with_consent
from yuchi.domain.event import Event, derive_id
from yuchi.domain.ledger import LedgerState
from yuchi.domain.merging import merge, unmerge
from yuchi.domain.profile import Consent, Profile
from yuchi.services.ports import EventMessage

NOBODY = Profile(brand="demo", person="p1")


def said(kind: str, minutes: int = 0, **data: Any) -> Event:
    return Event(
        id=derive_id(kind, str(minutes), str(data)),
        source="/collect/shop",
        type=f"consent.{kind}",
        time=START + timedelta(minutes=minutes),
        brand="demo",
        account="",
        subject="member:1",
        data=data,
    )


def after(*events: Event) -> Profile:
    profile = NOBODY
    for event in events:
        profile = with_consent(profile, event)
    return profile


def test_the_last_word_counts_in_whatever_order_it_comes() -> None:
    words = [
        said("granted", 0, purpose="marketing"),
        said("revoked", 1, purpose="marketing"),
        said("granted", 2, purpose="marketing", channel="tea"),
        said("revoked", 2, purpose="marketing", channel="tea"),
    ]
    profiles = [after(*order) for order in permutations(words)]
    assert all(each == profiles[0] or each.consents == profiles[0].consents for each in profiles)
    assert not allows(profiles[0], "marketing", "tea")
    assert not allows(profiles[0], "marketing", "coffee")


@pytest.mark.parametrize(
    ("words", "tea", "coffee"),
    [
        ([], True, True),
        ([said("revoked", 0, purpose="marketing")], False, False),
        ([said("revoked", 0, purpose="marketing", channel="tea")], False, True),
        (
            [said("revoked", 0, purpose="marketing"), said("granted", 1, purpose="marketing", channel="tea")],
            True,
            False,
        ),
        ([said("revoked", 0, purpose="marketing", channel="tea"), said("granted", 1, purpose="marketing")], True, True),
        ([said("revoked", 0, purpose="sharing")], True, True),
        ([said("revoked", 0, purpose="weather")], True, True),
        ([said("cancelled", 0)], False, False),
    ],
)
def test_what_is_said_of_one_channel_and_of_all(words: list[Event], tea: bool, coffee: bool) -> None:
    profile = after(*words)
    assert (allows(profile, "marketing", "tea"), allows(profile, "marketing", "coffee")) == (tea, coffee)


def test_wechats_own_revocation_is_about_the_use_of_personal_data() -> None:
    view = consents_view(after(said("revoked", 0, revoke_info="205")), "tea")
    assert view == {"marketing": None, "profiling": False, "sharing": None}


def test_provenance_is_kept() -> None:
    event = said("revoked", 0, purpose="sharing")
    assert after(event).consents["sharing"] == Consent(
        granted=False, at=int(START.timestamp()), source="/collect/shop", event=event.id
    )


def test_a_merge_keeps_the_last_word_and_its_undoing_gives_it_back() -> None:
    left = after(said("granted", 5, purpose="marketing"))
    right = after(said("revoked", 9, purpose="marketing")).model_copy(update={"person": "p2"})
    both = merge(left, right)
    assert not allows(both, "marketing")
    assert unmerge(both, before=left, absorbed=right).consents == left.consents
    assert later(left.consents["marketing"], right.consents["marketing"]) == right.consents["marketing"]


RULES = (
    rule("offer", "menu.clicked", ["send 新茶上市", "webhook https://crm.example.com/hook"]),
    rule("answer", "message.text", ["reply 收到"]),
    rule("seen", "menu.clicked", ["tag 退订过"], when="profile.consents.marketing == false"),
)


def world() -> World:
    made = World(*RULES)
    made.push("message.text", content="hi")
    made.run()
    made.wechat.sent.clear()
    return made


def tell(there: World, purpose: str) -> None:
    event = there.event("consent.revoked", purpose=purpose)
    there.events.send([(event.id, event.subject or "", EventMessage(event=event))])
    there.run()


def outcomes(there: World) -> dict[str, tuple[LedgerState, str]]:
    return {row.channel: (row.state, row.reason) for row in there.ledger.rows.values() if row.key.entry.count("offer")}


def test_who_opted_out_is_sent_nothing_but_answers() -> None:
    there = world()
    tell(there, "marketing")
    there.push("menu.clicked", key="A")
    there.run()
    assert outcomes(there)["send"] == (LedgerState.SKIPPED, "opted_out")
    assert outcomes(there)["webhook"][0] is LedgerState.SENT
    assert there.wechat.sent == []
    assert "退订过" in there.profile().tags
    there.pass_time(minutes=1)
    there.push("message.text", content="在吗")
    there.run()
    assert [body["message"]["text"] for _, body in there.wechat.sent] == ["收到"]


def test_what_is_queued_already_is_not_sent_any_more() -> None:
    there = world()
    there.push("menu.clicked", key="A")
    there.process.process(there.events.take())
    queued = there.actions.take()
    tell(there, "marketing")
    there.perform.perform_all(queued)
    assert outcomes(there)["send"] == (LedgerState.SKIPPED, "opted_out")


def test_whose_data_must_not_be_shared_is_kept_from_webhooks() -> None:
    there = world()
    tell(there, "sharing")
    there.push("menu.clicked", key="A")
    there.run()
    assert outcomes(there) == {"send": (LedgerState.SENT, ""), "webhook": (LedgerState.SKIPPED, "opted_out")}
    assert there.wechat.called == []


def test_every_purpose_is_explained() -> None:
    assert all(words.zh and words.en for words in PURPOSES.values())
