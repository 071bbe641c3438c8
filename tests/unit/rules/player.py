"""Plays the tests of rule packs: events go through the real services, in memory, with time passing between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fakes.world import World
from yuchi.adapters.rule_files import read_yaml
from yuchi.bootstrap import make_catalogue
from yuchi.domain.decision import LiveRules, decide
from yuchi.domain.durations import parse_duration
from yuchi.domain.profile import Profile, new_person
from yuchi.domain.rule import Rule
from yuchi.domain.rule_check import FileCheck, check_draft, check_rules
from yuchi.services.ports import EventMessage

ROOT = Path(__file__).resolve().parents[3]
PACKS = sorted(path.parent for path in (ROOT / "rules" / "packs").glob("*/pack.yaml"))
CATALOGUE = make_catalogue()


def read(path: Path) -> Any:
    return read_yaml(path.read_text(encoding="utf-8"))


def check_pack(folder: Path) -> list[FileCheck]:
    items = [{"brand": "demo", **item} for item in read(folder / "rules.yaml")]
    return check_rules(items, catalogue=CATALOGUE)


def rules_of(folder: Path, world: World) -> list[Rule]:
    drafts = [check.draft for check in check_pack(folder)]
    return [
        check_draft(draft, catalogue=CATALOGUE, accounts=[world.account]).rule(1)
        for draft in drafts
        if draft is not None
    ]


@dataclass
class Played:
    """What came of a test."""

    profile: Profile
    tags: set[str]
    replies: list[Any] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


def play(folder: Path, case: Mapping[str, Any]) -> Played:
    world = World()
    world.publish(*rules_of(folder, world))
    replies: list[Any] = []
    before = case.get("profile", {})
    for step in case["events"]:
        ((name, data),) = step.items()
        if name == "wait":
            world.pass_time(seconds=parse_duration(data) or 0)
            world.fire()
        else:
            world.pass_time(seconds=1)
            replies += _push(world, name, data, before)
        world.run()
    return Played(
        profile=world.profile(),
        tags=set(world.profile().live_tags(world.now)),
        replies=replies,
        messages=[_told(body["message"]) for _, body in world.wechat.sent if body["kind"] == "send"],
    )


def _push(world: World, event_type: str, data: Mapping[str, Any], before: Mapping[str, Any]) -> list[Any]:
    """As ``receive_callback`` does it: the passive reply is decided first and goes along with the event."""
    event = world.event(event_type, **data)
    person = new_person("demo", event.subject or "")
    known = world.people.find("demo", [event.subject or ""], consistent=True).get(event.subject or "")
    profile = known or Profile(brand="demo", person=person, **before)
    decision = decide(
        event=event,
        profile=profile,
        account=world.account,
        rules=LiveRules(
            bucket=world.rulesets.bucket("demo", world.account.id, event_type),
            listens=lambda _type: False,
            counted=world.rulesets.counted("demo"),
            version=1,
            schema=world.rulesets.schema("demo"),
        ),
        spec=CATALOGUE.events[event_type],
        answer=None,
        now=world.now,
    )
    answer = decision.reply.answer if decision.reply else None
    world.events.send([(event.id, event.subject or "", EventMessage(event=event, answer=answer))])
    return [_told(decision.reply.message.model_dump())] if decision.reply else []


def _told(message: Mapping[str, Any]) -> Any:
    match message["type"]:
        case "text":
            return message["text"]
        case "news":
            return {"news": message["articles"][0]["title"]}
        case "menu":
            return {"menu": message["head"]}
        case form:
            return {form: message.get("staff")}


def same(told: Any, expected: Any) -> bool:
    """Texts are compared by how they begin."""
    return told.startswith(expected) if isinstance(told, str) and isinstance(expected, str) else bool(told == expected)
