"""T2: the pipeline under everything at once; the twins must be found in at most 200 examples."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reliability.machine import CountPerDelivery, EagerOutbox, LedgerByDelivery, NoArbiter, Pipeline

CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SHORT = settings(max_examples=150, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=CALM)
LONG = settings(max_examples=1_000, stateful_step_count=60, deadline=None, suppress_health_check=CALM, database=None)
TWIN = settings(SHORT, max_examples=200, phases=[Phase.generate], report_multiple_bugs=False)


def test_nothing_is_doubled_lost_or_told_wrong() -> None:
    run_state_machine_as_test(Pipeline, settings=SHORT)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
def test_nothing_is_doubled_lost_or_told_wrong_in_many_more_histories() -> None:
    run_state_machine_as_test(Pipeline, settings=LONG)


@pytest.mark.parametrize(
    ("twin", "promise"),
    [
        (LedgerByDelivery, r"a\)|h\)"),
        (CountPerDelivery, "counted"),
        (EagerOutbox, r"\w\)"),
        (NoArbiter, r"l\)"),
    ],
)
def test_twins_are_found(twin: type[Pipeline], promise: str) -> None:
    with pytest.raises(AssertionError, match=promise):
        run_state_machine_as_test(twin, settings=TWIN)
