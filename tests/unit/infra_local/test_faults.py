"""Faults hit the calls they name, as often as they say."""

import pytest

from infra.local.simulator.faults import Fault, Faults

SEND = "/cgi-bin/message/custom/send"


def test_a_fault_is_over_after_its_count() -> None:
    faults = Faults()
    faults.add(Fault("errcode", path="/cgi-bin/message/*", value=45009, count=2))

    struck = [faults.strike(SEND, "shop") is not None for _ in range(3)]

    assert struck == [True, True, False]
    assert faults.strike("/cgi-bin/token", "shop") is None


def test_a_fault_of_one_account_leaves_the_others_alone() -> None:
    faults = Faults()
    faults.add(Fault("status", value=502, account="shop"))

    assert faults.strike(SEND, "other") is None
    assert faults.strike(SEND, "shop") is not None


def test_a_probability_is_kept_and_the_same_seed_has_the_same_misfortunes() -> None:
    def run() -> list[bool]:
        faults = Faults(seed=7)
        faults.add(Fault("latency", value=1, probability=0.3))
        return [faults.strike(SEND, None) is not None for _ in range(1000)]

    first = run()

    assert first == run()
    assert 250 < sum(first) < 350


def test_cleared_faults_are_gone() -> None:
    faults = Faults()
    faults.add(Fault("html"))
    faults.clear()

    assert faults.strike(SEND, None) is None


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(TypeError):
        Fault.from_json({"kind": "html", "likelihood": 1})
