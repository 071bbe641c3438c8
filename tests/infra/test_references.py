import copy
from typing import Any

import pytest

from tests.infra.references import Templates, dangling, read
from tests.infra.system import ROOT


@pytest.fixture(scope="module")
def decoded() -> Templates:
    return read(ROOT)


def test_every_reference_points_somewhere(decoded: Templates) -> None:
    assert list(dangling(decoded)) == []


@pytest.mark.parametrize(
    ("stack", "path", "value"),
    [
        ("", "ProcessEvent/Properties/Environment/Variables/LIVE_TABLE", {"Fn::GetAtt": ["Storage", "Outputs.Lives"]}),
        ("", "ProcessEvent/Properties/Events/Events/Properties/Queue", {"Fn::GetAtt": ["Queues", "Outputs.EventArn"]}),
        ("", "FireTimersRole/Properties/RoleName", {"Fn::Sub": "${Storage.Outputs.Rule}"}),
        ("", "FireTimersRole/Properties/RoleName", {"Fn::Sub": ["${A}${Sage}", {"A": "x"}]}),
        ("", "Network/Condition", "HasNetwork"),
        ("", "ApiStage/DependsOn", ["PullRoute"]),
        ("", "Access/Properties/Parameters/RuleArn", "x"),
        ("", "Storage/Properties/Parameters", {}),
        ("Queues", "Events/Properties/RedrivePolicy/deadLetterTargetArn", {"Fn::GetAtt": ["DeadLetters", "Arn"]}),
        ("Watch", "TokenStorm/Properties/AlarmDescription", {"Fn::FindInMap": ["Texts", "TokenStorm", "zh"]}),
        ("Watch", "TokenStorm/Properties/AlarmActions", [{"Ref": "Topics"}]),
    ],
)
def test_a_reference_to_nowhere_is_found(decoded: Templates, stack: str, path: str, value: Any) -> None:
    bad = copy.deepcopy(decoded)
    *parents, last = path.split("/")
    place: Any = bad[stack]["Resources"]
    for name in parents:
        place = place[name]
    place[last] = value
    assert list(dangling(bad))
