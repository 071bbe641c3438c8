"""`yuchi redrive`: what can be read goes back in order, the rest stays."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.cli.desk import NOW, TEA, FakeDesk, run
from yuchi.domain.actions import dump_action, parse_action
from yuchi.domain.event import Event
from yuchi.domain.timeline import OutboxAction
from yuchi.services.ports import ActionMessage, EventMessage
from yuchi.services.ports_operators import DeadLetter


def event(number: int, *, account: str = "tea", group: str = "fan", body: str | None = None) -> DeadLetter:
    happened = Event(
        id=f"event{number:04d}",
        source=f"/wechat/{account}",
        type="menu.clicked",
        time=NOW - timedelta(days=1),
        brand="demo",
        account=account,
        subject=f"wechat:{account}:oFan",
    )
    text = EventMessage(event=happened).model_dump_json() if body is None else body
    return DeadLetter(id=f"m{number}", handle=f"h{number}", body=text, group=group)


def action(kind: str, body: dict[str, Any]) -> DeadLetter:
    message = ActionMessage(
        brand="demo",
        account="tea",
        subject="wechat:tea:oFan",
        person="p1",
        event_id="event0001",
        event_time=NOW,
        action=OutboxAction(id="event0001:claim:0", kind=kind, rule="claim", version=1, body=body),
    )
    return DeadLetter(id="m1", handle="h1", body=message.model_dump_json(), group="fan")


def with_letters(source: str, *letters: DeadLetter) -> FakeDesk:
    desk = FakeDesk(TEA)
    desk.dead_letters.waiting[source] = list(letters)
    return desk


def test_all_go_back_in_order() -> None:
    desk = with_letters("Events", *(event(number) for number in range(25)))
    outcome = run(desk, "redrive", "events", typed="y\n")
    assert outcome.status == 0
    assert "Is the cause mended? Move about 25 back to Events?" in outcome.err
    assert "25 moved back." in outcome.out
    assert [letter.id for _, letter in desk.dead_letters.sent] == [f"m{number}" for number in range(25)]
    assert desk.dead_letters.depth("Events") == 0


def test_what_cannot_go_stays_and_keeps_what_is_behind_it() -> None:
    desk = with_letters(
        "Events",
        event(1),
        event(2, body="garbage"),
        event(3),
        event(4, group="other"),
        event(5, account="gone", group="third"),
    )
    outcome = run(desk, "redrive", "events", "--yes")
    assert outcome.status == 1
    assert [letter.id for _, letter in desk.dead_letters.sent] == ["m1", "m4"]
    assert "1 stay: cannot be read" in outcome.err
    assert "1 stay: stand behind one that stays" in outcome.err
    assert "1 stay: their account is gone" in outcome.err
    assert [letter.id for letter in desk.dead_letters.waiting["Events"]] == ["m2", "m3", "m5"]
    assert desk.dead_letters.hidden["Events"] == []


@pytest.mark.parametrize(
    ("kind", "body", "moved"),
    [
        ("send", dump_action(parse_action("send hello")), 1),
        ("forget", {}, 1),
        ("send", {}, 0),
        ("dance", {}, 0),
    ],
)
def test_actions_are_judged_too(kind: str, body: dict[str, Any], moved: int) -> None:
    desk = with_letters("Actions", action(kind, body))
    run(desk, "redrive", "actions", "--yes")
    assert len(desk.dead_letters.sent) == moved


def test_imports_go_back_by_what_they_say_themselves() -> None:
    bodies = ['{"brand": "demo", "import_id": "i1", "step": 3}', "garbage", '{"Records": []}', "[]"]
    letters = [DeadLetter(id=f"m{number}", handle=f"h{number}", body=body) for number, body in enumerate(bodies)]
    desk = with_letters("Imports", *letters)
    assert run(desk, "redrive", "imports", "--yes").status == 1
    assert [letter.id for _, letter in desk.dead_letters.sent] == ["m0", "m2"]


def test_what_a_shop_or_a_file_told_needs_no_account() -> None:
    desk = with_letters("Events", event(1, account=""))
    assert run(desk, "redrive", "events", "--yes").status == 0


def test_a_limit_and_a_queue_that_breaks_lose_nothing() -> None:
    desk = with_letters("Events", *(event(number) for number in range(5)))
    assert run(desk, "redrive", "events", "--yes", "--limit", "2").status == 0
    assert len(desk.dead_letters.sent) == 2
    assert desk.dead_letters.depth("Events") == 3
    desk.dead_letters.break_after = 3
    outcome = run(desk, "redrive", "events", "--yes")
    assert outcome.status == 1
    assert "ThrottlingException" in outcome.err
    assert len(desk.dead_letters.sent) + desk.dead_letters.depth("Events") == 5


def test_a_no_moves_nothing_and_an_empty_queue_is_said() -> None:
    desk = with_letters("Events", event(1))
    assert run(desk, "redrive", "events", typed="n\n").status == 1
    assert desk.dead_letters.sent == []
    assert "is empty" in run(desk, "redrive", "actions").out


def test_edits_are_reviewed_again() -> None:
    desk = FakeDesk(TEA)
    desk.publish({"rule_id": "good"})
    desk.drafts.put({"brand": "demo", "rule_id": "late", "on": "menu.clicked", "then": ["tag 新"]})
    desk.drafts.drain()  # the stream lost it
    desk.dead_letters.waiting["Edits"] = [DeadLetter(id="e1", handle="h", body="{}")]
    outcome = run(desk, "redrive", "edits", "--yes")
    assert "1 rules are being reviewed again, 1 dead letters dropped." in outcome.out
    desk.review()
    assert desk.live.live("demo", "late") is not None
    assert "Every rule was reviewed." in run(desk, "redrive", "edits").out
    assert "2 rules are being reviewed again" in run(desk, "redrive", "edits", "--all", "--yes").out


def test_a_queue_that_is_not() -> None:
    outcome = run(FakeDesk(TEA), "redrive", "letters")
    assert outcome.status == 2
    assert "letters" in outcome.err
