"""Marketers of one brand reach that brand's rules and nothing else."""

from collections.abc import Collection

import pytest

from tests.infra.house_rules import as_list
from tests.infra.planted import DROP, Fault
from tests.infra.system import CHINA, Json, Resource, System

RULES = "{Storage.Rules.Arn}"
POLICY = "Access.BrandMarketersPolicy"
BRAND = "${aws:PrincipalTag/yuchi-brand}"
ITEMS = ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem")
STATEMENT = "BrandMarketersPolicy/Properties/PolicyDocument/Statement/0"


def reaches(policy: Resource, action: str, keys: Collection[str], *, tag: str | None) -> bool:
    """Whether the policy allows an action on ``keys`` of Rules to somebody with that tag, as IAM evaluates it."""
    return any(
        statement["Effect"] == "Allow"
        and f"dynamodb:{action}" in as_list(statement["Action"])
        and RULES in as_list(statement["Resource"])
        and holds(statement.get("Condition", {}), keys, tag)
        for statement in policy.get("PolicyDocument", "Statement")
    )


def holds(condition: Json, keys: Collection[str], tag: str | None) -> bool:
    for operator, tests in condition.items():
        ((name, expected),) = tests.items()
        assert name == "dynamodb:LeadingKeys"
        if operator == "Null":
            if (expected == "true") == bool(keys):
                return False
        else:
            assert operator == "ForAllValues:StringEquals"
            # A variable that has no value matches nothing.
            known = {tag if each == BRAND else each for each in expected} - {None}
            if not set(keys) <= known:
                return False
    return True


@pytest.mark.parametrize("region", ["eu-west-1", CHINA])
def test_one_brand_is_open_and_others_are_not(system: System, region: str) -> None:
    assert leaks(system.in_region(region)) == []
    policy = system.in_region(region).resources[POLICY]
    assert all(reaches(policy, action, ["tea"], tag="tea") for action in ITEMS)


def leaks(system: System) -> list[str]:
    """What somebody of the brand ``tea``, or without a tag, may do and should not."""
    policy = system.resources[POLICY]
    found = [f"{action} of another" for action in ITEMS if reaches(policy, action, ["tea", "coffee"], tag="tea")]
    found += [f"{action} without a tag" for action in ITEMS if reaches(policy, action, ["tea"], tag=None)]
    found += [f"{action} without keys" for action in (*ITEMS, "Scan") if reaches(policy, action, [], tag="tea")]
    return found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{STATEMENT}/Condition", DROP),
        (f"{STATEMENT}/Condition/Null", DROP),
        (f"{STATEMENT}/Condition/ForAllValues:StringEquals", {"dynamodb:LeadingKeys": [BRAND, "coffee"]}),
        (
            "BrandMarketersPolicy/Properties/PolicyDocument/Statement/1/Action",
            ["dynamodb:DescribeTable", "dynamodb:Scan"],
        ),
    ],
)
def test_a_leak_is_found(templates: dict[str, Json], path: str, value: object) -> None:
    assert leaks(System(Fault(0, "", "Access", path, value).plant(templates)))


def test_it_denies_what_the_policy_for_all_brands_denies(system: System) -> None:
    def denied(name: str) -> list[Json]:
        statements = system.resources[name].get("PolicyDocument", "Statement")
        return [each for each in statements if each["Effect"] == "Deny"]

    assert denied(POLICY) == denied("Access.MarketersPolicy") != []
