import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.call_webhook import app

ROOT = Path(__file__).parents[2]
CONTEXT: Any = SimpleNamespace(
    function_name="call_webhook", memory_limit_in_mb=256, invoked_function_arn="arn", aws_request_id="1"
)
CALL = {
    "url": "http://hooks.example.com/secret-path?key=secret-query",
    "headers": {"webhook-id": "e1:r1:0", "webhook-signature": "v1,secret-signature"},
    "body": '{"phone": "secret-body"}',
    "allowed_hosts": ["hooks.example.com"],
    "timeout_seconds": 3,
}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler: Any = app.logger.registered_handler
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def test_a_call_is_answered_and_logged_without_its_content(log: io.StringIO) -> None:
    assert app.handler(CALL, CONTEXT) == {"outcome": "refused", "status": None, "reason": "scheme_not_allowed"}
    line = json.loads(log.getvalue())
    assert (line["outcome"], line["reason"], line["webhook_id"]) == ("refused", "scheme_not_allowed", "e1:r1:0")
    assert "secret" not in log.getvalue()


@pytest.mark.parametrize("event", [{}, {"url": 7}, CALL | {"more": "secret"}, CALL | {"headers": {"host": "secret"}}])
def test_what_is_not_a_call_is_refused(log: io.StringIO, event: dict[str, Any]) -> None:
    assert app.handler(event, CONTEXT) == {"outcome": "refused", "status": None, "reason": "call_invalid"}
    assert "secret" not in log.getvalue()


def test_the_event_is_not_logged_even_where_the_environment_asks_for_it(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    app.handler(CALL, CONTEXT)
    assert "secret" not in log.getvalue()


def test_it_starts_with_an_empty_environment_and_without_any_aws_client() -> None:
    program = (
        "import sys; from functions.call_webhook import app\n"
        "print([name for name in ('boto3', 'requests', 'wechatpy', 'yuchi.bootstrap') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core'}"},
    )
    assert done.stdout.strip() == "[]"
