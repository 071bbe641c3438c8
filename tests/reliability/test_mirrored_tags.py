"""T1 for mirrored tags: a fault at any call leaves WeChat with the very tags that the person has."""

from collections.abc import Callable

import pytest

from tests.fakes.world import rule
from tests.reliability.crash import EVERYWHERE, Fault, Killed, points
from tests.reliability.platforms import AT_WECHAT
from tests.reliability.system import ACCOUNT, System
from yuchi.domain.ledger import FINAL_STATES, LedgerState
from yuchi.services import performers
from yuchi.services.perform_action import Job

GIVE = rule("give", "message.text", ["tag 会员, 试用"], when='event.content == "来"')
TAKE = rule("take", "message.text", ["untag 会员"], when='event.content == "退"')


def system_of() -> System:
    return System(GIVE, TAKE, account=ACCOUNT.model_copy(update={"mirrored_tags": ("会员", "试用")}))


def run(system: System) -> None:
    for content in ("来", "退"):
        system.push("message.text", content=content)
        try:
            system.step_events()
            system.step_actions()
        except Killed:
            pass
        system.drain()
        system.pass_time(seconds=1)
    system.repeat_everything()


def differing(make: Callable[[], System]) -> tuple[list[str], int]:
    """The points at which a fault leaves WeChat with other tags than the person's, and how many points there are."""
    whole = make()
    run(whole)
    found, tried = [], 0
    faults: dict[str, Fault] = {**EVERYWHERE, **AT_WECHAT}
    for point, label, fault in points(whole.gate.names, faults):
        if label.split(": ")[1] in AT_WECHAT and not whole.gate.names[point].startswith("wechat."):
            continue
        system = make()
        system.gate.arm(point, fault)
        run(system)
        tried += 1
        rows = list(system.ledger.rows.values())
        if (
            system.platform.tagged.get("o-fan") != {"试用"}
            or any(row.state not in FINAL_STATES for row in rows)
            or sorted(system.platform.tags.values()) != ["会员", "试用"]
            or system.actions.dead
        ):
            found.append(label)
    return found, tried


def test_a_fault_at_any_call_leaves_wechat_with_the_persons_tags() -> None:
    found, tried = differing(system_of)
    assert found == []
    assert tried > 100


def test_twin_that_does_not_try_again_leaves_some_tags_behind() -> None:

    def make() -> System:
        system = system_of()
        table = dict(system.perform.performers)
        mirror = table["mirror_tag"]
        assert isinstance(mirror, performers.MirrorTag)
        table["mirror_tag"] = performers.MirrorTag(mirror.board, repeatable=False)
        object.__setattr__(system.perform, "performers", table)
        return system

    found, _ = differing(make)
    assert found


def quiet(system: System, content: str) -> None:
    system.push("message.text", content=content)
    system.step_events()
    system.pass_time(seconds=1)


def test_the_later_decision_wins_whichever_action_comes_first() -> None:
    system = system_of()
    quiet(system, "来")
    quiet(system, "退")
    system.actions.messages.reverse()
    system.drain()
    assert system.platform.tagged.get("o-fan", set()) == {"试用"}
    assert {row.reason for row in system.ledger.rows.values() if row.state is LedgerState.SKIPPED} == {"superseded"}


def test_twin_that_carries_out_what_was_decided_before_ends_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(_self: performers.MirrorTag, _job: Job) -> None:
        return None

    monkeypatch.setattr(performers.MirrorTag, "prepare", blind)
    system = system_of()
    quiet(system, "来")
    quiet(system, "退")
    system.actions.messages.reverse()
    system.drain()
    assert system.platform.tagged["o-fan"] == {"会员", "试用"}


@pytest.mark.parametrize(("code", "reason", "times"), [(45059, "fan_full", 1), (45009, "closed_until_midnight", 2)])
def test_what_wechat_refuses_is_told_in_the_ledger_and_our_tag_stays(code: int, reason: str, times: int) -> None:
    """Where the day's calls are used up, WeChat is not asked for the second tag."""
    system = system_of()
    quiet(system, "来")
    system.platform.codes = [0, 0, code]
    system.drain()
    refused = [row for row in system.ledger.rows.values() if row.state is LedgerState.REJECTED]
    assert [(row.code, row.reason) for row in refused] == [(code, reason)] * times
    assert set(system.profile().tags) == {"会员", "试用"}


def test_a_tag_deleted_in_the_console_is_made_anew() -> None:
    system = system_of()
    quiet(system, "来")
    system.drain()
    system.platform.tags = {500: "别的"}
    system.platform.tagged = {}
    system.push("message.text", fan="o-b", content="来")
    system.drain()
    assert system.platform.tagged == {"o-b": {"会员", "试用"}}
