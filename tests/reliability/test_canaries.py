"""T23: secrets and personal data planted everywhere; whatever goes to a log, a metric or an exception holds none of it."""

import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from pydantic import ValidationError

from tests.fakes.world import rule
from tests.functions.support import CONTEXT, app_of, record
from tests.reliability.crash import EVERYWHERE, Killed, points
from tests.reliability.platforms import AT_WECHAT
from tests.reliability.queue_model import FifoQueue
from tests.reliability.system import ACCESS_TOKEN, HOST, SECRETS, System, text_push
from tests.unit.adapters.wechat import sealing
from yuchi.domain.account import AccountSecrets
from yuchi.domain.profile import Profile
from yuchi.services.ports import EventMessage

FAN = "o-canary-5f2e9a"
PHONE, ADDRESS = "13800138000", "canary-lane-7"
CONTENT = f"{PHONE} {ADDRESS}"
KEYS = (
    ACCESS_TOKEN,
    sealing.TOKEN,
    sealing.KEY,
    *(secret.get_secret_value() for _, secret in SECRETS if secret is not None),
    "Y2FuYXJ5LW9mLXRoZS13ZWJob29rLXNlY3JldA",
)
CANARIES = (*KEYS, FAN, PHONE, ADDRESS)

WEBHOOK = {"webhook": {"url": f"https://{HOST}/in?key={ADDRESS}", "data": {"电话": "{{event.key}}"}}}
RULES = (
    rule("hello", "message.text", ["tag 来过", "set 地址 = {{event.content}}", "reply 收到 {{event.content}}"]),
    rule("click", "menu.clicked", ["send {{event.key}}", WEBHOOK]),
)


@dataclass
class Trap:
    """What would reach the log of a function."""

    text: list[str] = field(default_factory=list)

    def hits(self, canaries: tuple[str, ...] = CANARIES) -> list[str]:
        everything = "\n".join(self.text)
        return [canary for canary in canaries if canary in everything]


class Everything(logging.Handler):
    """Each record with all that it carries, formatted or not."""

    def __init__(self, trap: Trap) -> None:
        super().__init__(logging.DEBUG)
        self.trap = trap

    def emit(self, entry: logging.LogRecord) -> None:
        self.trap.text.append(f"{entry.getMessage()} {entry.__dict__}")
        if entry.exc_info:
            self.trap.text += traceback.format_exception(*entry.exc_info)


@contextmanager
def trapped() -> Iterator[Trap]:
    trap, out, root = Trap(), io.StringIO(), logging.getLogger()
    handler, level = Everything(trap), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(out), redirect_stderr(out):
            yield trap
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        trap.text.append(out.getvalue())


def call(trap: Trap, handler: Callable[[dict[str, Any], Any], Any], event: dict[str, Any]) -> Any:
    """As the runtime calls it: what is raised is written to the log, with its frames and its causes."""
    try:
        return handler(event, CONTEXT)
    except Killed:
        return None
    except Exception as error:  # noqa: BLE001 - the runtime logs them all
        trap.text += traceback.format_exception(error)
        return None


