"""`yuchi doctor`: each thing that can be wrong is found, said and has a remedy."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.unit.cli.desk import NOW, SECRETS, TEA, FakeDesk, run
from yuchi.domain.account import AccountSettings, PushMode
from yuchi.services.diagnosis import CHECKS
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_operators import DeadLetter, FunctionHealth, Handshake, TableHealth, TokenStatus


def well(region: str = "eu-west-1") -> FakeDesk:
    desk = FakeDesk(TEA, region=region)
    desk.publish({"rule_id": "claim"})
    return desk


def test_all_is_well() -> None:
    outcome = run(well(), "doctor")
    assert outcome.status == 0
    assert "All is well." in outcome.out
    assert "✗" not in outcome.out
    assert "!" not in outcome.out


def _facts(**changes: object) -> Callable[[FakeDesk], None]:
    return lambda desk: setattr(desk, "facts", replace(desk.facts, **changes))  # type: ignore[arg-type]


def _no_output(name: str) -> Callable[[FakeDesk], None]:
    def change(desk: FakeDesk) -> None:
        desk.facts = replace(
            desk.facts, outputs={key: value for key, value in desk.facts.outputs.items() if key != name}
        )

    return change


def _secrets(**changes: object) -> Callable[[FakeDesk], None]:
    return lambda desk: desk.accounts.kept.update(tea=SECRETS.model_copy(update=changes))


def _account(**changes: object) -> Callable[[FakeDesk], None]:
    return lambda desk: desk.accounts.known.update(tea=TEA.model_copy(update=changes))


def _token(**status: object) -> Callable[[FakeDesk], None]:
    return lambda desk: desk.tokens.answers.update(tea=TokenStatus(**status))  # type: ignore[arg-type]


def _table(name: str, health: TableHealth | None) -> Callable[[FakeDesk], None]:
    return lambda desk: desk.inspection.tables.update({f"yuchi-{name}": health})


def _function(name: str, health: FunctionHealth | None) -> Callable[[FakeDesk], None]:
    return lambda desk: desk.inspection.functions.update({f"yuchi-{name}": health})


def _inspection(**changes: object) -> Callable[[FakeDesk], None]:
    return lambda desk: setattr(desk, "inspection", replace(desk.inspection, **changes))  # type: ignore[arg-type]


def _unreviewed(desk: FakeDesk) -> None:
    desk.reviewer_is_up = False
    desk.drafts.put({"brand": "demo", "rule_id": "late", "on": "menu.clicked", "then": ["tag 新"]})


def _stale(desk: FakeDesk) -> None:
    desk.live.manifests.clear()


PREVIOUS = {"previous_token": SecretStr("x" * 32)}
HELD = {"held_until": NOW + timedelta(minutes=5)}
WRONG: list[tuple[str, Callable[[FakeDesk], None], str, str]] = [
    (
        "stack",
        _facts(status="UPDATE_ROLLBACK_COMPLETE"),
        "its status is UPDATE_ROLLBACK_COMPLETE",
        "describe-stack-events",
    ),
    ("stack", _no_output("RulesTable"), "its outputs lack Rules", "sam build"),
    ("tables", _table("Profiles", None), "the table is not there", "restore"),
    (
        "tables",
        _table("Profiles", TableHealth("DELETING", recoverable=True, streams=True)),
        "its status is DELETING",
        "look again",
    ),
    (
        "tables",
        _table("Rules", TableHealth("ACTIVE", recoverable=True, streams=False)),
        "it has no stream",
        "deploy again",
    ),
    (
        "queues",
        lambda desk: desk.inspection.queues.update({"https://sqs.example/events.fifo": False}),
        "Events  the queue is not there",
        "deploy",
    ),
    (
        "queues",
        lambda desk: desk.dead_letters.waiting.update(Actions=[DeadLetter("1", "h", "{}")]),
        "1 in the dead-letter queue",
        "yuchi redrive actions",
    ),
    ("functions", _function("ProcessEvent", None), "the function is not there", "deploy"),
    ("functions", _function("ProcessEvent", FunctionHealth("Failed", {})), "its state is Failed", "Lambda console"),
    (
        "functions",
        _function("ProcessEvent", FunctionHealth("Active", {"arn:q": "Disabled"})),
        "its event source is off",
        "--enabled",
    ),
    (
        "schedules",
        lambda desk: desk.inspection.timed.update({"yuchi-FireTimers": [("rate(1 minute)", False)]}),
        "FireTimers  no schedule calls it",
        "EventBridge",
    ),
    ("accounts", lambda desk: desk.accounts.kept.clear(), "its secrets cannot be read", "yuchi account add --id tea"),
    ("accounts", _secrets(encoding_aes_key=None), "needs an EncodingAESKey", "yuchi account rotate tea"),
    (
        "accounts",
        _account(settings=AccountSettings(webhook_hosts=("crm.example.com",))),
        "no secret to sign",
        "--webhook-secret",
    ),
    ("tokens", _token(code=40164, address="203.0.113.7", **HELD), "40164", "put 203.0.113.7 into the IP whitelist"),
    ("tokens", _token(code=89503, **HELD), "89503", "IP whitelist"),
    ("tokens", _token(code=40125, **HELD), "errcode 40125", "wrong appid or AppSecret"),
    ("tokens", _token(**HELD), "WeChat could not be reached", "refresh_tokens"),
    ("tokens", _token(good_until=NOW + timedelta(minutes=1)), "it has no access token", "refresh_tokens"),
    ("callbacks", _inspection(shaken=Handshake(status=None)), "cannot be reached", "API"),
    ("callbacks", _inspection(shaken=Handshake(status=403)), "answers 403 and no echo", "receive_callback"),
    (
        "rules",
        lambda desk: desk.publish({"rule_id": "bad", "on": "menu.clickd"}),
        "1 rule is invalid: bad",
        "yuchi rules list --status invalid",
    ),
    ("rules", _unreviewed, "1 rules were edited and not reviewed: late", "yuchi redrive edits"),
    ("rules", _stale, "1 say they are live, 0 are published", "yuchi redrive edits --all"),
    ("alarms", _inspection(subscribed=(0, 1)), "not confirmed", "mail"),
    ("alarms", _inspection(rings=("yuchi-dev-TokenStorm",)), "TokenStorm  the alarm rings", "runbooks"),
]


@pytest.mark.parametrize(("check", "change", "told", "mend"), WRONG, ids=[each[2] for each in WRONG])
def test_what_is_wrong_is_found_with_its_remedy(
    check: str, change: Callable[[FakeDesk], None], told: str, mend: str
) -> None:
    desk = well()
    change(desk)
    outcome = run(desk, "doctor", "--only", check)
    assert outcome.status == 1
    said, remedy = next(
        (line, after)
        for line, after in zip(outcome.out.splitlines(), outcome.out.splitlines()[1:], strict=False)
        if line.startswith("✗") and told in line
    )
    assert said
    assert "→" in remedy
    assert mend in remedy
    assert run(well(), "doctor", "--only", check).status == 0


@pytest.mark.parametrize(
    ("check", "change", "told"),
    [
        (
            "tables",
            _table("Ledger", TableHealth("ACTIVE", recoverable=False, streams=False)),
            "point-in-time recovery is off",
        ),
        ("accounts", _account(mode=PushMode.PLAIN), "plain mode"),
        ("accounts", _secrets(**PREVIOUS), "the values of the last rotation"),
        ("alarms", _inspection(subscribed=(0, 0)), "nobody is subscribed"),
    ],
)
def test_hints_are_no_failure(check: str, change: Callable[[FakeDesk], None], told: str) -> None:
    desk = well()
    change(desk)
    outcome = run(desk, "doctor", "--only", check)
    assert outcome.status == 0
    assert any(line.startswith("!") and told in line for line in outcome.out.splitlines())


def test_in_china_a_403_is_the_filing() -> None:
    desk = well("cn-north-1")
    desk.inspection.shaken = Handshake(status=403)
    assert "AWS China needs an ICP filing" in run(desk, "doctor", "--only", "callbacks").out


def test_the_fixed_address_is_named_where_there_is_one() -> None:
    desk = well()
    desk.facts = replace(desk.facts, outputs={**desk.facts.outputs, "EgressAddress": "203.0.113.9"})
    desk.tokens.answers["tea"] = TokenStatus(held_until=NOW, code=40164)
    out = run(desk, "doctor", "--only", "tokens").out
    assert "put 203.0.113.9 into" in out
    assert "FixedEgress" not in out


def test_an_invalid_rule_that_nobody_reviewed_waits_for_the_reviewer() -> None:
    desk = well()
    _unreviewed(desk)
    run(desk, "doctor", "--only", "rules")
    assert desk.waited == 10.0
    desk.reviewer_is_up = True
    assert run(desk, "doctor", "--only", "rules").status == 0


def test_a_check_that_cannot_be_made_stops_no_other() -> None:
    desk = well()
    desk.inspection.subscribed = UnavailableError("AccessDeniedException")
    desk.tokens.answers["tea"] = UnavailableError("FunctionError")
    outcome = run(desk, "doctor")
    assert outcome.status == 1
    assert outcome.out.count("?") == 2
    assert "AccessDeniedException" in outcome.out
    assert "0 to mend, 2 could not be looked at." in outcome.out


def test_no_account_yet() -> None:
    outcome = run(FakeDesk(), "doctor")
    assert "there is no account yet" in outcome.out
    assert "add one: yuchi account add" in outcome.out


def test_for_programs_in_chinese_and_wrong_words() -> None:
    desk = well()
    desk.inspection.shaken = Handshake(status=500)
    findings = json.loads(run(desk, "doctor", "--json", "--locale", "zh").out)
    (bad,) = [each for each in findings if each["level"] == "bad"]
    assert bad["said"].startswith("回调答了 500")
    outcome = run(desk, "doctor", "--only", "weather")
    assert outcome.status == 2
    assert f"one of: {', '.join(CHECKS)}" in outcome.err


def test_no_secret_is_shown() -> None:
    for outcome in (run(well(), "doctor"), run(well(), "doctor", "--json")):
        assert "t" * 32 not in outcome.all
        assert "s" * 32 not in outcome.all
