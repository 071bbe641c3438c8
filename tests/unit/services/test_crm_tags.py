"""The shipped mapping of a CRM's tags, from the signed message to the profile."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from tests.fakes.sources import SEALER, FakeSourceCounters, FakeSources
from tests.fakes.stores import FakeMetrics
from tests.fakes.world import World, rule
from yuchi.adapters.mapping_text import YamlMappings
from yuchi.adapters.segment.json_body import read_json
from yuchi.adapters.webhooks.signature import signed_headers
from yuchi.adapters.webhooks.verification import verify
from yuchi.domain.source import Source, SourceKind, SourceSecrets
from yuchi.services.receive_webhook import ReceiveWebhook

SECRET = f"whsec_{'A' * 43}="
MAPPING = Path(__file__).parents[3] / "rules" / "mappings" / "crm-tags" / "mapping.yaml"
TELL = {"webhook": {"url": "https://crm.example.com/x", "data": {"tag": "{{event.tag}}", "change": "{{event.type}}"}}}


def tell(world: World, **said: Any) -> None:
    """One message of the CRM, signed, taken in and processed."""
    source = Source(
        id="crm", brand="demo", name="CRM", kind=SourceKind.WEBHOOK, mapping=MAPPING.read_text(encoding="utf-8")
    )
    secrets = SourceSecrets(webhook_secret=SecretStr(SECRET))
    receiver = ReceiveWebhook(
        sources=FakeSources({"crm": source}, secret={"crm": secrets}),
        verify=verify,
        mappings=YamlMappings(),
        contacts=SEALER,
        read_json=read_json,
        events=world.events,
        counters=FakeSourceCounters(),
        metrics=FakeMetrics(),
        clock=world.clock,
    )
    world.pass_time(minutes=1)
    body = json.dumps({"customer": {"member_no": "M1"}, "updated_at": world.now.isoformat(), **said}).encode()
    headers = signed_headers(body.decode(), secrets=SECRET, message_id=f"m{world.now.timestamp()}", moment=world.now)
    assert receiver.receive("crm", headers, body).status == 200
    world.run()


def tags_of(world: World) -> set[str]:
    return set(world.people.profile_of("demo", "member:M1").tags)


def told_to_crm(world: World) -> list[tuple[str, str]]:
    bodies = [each.body["data"] for entry in world.people.entries.values() for each in entry.outbox]
    return sorted((body["change"], body["tag"]) for body in bodies)


def test_both_ways() -> None:
    world = World(
        rule("tell-crm", ["tag.added", "tag.removed"], [TELL], when='event.rule != ""'),  # type: ignore[arg-type]  # a rule may hold maps, as in the table
        rule("risk", "tag.removed", ["tag 挽回"], when='event.tag == "高价值客户" && event.reason == "told"'),
    )
    world.push("fan.subscribed")
    world.run()
    tell(world, added=["VIP"], tags=["VIP", "NEW"])
    assert tags_of(world) == {"高价值客户", "新客"}
    tell(world, removed=["NEW"])
    assert tags_of(world) == {"高价值客户"}
    tell(world, note="no tags in it")
    assert tags_of(world) == {"高价值客户"}
    tell(world, tags=[])
    assert tags_of(world) == {"挽回"}
    tell(world, tags=["VIP"])
    assert tags_of(world) == {"挽回", "高价值客户"}
    assert told_to_crm(world) == [("tag.added", "挽回")]


def test_twin_a_mapping_that_only_gives_never_takes_away(monkeypatch: Any) -> None:
    monkeypatch.setattr("yuchi.domain.told_tags._take", lambda _draft, _source: None)
    world = World()
    tell(world, tags=["VIP"])
    tell(world, tags=[])
    assert tags_of(world) == {"高价值客户"}


def test_a_message_that_comes_after_its_time_takes_nothing_newer_away() -> None:
    world = World()
    tell(world, tags=["VIP"])
    tell(world, tags=[], updated_at=(world.now - timedelta(hours=2)).isoformat())
    assert tags_of(world) == {"高价值客户"}
