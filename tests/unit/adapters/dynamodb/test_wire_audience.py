"""Conditions asked of profiles on the wire: what they are told is what the view of the whole profile tells."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yuchi.adapters.dynamodb import audience
from yuchi.adapters.dynamodb.audience import READERS, wire_test
from yuchi.adapters.dynamodb.profiles import profile_from_item, profile_item
from yuchi.domain.campaign.audience import STORED, AudienceTest
from yuchi.domain.language import parse_condition
from yuchi.domain.orders import COUNT, SPENT
from yuchi.domain.profile import Channel, Consent, Decayed, Order, Profile, Slice, StageMark, Tag
from yuchi.domain.profile_view import PROFILE_VIEW, Seen
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
RETENTION = DEFAULT_SCHEMA.model_copy(update={"retention": {"城市": 86_400}})

times = st.sampled_from([None, MOMENT - 400_000, MOMENT - 90_000, MOMENT - 1, MOMENT, MOMENT + 5])
sure_times = st.sampled_from([MOMENT - 400_000, MOMENT - 90_000, MOMENT - 1, MOMENT])
names = st.sampled_from(["城市", "称呼", "x", "a.b"])
values = st.sampled_from(["上海", "", 3, 2.5, True, ["a", 1], {"b": {"c": "d"}}])


def maps(keys: Any, of: Any) -> Any:
    return st.dictionaries(keys, of, max_size=3)


tags = maps(
    st.sampled_from(["老客户", "会员", "y"]), st.builds(Tag, since=sure_times, last=sure_times, expires_at=times)
)
channels = maps(
    st.sampled_from([f"wechat:{account}:o{each}" for account in ("shop", "club") for each in range(2)]),
    st.builds(
        Channel,
        account=st.sampled_from(["shop", "club"]),
        subscribed=st.booleans(),
        subscribed_at=times,
        unsubscribed_at=times,
        scene=st.sampled_from([None, "store-1"]),
        windows=maps(st.just("message"), sure_times),
    ),
)
profiles = st.builds(
    Profile,
    brand=st.just("tea"),
    person=st.sampled_from(["p1", "p2"]),
    version=st.integers(0, 3),
    identities=st.just(("member:1",)),
    tags=tags,
    attributes=maps(names, values),
    slices=maps(st.sampled_from(["erp", "rule"]), maps(names, st.builds(Slice, value=values, at=sure_times))),
    scores=maps(st.sampled_from(["main", "活跃度"]), st.integers(-5, 90)),
    decayed=maps(
        st.sampled_from(["intent", "influence"]),
        st.builds(Decayed, value=st.just(8.0), at=sure_times, half_life=st.just(86_400)),
    ),
    interests=maps(
        st.sampled_from(["绿茶", "红茶"]),
        st.builds(Decayed, value=st.just(6.0), at=sure_times, half_life=st.just(864_000)),
    ),
    stage=st.none() | st.builds(StageMark, name=st.just("active"), since=sure_times),
    orders=maps(st.sampled_from("abc"), st.builds(Order, at=sure_times, total=st.integers(0, 90_000))),
    order_totals=maps(st.sampled_from([COUNT, SPENT]), st.integers(0, 90_000)),
    first_order_at=times,
    last_order_at=times,
    channels=channels,
    activity=maps(st.sampled_from(["page.viewed", "menu.clicked"]), st.lists(sure_times, max_size=3).map(tuple)),
    consents=maps(
        st.sampled_from(["marketing", "marketing@shop"]), st.builds(Consent, granted=st.booleans(), at=sure_times)
    ),
    first_seen_at=times,
    last_seen_at=times,
)

ATOMS = (
    '"老客户" in profile.tags',
    "size(profile.tags) > 1",
    'profile.tags["会员"].count >= 1',
    'profile.tags["会员"].since < now',
    'profile.attributes["城市"] == "上海"',
    "has(profile.attributes.x)",
    'profile.attributes["a.b"] == "上海"',
    'profile.attributes[profile.id] == "上海"',
    'profile.attributes.x.b.c == "d"',
    "profile.score > 10",
    'profile.scores["活跃度"] > 3',
    "profile.orders.count >= 3",
    "profile.orders.cycle_days > 0.5",
    "profile.orders.last_at < now",
    "profile.rfm.score > 8",
    "profile.consents.marketing == true",
    "profile.subscribed",
    "profile.subscribed_at < now",
    "profile.unsubscribed_at < now",
    'profile.scene == "store-1"',
    "profile.first_seen_at < now",
    'profile.last_seen_at > now - duration("24h")',
    'profile.last_active_at > now - duration("24h")',
    "profile.intent > 1",
    "profile.influence > 1",
    '"绿茶" in profile.interests',
    'profile.stage == "active"',
    "profile.stage_since < now",
    "profile.new",
    'count("page.viewed") > 1',
    'count("menu.clicked", duration("24h")) == 0',
    'last("page.viewed") < now',
)
conditions = st.recursive(
    st.sampled_from(ATOMS),
    lambda part: st.builds("({} && {})".format, part, part) | st.builds("({} || {})".format, part, part),
    max_leaves=4,
)
tests = st.builds(
    AudienceTest,
    conditions.map(parse_condition),
    st.sampled_from(["", "shop", "club"]),
    st.just(NOW),
    st.sampled_from([DEFAULT_SCHEMA, RETENTION]),
)


def projected(item: dict[str, Any], test: AudienceTest) -> dict[str, Any]:
    """What DynamoDB gives of ``item``."""
    return item if test.stored is None else {name: item[name] for name in test.stored if name in item}


def agrees(test: AudienceTest, profile: Profile) -> bool:
    """Whether the projected item says what the whole profile says."""
    return wire_test(test)(projected(profile_item(profile), test)) == test.holds(profile)


@given(tests, profiles)
@settings(max_examples=500, deadline=None)
def test_what_is_projected_and_read_on_the_wire_answers_as_the_whole_profile(
    test: AudienceTest, profile: Profile
) -> None:
    """For any condition, account, data standard and profile."""
    assert agrees(test, profile)


@given(st.sampled_from(sorted(READERS)), st.sampled_from(["", "shop"]), profiles)
@settings(max_examples=400, deadline=None)
def test_each_reader_gives_what_the_view_gives(field: str, account: str, profile: Profile) -> None:
    """Value for value, with the parts alone that are projected for the field; of tags, which there are."""
    test = AudienceTest(parse_condition(f"profile.{field} != null"), account, NOW)
    read = READERS[field](test)
    assert read is not None
    _, channel = profile.channel(account or None) or ("", None)
    seen = PROFILE_VIEW[field].read(Seen(profile, channel, NOW, DEFAULT_SCHEMA))
    got = read(projected(profile_item(profile), test))
    assert got.keys() == seen.keys() if field == "tags" else got == seen


def test_every_field_that_is_projected_is_a_field_of_the_view() -> None:
    """And every reader reads one that is."""
    assert READERS.keys() <= STORED.keys() <= PROFILE_VIEW.keys()


def test_a_map_is_read_in_part_where_constant_names_are_asked_for() -> None:
    """Otherwise all of it."""

    def named(text: str) -> frozenset[str] | None:
        return AudienceTest(parse_condition(text), "", NOW).named("attributes")

    assert named('profile.attributes["城市"] == "上海" || has(profile.attributes.x)') == frozenset({"城市", "x"})
    assert named('profile.attributes.x == "1" && profile.attributes[profile.id] == "1"') is None
    assert named("profile.score > 1") == frozenset()


Spoil = Callable[[pytest.MonkeyPatch], None]


def expired_tags_count(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(
        audience.READERS,
        "tags",
        lambda _test: lambda item: item.get("tags", {}).get("M", {}),
    )


def orders_are_projected_without_their_times(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(STORED, "orders", ("order_totals",))


def retention_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(audience.READERS, "attributes", lambda _test: audience._whole("attributes"))


def the_first_channel_counts(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(audience, "_rank", lambda _identity, _channel: 0)


RICH = Profile(
    brand="tea",
    person="p1",
    version=1,
    tags={"老客户": Tag(since=1, last=1, expires_at=MOMENT - 1)},
    attributes={"城市": "上海"},
    slices={"erp": {"城市": Slice(value="上海", at=MOMENT - 400_000)}},
    orders={"a": Order(at=MOMENT - 9, total=1)},
    first_order_at=MOMENT - 9,
    last_order_at=MOMENT - 9,
    channels={
        "wechat:shop:o1": Channel(account="shop", subscribed=False),
        "wechat:club:o1": Channel(account="club", subscribed=True, subscribed_at=5),
    },
)


@pytest.mark.parametrize(
    ("spoil", "text", "schema"),
    [
        (expired_tags_count, '"老客户" in profile.tags', DEFAULT_SCHEMA),
        (orders_are_projected_without_their_times, "profile.orders.last_at < now", DEFAULT_SCHEMA),
        (retention_is_forgotten, 'profile.attributes["城市"] == "上海"', RETENTION),
        (the_first_channel_counts, "profile.subscribed", DEFAULT_SCHEMA),
    ],
)
def test_a_reader_that_reads_less_is_noticed(
    spoil: Spoil, text: str, schema: BrandSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twins of the comparison above."""
    test = AudienceTest(parse_condition(text), "", NOW, schema)
    assert agrees(test, RICH)
    spoil(monkeypatch)
    assert not agrees(AudienceTest(parse_condition(text), "", NOW, schema), RICH)


def test_of_a_member_there_is_what_it_takes_to_choose_a_way() -> None:
    """And nothing else, for nothing else is looked at."""
    made = audience._enough(profile_item(RICH))
    assert made.channels == profile_from_item(profile_item(RICH)).channels
    assert (made.person, made.brand, made.version, made.tags) == ("p1", "tea", 1, {})
