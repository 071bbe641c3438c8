"""Every function starts with what the template gives it, and says the name of what is missing."""

from pathlib import Path

import pytest

from tests.functions.support import ROOT, environment_of, start
from yuchi.settings import MissingSettingError
from yuchi.telemetry import FunctionFailedError, observed

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
OPTIONAL = {"LOCALE", "LOG_LEVEL", "WECHAT_API_URL", "LINKS_URL", "PYTHONPATH"}
NEEDED = [
    (function, name)
    for function in FUNCTIONS
    for name in environment_of(function)
    if name not in OPTIONAL and not name.startswith(("POWERTOOLS_", "AWS_", "PYTHON"))
]


def test_each_function_has_its_tests() -> None:
    tests = {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}
    assert tests >= set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_starts_as_the_template_configures_it(function: str) -> None:
    assert callable(start(function, environment_of(function)).handler)


@pytest.mark.parametrize(("function", "name"), NEEDED)
def test_a_missing_setting_is_named_at_the_start(function: str, name: str) -> None:
    environment = {key: value for key, value in environment_of(function).items() if key != name}
    with pytest.raises(MissingSettingError, match=name):
        start(function, environment)


class Owner:
    class metrics:  # noqa: N801 - stands for a module
        flushed = 0

        @classmethod
        def flush(cls) -> None:
            cls.flushed += 1


def test_a_handlers_error_says_kind_and_place_and_keeps_its_text_to_itself() -> None:
    def handler() -> None:
        raise ValueError("phone 13800001111")

    with pytest.raises(FunctionFailedError) as failed:
        observed(Owner())(handler)()  # type: ignore[arg-type]
    assert "ValueError at test_cold_start.py" in str(failed.value)
    assert "13800001111" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None
    assert Owner.metrics.flushed == 1
