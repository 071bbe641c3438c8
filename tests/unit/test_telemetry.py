"""The line of metrics that each invocation leaves in the log."""

import json
from pathlib import Path

import pytest

from yuchi.telemetry import GATHER_SECONDS, GATHERED, EmfMetrics


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_counts_are_added_up_and_leave_as_one_line_of_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics("process_event", namespace="Yuchi/dev")
    for name, value in (("EventDuplicate", 1), ("TagGiven", 2), ("EventDuplicate", 1), ("EventFailed", 0)):
        metrics.count(name, value)
    metrics.flush()
    (line,) = lines(capsys)
    described = line.pop("_aws")
    assert line == {"service": "process_event", "EventDuplicate": 2, "TagGiven": 2}
    assert isinstance(described, dict)
    assert described["CloudWatchMetrics"] == [
        {
            "Namespace": "Yuchi/dev",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": "EventDuplicate"}, {"Name": "TagGiven"}],
        }
    ]
    assert described["Timestamp"] > 1_600_000_000_000  # milliseconds


def test_nothing_counted_leaves_no_line_and_nothing_is_counted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics("process_event", namespace="Yuchi/dev")
    metrics.flush()
    metrics.count("EventDuplicate")
    metrics.flush()
    metrics.flush()
    assert len(lines(capsys)) == 1


def test_what_nearly_each_event_counts_is_written_once_a_minute_and_along_with_anything_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    metrics = EmfMetrics("process_event", namespace="Yuchi/dev", monotonic=lambda: now[0])

    def invocation(*names: str, after: float) -> list[object]:
        now[0] += after
        for name in names:
            metrics.count(name)
        metrics.flush()
        return [line.get("RuleMatched", 0) for line in lines(capsys)]

    assert invocation("RuleMatched", after=0) == [1]  # the first of a container
    assert invocation("RuleMatched", "TagGiven", after=GATHER_SECONDS - 1) == []
    assert invocation("RuleMatched", after=1) == [2]
    assert invocation("RuleMatched", after=1) == []
    assert invocation("EventFailed", after=1) == [1]  # what somebody may be alarmed by does not wait
    assert invocation(after=GATHER_SECONDS) == []


def test_no_alarm_waits_for_what_is_gathered() -> None:
    alarms = (Path(__file__).parents[2] / "infra" / "watch.yaml").read_text(encoding="utf-8")
    assert [name for name in GATHERED if name in alarms] == []
    assert "SendUnknown" in alarms
