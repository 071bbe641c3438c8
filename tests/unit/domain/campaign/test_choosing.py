"""By which way a person is reached, and why not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from yuchi.domain.account import Account, AccountKind
from yuchi.domain.campaign.choosing import REASONS, Choice, Chosen, Skipped
from yuchi.domain.campaign.model import UNDECIDED, Campaign, Cap, Contest, SendChannel
from yuchi.domain.campaign.reach import Reach, Sent
from yuchi.domain.campaign.run import Group
from yuchi.domain.profile import Channel, Consent, Profile

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
TEXT = {"type": "text", "text": "新茶到店"}
TEMPLATE = "tmpl-0123456789"
NOTICE = {"type": "subscribe", "template_id": TEMPLATE, "data": {"thing1": "新茶"}}
EVERYTHING = {
    "custom": TEXT,
    "mass": TEXT,
    "subscribe": NOTICE,
    "template": {"type": "template", "template_id": TEMPLATE, "data": {"thing1": "新茶"}},
}
ACCOUNTS = {
    name: Account(id=name, brand="tea", name=name, kind=kind, original_id=f"gh_{name}", appid=f"wx{name}")
    for name, kind in {
        "shop": AccountKind.OFFICIAL_ACCOUNT,
        "club": AccountKind.OFFICIAL_ACCOUNT,
        "mini": AccountKind.MINI_PROGRAM,
    }.items()
}


def campaign(*channels: str, contents: Any = None, **changes: Any) -> Campaign:
    """A campaign by some channels."""
    written = {"brand": "tea", "campaign_id": "spring", "audience": "true", "channels": channels or ("mass",)}
    return Campaign.model_validate(written | {"variants": [{"contents": contents or EVERYTHING}]} | changes)


def fan(account: str = "shop", **changes: Any) -> dict[str, Channel]:
    """A fan of an account who followed an hour ago."""
    channel = Channel(account=account, subscribed=True, subscribed_at=MOMENT - 3_600)
    return {f"wechat:{account}:o-{account}": channel.model_copy(update=changes)}


def person(*fans: dict[str, Channel], **changes: Any) -> Profile:
    """A person with those fans."""
    channels = {identity: channel for each in fans for identity, channel in each.items()}
    return Profile(brand="tea", person="p1", version=3, channels=channels).model_copy(update=changes)


def choose(
    one: Campaign, profile: Profile, reach: Reach | None = None, *, caps: tuple[Cap, ...] = ()
) -> Chosen | Skipped:
    """What is decided now."""
    return Choice(one, ACCOUNTS, "run", caps).choose(profile, reach, NOW)


def to(account: str, channel: str, variant: str = "") -> Chosen:
    """A way."""
    return Chosen(Group(account, channel, variant), f"o-{account}")


def wrote(minutes: int = 5) -> dict[str, Any]:
    """Wrote some minutes ago, so that a window is open."""
    return {"windows": {"message": MOMENT - 60 * minutes}}


@pytest.mark.parametrize(
    ("channels", "who", "expected"),
    [
        (["mass"], person(fan()), to("shop", "mass")),
        (["custom", "mass"], person(fan()), to("shop", "mass")),
        (["custom", "mass"], person(fan(**wrote())), to("shop", "custom")),
        (["custom", "subscribe"], person(fan(credits={TEMPLATE: 1})), to("shop", "subscribe")),
        (["subscribe"], person(fan(subscribed=False, credits={TEMPLATE: 1})), to("shop", "subscribe")),
        (["template"], person(fan()), to("shop", "template")),
        (["custom"], person(fan("mini", **wrote())), to("mini", "custom")),
        (["custom"], person(fan()), Skipped("window_closed")),
        (["custom"], person(fan(**wrote(3 * 1_440))), Skipped("window_closed")),
        (["subscribe"], person(fan(credits={"another-one": 5})), Skipped("no_credit")),
        (["mass"], person(fan(subscribed=False)), Skipped("unsubscribed")),
        (["mass"], person(fan("mini")), Skipped("not_followed")),
        (["mass"], person(), Skipped("not_followed")),
        (["mass"], person(fan("gone")), Skipped("not_followed")),
    ],
)
def test_the_first_channel_that_can(channels: list[str], who: Profile, expected: Chosen | Skipped) -> None:
    """In the campaign's order."""
    assert choose(campaign(*channels), who) == expected


