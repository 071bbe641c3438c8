"""The alarms, and the runbook of each."""

from collections.abc import Mapping
from typing import Any, Final

from docs.making.markdown import NOTICE_EN, anchor, code, table
from docs.making.markdown import page as make_page
from docs.making.templates import read_template

_COMPARISONS: Final = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at least",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at most",
}


def page() -> str:
    """The page."""
    texts = read_template("infra/watch.yaml")["Mappings"]["Text"]
    return make_page(
        NOTICE_EN,
        _INTRODUCTION,
        table(
            ("alarm", "goes off when", "meaning", "意思"),
            (
                (
                    f"[{name}](runbooks.md#{anchor(runbook_of(name))})",
                    _condition(properties),
                    texts[text_of(properties)]["en"],
                    texts[text_of(properties)]["zh"],
                )
                for name, properties in alarms().items()
            ),
        ),
    )


def alarms() -> dict[str, dict[str, Any]]:
    """Alarm -> its properties."""
    resources = read_template("infra/watch.yaml")["Resources"]
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}


def text_of(properties: Mapping[str, Any]) -> str:
    """The name of the alarm's text: alarms of one sort share one."""
    description = properties["AlarmDescription"]
    return str(description[1] if isinstance(description, list) else description)


def runbook_of(alarm: str) -> str:
    """The heading in runbooks.md that tells what to do."""
    return text_of(alarms()[alarm])


def _condition(properties: Mapping[str, Any]) -> str:
    if "MetricName" not in properties:
        metric = "sum of the functions' errors"
    else:
        statistic = properties.get("ExtendedStatistic") or properties["Statistic"].lower()
        metric = f"{code(properties['MetricName'])} ({statistic})"
    times = properties["EvaluationPeriods"]
    period = properties.get("Period") or properties["Metrics"][1]["MetricStat"]["Period"]
    span = f"{period // 60} min" + (f", {times} times in a row" if times > 1 else "")
    return f"{metric} {_COMPARISONS[properties['ComparisonOperator']]} {properties['Threshold']} in {span}"


_INTRODUCTION: Final = """\
# Alarms

Every alarm goes to one SNS topic (output `AlarmTopicArn`, and by mail with the parameter `AlarmEmail`),
carries its meaning in the language of the parameter `Locale`, and has a runbook.
The dashboard (output `DashboardUrl`) shows the same metrics."""
