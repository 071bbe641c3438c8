"""Handlers as Lambda starts and reads them."""

import importlib.util
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from tests.infra.system import System, read_templates

ROOT = Path(__file__).parents[2]
CONTEXT: Any = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=256,
    invoked_function_arn="arn",
    aws_request_id="1",
    get_remaining_time_in_millis=lambda: 30_000,
)
RUNTIME = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "k",
    "AWS_SECRET_ACCESS_KEY": "s",
}


@cache
def template() -> System:
    return System(read_templates())


def environment_of(function: str) -> dict[str, str]:
    """What the template gives the function."""
    variables = template().function(function).get("Environment", "Variables") or {}
    return {name: str(value) for name, value in variables.items()}


def start(function: str, environment: Mapping[str, str]) -> ModuleType:
    """A cold start with exactly this environment."""
    spec = importlib.util.spec_from_file_location(f"{function}_app", ROOT / "functions" / function / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with patch.dict(os.environ, {**RUNTIME, **environment}, clear=True):
        spec.loader.exec_module(module)
    return module


@cache
def app_of(function: str) -> Any:
    """The function, started once as the template configures it. Tests put a fake in the place of its use case."""
    return start(function, environment_of(function))


def record(identifier: str, body: str) -> dict[str, Any]:
    """One SQS record."""
    return {"messageId": identifier, "body": body, "eventSource": "aws:sqs", "attributes": {}}


def as_lambda_reads(answer: Any, identifiers: Iterable[str]) -> set[str]:
    """Which messages AWS delivers again after ``answer`` (Lambda guide: partial batch responses).

    Nothing, an empty object or list mean success; anything malformed means that all failed.
    """
    everything = set(identifiers)
    if answer is None or answer == {}:
        return set()
    if not isinstance(answer, dict) or not isinstance(answer.get("batchItemFailures"), list | None):
        return everything
    if "batchItemFailures" not in answer:
        return set()
    again = set()
    for failure in answer["batchItemFailures"] or []:
        if not isinstance(failure, dict) or failure.get("itemIdentifier") not in everything:
            return everything
        again.add(failure["itemIdentifier"])
    return again
