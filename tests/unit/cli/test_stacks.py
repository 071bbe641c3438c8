"""Which stack CloudFormation names, and what `sam deploy --guided` remembered."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from yuchi.adapters.admin.stacks import StackMissingError, find_stage, local_facts, read_stack
from yuchi.cli.targets import saved_by_sam
from yuchi.services.ports import UnavailableError


def stack(name: str, stage: str) -> dict[str, Any]:
    outputs = {"ParameterPrefix": f"/yuchi/{stage}", "RulesTable": f"{name}-Rules", "ApiUrl": "https://api.example/"}
    return {
        "StackName": name,
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        "Parameters": [{"ParameterKey": "Stage", "ParameterValue": stage}],
    }


class FakeCloudFormation:
    """Stacks in a list; ``code`` is what a missing one, or any, is refused with."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self, *stacks: dict[str, Any], code: str = "ValidationError") -> None:
        self.stacks = stacks
        self.code = code

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        found = [each for each in self.stacks if each["StackName"] == StackName]
        if not found:
            raise ClientError({"Error": {"Code": self.code}}, "DescribeStacks")
        return {"Stacks": found}

    def get_paginator(self, _: str) -> Any:
        return SimpleNamespace(paginate=lambda: [{"Stacks": [each]} for each in self.stacks])


BOTH = FakeCloudFormation({"StackName": "other"}, stack("one", "dev"), stack("two", "prod"))


def test_a_stack_by_its_name_and_by_its_stage() -> None:
    assert read_stack(BOTH, "two").stage == "prod"
    facts = find_stage(BOTH, "dev")
    assert (facts.name, facts.region, facts.local) == ("one", "eu-west-1", False)
    assert facts.callback_url("tea") == "https://api.example/wechat/tea"


def test_one_that_is_not_there_is_told_from_one_that_cannot_be_seen() -> None:
    with pytest.raises(StackMissingError):
        read_stack(BOTH, "three")
    with pytest.raises(StackMissingError):
        find_stage(BOTH, "test")
    with pytest.raises(UnavailableError):
        read_stack(FakeCloudFormation(code="AccessDenied"), "yuchi")


def test_the_local_file_has_the_last_word_on_addresses() -> None:
    content = {"api_url": "http://127.0.0.1:9/", "tables": {"Rules": "local-Rules"}, "queues": {"Events": "http://q"}}
    facts = local_facts(read_stack(BOTH, "one"), content)
    assert facts.local
    assert facts.outputs["RulesTable"] == "local-Rules"
    assert facts.outputs["EventsQueue"] == "http://q"
    assert facts.callback_url("tea") == "http://127.0.0.1:9/wechat/tea"


@pytest.mark.parametrize(
    ("text", "saved"),
    [
        (
            '[default.deploy.parameters]\nstack_name = "mine"\nregion = "cn-north-1"\n',
            {"stack_name": "mine", "region": "cn-north-1"},
        ),
        ("[default.deploy.parameters]\nstack_name = 7\n", {}),
        ("[default]\n", {}),
        ("default = 1\n", {}),
        ("[", {}),
    ],
)
def test_what_sam_remembered(tmp_path: Path, text: str, saved: dict[str, str]) -> None:
    (tmp_path / "samconfig.toml").write_text(text, encoding="utf-8")
    assert saved_by_sam(tmp_path / "samconfig.toml") == saved
    assert saved_by_sam(tmp_path / "none.toml") == {}
