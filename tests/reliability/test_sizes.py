"""T18: what one person costs stays bounded, whatever happens: the profile's item, and the writes of each key."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.world import START, World, rule
from yuchi.adapters.dynamodb.items import item_size, to_item
from yuchi.adapters.dynamodb.profiles import profile_from_item, profile_item
from yuchi.domain.decision import LiveRules, decide
from yuchi.domain.event import Event, derive_id
from yuchi.domain.profile import SHARDS, Profile, Tag, new_person, shard_of

LIMIT = 100_000
TAGS = 1_000
KINDS = ("page.viewed", "menu.clicked", "message.text", "order.completed", "product.viewed")


def tags() -> dict[str, Tag]:
    """A thousand of them, each with all its provenance."""
    moment = int(START.timestamp())
    return {
        f"常见标签{number:04d}": Tag(
            since=moment + number,
            last=moment + 2 * number,
            count=number + 1,
            rule=f"rule-{number:04d}",
            version=3,
            event=derive_id(str(number)),
        )
        for number in range(TAGS)
    }


def replay(events: int) -> Profile:
    """A person with all tags to whom this much happens, through the decisions of the domain."""
    world = World(
        rule("seen", "page.viewed", ["tag 看过", "score +1"], when='count("page.viewed", "7d") >= 3', account="*"),
        rule("bought", "order.completed", ["score 购买 +1"], account="*"),
    )
    world.rulesets.counts |= dict.fromkeys(KINDS)
    identity = "wechat:tea:o-busy"
    profile = Profile(brand="demo", person=new_person("demo", identity), identities=(identity,), tags=tags())
    catalogue = world.process.catalogue
    live = {kind: _live(world, kind) for kind in KINDS}
    for number in range(events):
        kind = KINDS[number % len(KINDS)]
        event = Event(
            id=derive_id(str(number)),
            source="/wechat/tea",
            type=kind,
            time=START + timedelta(minutes=7 * number),
            brand="demo",
            account="tea",
            subject=identity,
            data={
                "order_id": f"order-{number}",
                "total": 12.5,
                "category": f"品类{number % 300}",
                "path": f"/{number}",
            },
        )
        decision = decide(
            event=event,
            profile=profile,
            account=world.account,
            rules=live[kind],
            spec=catalogue.events.get(kind),
            answer=None,
            now=event.time,
        )
        assert decision.profile is not None
        profile = decision.profile
    return profile


def _live(world: World, kind: str) -> LiveRules:
    return LiveRules(
        bucket=world.rulesets.bucket("demo", "tea", kind),
        listens=lambda _type: False,
        counted=world.rulesets.counts,
        version=1,
        schema=world.rulesets.schema("demo"),
    )


def test_a_thousand_tags_fit() -> None:
    profile = Profile(brand="demo", person="p" * 21, version=9, tags=tags())
    item = profile_item(profile)
    assert item_size(item) < LIMIT
    assert profile_from_item(item) == profile


def test_twin_with_whole_ids_they_would_not() -> None:
    profile = Profile(brand="demo", person="p" * 21, tags=tags())
    whole = {name: {**tag.model_dump(mode="json"), "event": derive_id(name)} for name, tag in profile.tags.items()}
    item: Any = {**profile_item(profile), **to_item({"tags": whole})}
    assert item_size(item) > LIMIT


@pytest.mark.parametrize(
    "events", [3_000, pytest.param(100_000, marks=[pytest.mark.nightly, pytest.mark.timeout(1_200)])]
)
def test_the_profile_stays_small_after_many_events(events: int) -> None:
    few, many = replay(1_500), replay(events)
    sizes = [item_size(profile_item(each)) for each in (few, many)]
    assert max(sizes) < LIMIT, sizes
    assert sizes[1] - sizes[0] < 2_000, sizes  # it does not grow with what happens
    assert len(many.tags) == TAGS + 1


def test_persons_are_spread_over_all_partitions() -> None:
    """No key of ``Profiles`` gets more than a small share of the writes of many people."""
    shards = Counter(shard_of("demo", new_person("demo", f"wechat:tea:o{number}")) for number in range(20_000))
    assert len(shards) == SHARDS
    assert max(shards.values()) < 2 * 20_000 / SHARDS