def functions(system: System, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The real handlers on the system, metrics and loggers included."""
    apps = {name: app_of(name) for name in ("receive_callback", "process_event", "perform_action")}
    use_cases: tuple[Any, ...] = (system.callback, system.process, system.perform)
    for name, use_case in zip(apps, use_cases, strict=True):
        metrics = apps[name].application.metrics
        monkeypatch.setattr(apps[name], name, replace(use_case, metrics=metrics))
    return apps


def batch(queue: FifoQueue[Any]) -> dict[str, Any]:
    return {"Records": [record(str(each.number), each.body) for each in queue.receive()]}


def request(system: System) -> dict[str, Any]:
    encrypted = sealing.aes(sealing.pad(sealing.frame(text_push(system, CONTENT, fan=FAN).encode())))
    query = sealing.safe_query(encrypted, timestamp=str(int(system.now.timestamp())))
    return {
        "pathParameters": {"account": system.account.id},
        "rawQueryString": "&".join(f"{name}={value[0]}" for name, value in query.items()),
        "requestContext": {"http": {"method": "POST"}},
        "body": sealing.envelope(encrypted).decode(),
    }


def play(system: System, apps: dict[str, Any], trap: Trap) -> None:
    """A text through the callback, a click, and everything that follows, twice."""
    system.push("menu.clicked", fan=FAN, key=CONTENT)
    for _ in range(2):
        call(trap, apps["receive_callback"].handler, request(system))
        call(trap, apps["process_event"].handler, batch(system.events))
        call(trap, apps["perform_action"].handler, batch(system.actions))
        system.pass_time(seconds=200)


def test_faults_at_any_call_leave_no_trace_of_secrets_or_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = System(*RULES)
    with trapped() as trap:
        play(whole, functions(whole, monkeypatch), trap)
        for faults, applies in ((EVERYWHERE, ""), (AT_WECHAT, "wechat.")):
            for point, _, fault in points(whole.gate.names, faults):
                if whole.gate.names[point].startswith(applies):
                    system = System(*RULES)
                    system.gate.arm(point, fault)
                    play(system, functions(system, monkeypatch), trap)
                    assert system.gate.visited
    assert "RuleMatched" in "".join(trap.text)  # metrics were caught
    assert trap.hits() == []


@pytest.mark.parametrize("name", ["process_event", "perform_action"])
@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"event": {"id": 7, "data": {"content": CONTENT}, "subject": FAN}}),
        json.dumps({"action": CONTENT, "subject": [FAN]}),
        CONTENT,
    ],
)
def test_unreadable_messages_are_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str, body: str) -> None:
    with trapped() as trap:
        apps = functions(System(*RULES), monkeypatch)
        assert call(trap, apps[name].handler, {"Records": [record("a", body)]})["batchItemFailures"]
    assert "unreadable message" in "".join(trap.text)
    assert trap.hits() == []


def raise_quoting(*_: Any, **__: Any) -> Any:
    """What pydantic says of a stored item that it cannot read, with the item in it."""
    Profile.model_validate({"brand": "demo", "person": FAN, "version": CONTENT})


def raise_secrets(*_: Any, **__: Any) -> Any:
    values = {"token": sealing.TOKEN, "app_secret": KEYS[-2]}
    AccountSecrets.model_validate({**values, "encoding_aes_key": [sealing.KEY]})


@pytest.mark.parametrize(
    ("port", "method", "defect"),
    [
        ("people", "find", raise_quoting),
        ("people", "commit", raise_quoting),
        ("receipts", "claim", raise_quoting),
        ("ledger", "claim", raise_quoting),
        ("accounts", "secrets", raise_secrets),
        ("rulesets", "bucket", raise_quoting),
    ],
)
def test_errors_that_quote_data_are_told_without_their_text(
    monkeypatch: pytest.MonkeyPatch, port: str, method: str, defect: Callable[..., Any]
) -> None:
    with pytest.raises(ValidationError, match="input_value"):
        defect()
    system = System(*RULES)
    apps = functions(system, monkeypatch)
    with trapped() as trap:
        play(system, apps, trap)
        monkeypatch.setattr(getattr(system, port), method, defect)
        play(system, apps, trap)
    assert "ValidationError" in "".join(trap.text)
    assert trap.hits() == []


def test_dead_letters_hold_no_secrets() -> None:
    """They hold the event itself, or nobody could redrive it; the queue is encrypted and kept 14 days."""
    system = System(*RULES)
    system.push("menu.clicked", fan=FAN, key=CONTENT)
    system.drain()
    bodies = [each.body for queue in (system.events, system.actions) for each in queue.everything]
    assert bodies
    assert Trap(bodies).hits(KEYS) == []


# --- twins ---


def test_twin_a_logged_exception_of_the_http_library_shows_the_token() -> None:
    system = System(*RULES)
    with trapped() as trap:
        system.gate.arm(0, EVERYWHERE["refused"])
        try:
            system.platform.request(
                "post", "https://api.weixin.qq.com/x", params={"access_token": ACCESS_TOKEN}, data=b""
            )
        except requests.RequestException:
            logging.getLogger("twin").exception("send failed")
    assert ACCESS_TOKEN in trap.hits()


def test_twin_an_error_that_leaves_a_handler_as_it_is_shows_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    system = System(*RULES)
    handler = functions(system, monkeypatch)["process_event"].handler.__wrapped__
    monkeypatch.setattr(system.process.__class__, "process", raise_quoting)
    with trapped() as trap:
        call(trap, handler, {"Records": [record("a", message(system))]})
    assert PHONE in trap.hits()


def message(system: System) -> str:
    event = system.event("message.text", FAN, content=CONTENT)
    return EventMessage(event=event).model_dump_json(exclude_defaults=True)