def test_one_message_by_the_account_that_was_met_last() -> None:
    """However many accounts the person follows; a channel that can goes before a newer account that cannot."""
    shop, club = fan("shop", **wrote(minutes=30)), fan("club", subscribed_at=MOMENT - 60)
    assert choose(campaign("mass"), person(shop, club)) == to("club", "mass")
    assert choose(campaign("custom", "mass"), person(shop, club)) == to("shop", "custom")
    assert choose(campaign("mass", accounts=("shop",)), person(shop, club)) == to("shop", "mass")
    assert choose(campaign("mass", accounts=("shop",)), person(club)) == Skipped("not_followed")


def test_the_fourth_mass_message_of_the_month_goes_by_another_account() -> None:
    """The quota is the fan's on that account."""
    sends = {
        f"r{day}": Sent(at=MOMENT - day * 86_400, account="club", channel=SendChannel.MASS.value) for day in range(4)
    }
    both = person(fan("shop"), fan("club", subscribed_at=MOMENT - 60))
    assert choose(campaign("mass"), both, Reach(sends=sends)) == to("shop", "mass")
    assert choose(campaign("mass"), person(fan("club")), Reach(sends=sends)) == Skipped("month_used_up")


def test_caps_and_what_this_run_did_before() -> None:
    """Neither account nor channel helps."""
    known = Reach(sends={"other": Sent(at=MOMENT - 60, account="shop", channel=SendChannel.CUSTOM.value)})
    assert choose(campaign(), person(fan()), known, caps=(Cap(times=1, seconds=86_400),)) == Skipped("capped")
    again = Reach(sends={"run": Sent(at=MOMENT - 60, account="club", channel=SendChannel.CUSTOM.value)})
    assert choose(campaign(), person(fan()), again) == Skipped("reached_already")


@pytest.mark.parametrize(
    ("revoked", "expected"),
    [("marketing", Skipped("opted_out")), ("marketing@club", to("shop", "mass")), ("profiling", to("club", "mass"))],
)
def test_who_said_no_gets_nothing(revoked: str, expected: Chosen | Skipped) -> None:
    """To marketing, at all or on one account."""
    both = person(fan("shop"), fan("club", subscribed_at=MOMENT - 60))
    refused = both.model_copy(update={"consents": {revoked: Consent(granted=False, at=MOMENT - 60)}})
    assert choose(campaign("mass"), refused) == expected


def test_the_holdout_gets_nothing() -> None:
    """Whoever it is."""
    assert choose(campaign(holdout=99.999), person(fan())) == Skipped("holdout")


def test_who_waits_for_the_winner_goes_by_what_every_variant_has() -> None:
    """One variant cannot be sent by mass message, so nobody waits for it there."""
    variants = [
        {"name": "a", "share": 50, "contents": EVERYTHING},
        {"name": "b", "share": 50, "contents": {"custom": TEXT}},
    ]
    waiting = campaign("custom", "mass", variants=variants, contest=Contest(share=0.001, after=3_600))
    assert choose(waiting, person(fan(**wrote()))) == to("shop", "custom", UNDECIDED)
    assert choose(waiting, person(fan())) == Skipped("window_closed")


def test_the_reason_that_came_closest_is_told() -> None:
    """Somebody whose window is shut and whose month is used up is told of the month."""
    sends = {
        f"r{day}": Sent(at=MOMENT - day * 86_400, account="shop", channel=SendChannel.MASS.value) for day in range(4)
    }
    assert choose(campaign("mass", "custom"), person(fan()), Reach(sends=sends)) == Skipped("month_used_up")


def test_a_chosen_fan_is_found_again_as_known_now() -> None:
    """By account and openid; None where somebody else has it."""
    choice = Choice(campaign(), ACCOUNTS, "run")
    found = choice.fan(person(fan("shop", subscribed=False), fan("club")), Group("shop", "mass", ""), "o-shop")
    assert found is not None
    assert choice.refusal(found, SendChannel.MASS, "", Reach(), NOW) == "unsubscribed"
    assert choice.fan(person(fan("club")), Group("shop", "mass", ""), "o-shop") is None
    assert choice.fan(person(fan("shop")), Group("shop", "mass", ""), "o-another") is None


def test_windows_close_while_the_batch_waits() -> None:
    """The same check before the send."""
    choice = Choice(campaign("custom"), ACCOUNTS, "run")
    found = choice.fan(person(fan(**wrote())), Group("shop", "custom", ""), "o-shop")
    assert found is not None
    later = NOW + timedelta(days=2)
    assert choice.refusal(found, SendChannel.CUSTOM, "", Reach(), later) == "window_closed"


def test_every_reason_has_words() -> None:
    """In both languages."""
    assert all(words.zh and words.en for words in REASONS.values())
