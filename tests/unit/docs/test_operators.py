"""The guide for operators knows every alarm, output and error."""

import re

from docs.making import alarms, errors
from docs.making.templates import read_template
from tests.unit.docs.pages import headings, read
from yuchi.adapters.wechat.errors import AnswerMeaning

RUNBOOKS = read("docs/operators/runbooks.md")


def without_runbook(runbooks: str) -> list[str]:
    sections = {words for _, words in headings(runbooks)}
    return [name for name in alarms.alarms() if alarms.runbook_of(name) not in sections]


def test_every_alarm_has_a_runbook() -> None:
    assert without_runbook(RUNBOOKS) == []


def test_an_alarm_without_a_runbook_is_noticed() -> None:
    assert without_runbook(RUNBOOKS.replace("## TokenStorm", "## Something")) == ["TokenStorm"]


def test_no_runbook_is_for_an_alarm_that_is_gone() -> None:
    known = {alarms.runbook_of(name) for name in alarms.alarms()}
    named_like_alarms = {words for _, words in headings(RUNBOOKS) if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", words)}
    assert named_like_alarms == known


def test_outputs_and_parameters_that_pages_name_exist() -> None:
    template = read_template("template.yaml")
    named = set(re.findall(r"\$\(output (\w+)\)", RUNBOOKS))
    assert named
    assert named <= set(template["Outputs"])
    for page in ("README.md", "docs/operators/deploy.md", "docs/operators/rights.md"):
        assert set(re.findall(r"outputs? `(\w+)`", read(page))) <= set(template["Outputs"])


def test_every_outcome_of_a_call_is_explained() -> None:
    assert set(errors.OUTCOMES) == set(AnswerMeaning)
