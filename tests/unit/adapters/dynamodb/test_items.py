import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yuchi.adapters.dynamodb.items import from_item, from_wire, to_item, to_wire

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(-1e36, 1e36).filter(lambda number: number == 0 or abs(number) > 1e-128)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1), inner, max_size=4),
    max_leaves=12,
)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, int | float) and not isinstance(other, bool):
        return math.isclose(one, other)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return type(one) is type(other) and one == other


@given(JSON)
def test_every_json_value_comes_back(value: Any) -> None:
    assert same(value, from_wire(to_wire(value)))


def test_sets_come_back_as_lists() -> None:
    assert from_item({"a": {"SS": ["x"]}, "b": {"NS": ["1", "2.5"]}, "c": {"B": b"\0"}}) == {
        "a": ["x"],
        "b": [1, 2.5],
        "c": b"\0",
    }


def test_bytes_and_tuples_have_a_type_and_objects_have_none() -> None:
    assert to_item({"a": b"x", "b": (1,)}) == {"a": {"B": b"x"}, "b": {"L": [{"N": "1"}]}}
    with pytest.raises(TypeError, match="set has no DynamoDB type"):
        to_wire({1})


@pytest.mark.parametrize("number", [10**38, -(10**40), 1e300, 1e-200, -1e-200, math.inf, -math.inf, math.nan])
def test_a_number_that_dynamodb_refuses_is_kept_as_text(number: float) -> None:
    assert to_wire(number) == {"S": repr(number)}


@pytest.mark.parametrize("number", [0, 0.0, 10**36, 1e36, 1e-100, -1.5, 2**63])
def test_other_numbers_stay_numbers(number: float) -> None:
    assert to_wire(number) == {"N": repr(number)}


def test_an_empty_name_gets_one_that_dynamodb_takes() -> None:
    assert from_item(to_item({"said": {"": 1, "a": 2}})) == {"said": {"-": 1, "a": 2}}
