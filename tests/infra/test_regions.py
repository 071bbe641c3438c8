"""The same template in AWS China, and with a fixed address."""

import re

import pytest

from tests.infra.house_rules import partition_neutral
from tests.infra.planted import Fault
from tests.infra.system import CHINA, Json, System


@pytest.mark.parametrize("region", [CHINA, "cn-northwest-1"])
def test_arns_and_domains_are_chinas_own(templates: dict[str, Json], region: str) -> None:
    system = System(templates, region=region)
    permission = system.resources["ReceiveCallbackPermission"]
    assert permission.get("SourceArn") == f"arn:aws-cn:execute-api:{region}:123456789012:{{Api}}/*/*/wechat/*"
    assert f"https://{region}.console.amazonaws.cn/" in system.outputs["DashboardUrl"]


def test_schedules_are_rules_not_scheduler_schedules(system: System) -> None:
    assert {rule.get("ScheduleExpression") for rule in system.of_type("Events::Rule")} == {
        "rate(1 minute)",
        "rate(5 minutes)",
        "rate(1 hour)",
    }
    assert not system.of_type("Scheduler::Schedule")


def test_a_literal_arn_is_found_in_a_nested_stack_too(templates: dict[str, Json]) -> None:
    fault = Fault(16, "", "Watch", "Topic/Properties/DisplayName", "arn:aws:sns:eu-west-1:1:x")
    assert list(partition_neutral(System(fault.plant(templates))))


def test_the_network_is_there_only_when_asked_for(templates: dict[str, Json]) -> None:
    plain, fixed = System(templates), System(templates, parameters={"FixedEgress": "true"})
    assert not plain.of_type("EC2::NatGateway")
    assert "EgressAddress" not in plain.outputs
    assert fixed.outputs["EgressAddress"] == "{Network.EgressAddress.PublicIp}"
    assert [each.path for each in fixed.of_type("Lambda::Function") if each.get("VpcConfig")] == ["RefreshTokens"]


def test_the_network_lets_nothing_in_and_only_https_out(templates: dict[str, Json]) -> None:
    group = System(templates, parameters={"FixedEgress": "true"}).resources["Network.SecurityGroup"]
    assert group.get("SecurityGroupIngress") is None
    assert [(rule["FromPort"], rule["ToPort"]) for rule in group.get("SecurityGroupEgress")] == [(443, 443)]


def test_alarm_mail_only_with_an_address(templates: dict[str, Json]) -> None:
    assert not System(templates).of_type("SNS::Subscription")
    (mail,) = System(templates, parameters={"AlarmEmail": "ops@example.com"}).of_type("SNS::Subscription")
    assert mail.get("Endpoint") == "ops@example.com"


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_operators_read_their_language(templates: dict[str, Json], locale: str) -> None:
    system = System(templates, parameters={"Locale": locale})
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for alarm in system.of_type("CloudWatch::Alarm"):
        assert bool(chinese.search(alarm.get("AlarmDescription"))) == (locale == "zh")
    (dashboard,) = system.of_type("CloudWatch::Dashboard")
    assert bool(chinese.search(dashboard.get("DashboardBody"))) == (locale == "zh")
