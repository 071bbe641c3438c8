"""The line of metrics that each invocation leaves in the log."""

import json

import pytest

from yuchi.telemetry import EmfMetrics


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_counts_are_added_up_and_leave_as_one_line_of_the_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics("process_event", namespace="Yuchi/dev")
    for name, value in (("EventProcessed", 1), ("TagGiven", 2), ("EventProcessed", 1), ("EventFailed", 0)):
        metrics.count(name, value)
    metrics.flush()
    (line,) = lines(capsys)
    described = line.pop("_aws")
    assert line == {"service": "process_event", "EventProcessed": 2, "TagGiven": 2}
    assert isinstance(described, dict)
    assert described["CloudWatchMetrics"] == [
        {
            "Namespace": "Yuchi/dev",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": "EventProcessed"}, {"Name": "TagGiven"}],
        }
    ]
    assert described["Timestamp"] > 1_600_000_000_000  # milliseconds


def test_nothing_counted_leaves_no_line_and_nothing_is_counted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics("process_event", namespace="Yuchi/dev")
    metrics.flush()
    metrics.count("EventProcessed")
    metrics.flush()
    metrics.flush()
    assert len(lines(capsys)) == 1
