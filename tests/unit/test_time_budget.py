"""Numbers of the template and of the code that have to add up, or messages end among the dead letters untried."""

from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from yuchi.adapters.wechat.transport import TIMEOUT
from yuchi.bootstrap import INVOKE_TIMEOUTS, Application
from yuchi.services.perform_action import RESERVE_SECONDS
from yuchi.settings import Settings

TEMPLATE = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text(encoding="utf-8"))
PERFORM: dict[str, Any] = TEMPLATE["Resources"]["PerformAction"]["Properties"]


def test_a_full_batch_is_begun_even_when_wechat_answers_each_at_the_last_moment() -> None:
    batch = PERFORM["Events"]["Actions"]["Properties"]["BatchSize"]
    assert PERFORM["Timeout"] - (batch - 1) * TIMEOUT > RESERVE_SECONDS


def test_what_a_message_reserves_is_enough_to_wait_for_a_token_and_for_wechat() -> None:
    settings: Any = INVOKE_TIMEOUTS
    waiting = settings.retries["total_max_attempts"] * (settings.connect_timeout + settings.read_timeout)
    assert waiting + TIMEOUT < RESERVE_SECONDS < PERFORM["Timeout"]


def test_functions_wait_for_functions_by_those_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = Application(Settings()).client("lambda").meta.config
    assert (config.read_timeout, config.retries["total_max_attempts"]) == (6, 2)
