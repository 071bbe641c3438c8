import pytest

from tests.infra.house_rules import HOUSE_RULES
from tests.infra.planted import FAULTS, Fault
from tests.infra.system import Json, System


@pytest.mark.parametrize(
    "number", HOUSE_RULES, ids=[f"{number}-{rule.__name__}" for number, rule in HOUSE_RULES.items()]
)
@pytest.mark.parametrize("fixed_egress", ["false", "true"])
def test_the_template_keeps_the_rule(templates: dict[str, Json], number: int, fixed_egress: str) -> None:
    system = System(templates, parameters={"FixedEgress": fixed_egress})
    assert list(HOUSE_RULES[number](system)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule}-{fault.name}".replace(" ", "-"))
def test_the_rule_finds_the_planted_fault(templates: dict[str, Json], fault: Fault) -> None:
    assert list(HOUSE_RULES[fault.rule](System(fault.plant(templates))))


def test_every_rule_has_a_planted_fault() -> None:
    assert len(HOUSE_RULES) == 21
    assert {fault.rule for fault in FAULTS} == set(HOUSE_RULES)
