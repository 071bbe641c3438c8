"""DynamoDB's wire format to plain values and back.

boto3's own serializer turns every number into a Decimal, which neither JSON nor conditions take, and costs three times
as much; numbers here are int and float.
"""

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]
"""An item in DynamoDB's wire format: name -> {type: value}."""


def to_wire(value: Any) -> dict[str, Any]:
    """One JSON value in wire format. Raises TypeError for a type that JSON does not have.

    A number that DynamoDB cannot hold becomes its text, and an empty name a dash: what somebody told must not make an item
    one that can never be written, behind which all that is told later waits.
    """
    match value:
        case str():
            wire: dict[str, Any] = {"S": value}
        case None:
            wire = {"NULL": True}
        case bool():
            wire = {"BOOL": value}
        case int() | float():
            # 38 digits, and as small as 1e-130; neither infinity nor NaN is between these.
            wire = {"N": repr(value)} if value == 0 or 1e-129 < abs(value) < 1e37 else {"S": repr(value)}  # noqa: PLR2004 - DynamoDB's range
        case Mapping():
            wire = {"M": {name or "-": to_wire(each) for name, each in value.items()}}
        case list() | tuple():
            wire = {"L": [to_wire(each) for each in value]}
        case bytes():
            wire = {"B": value}
        case _:
            raise TypeError(f"{type(value).__name__} has no DynamoDB type")
    return wire


def to_item(values: Mapping[str, Any]) -> Item:
    """A whole item in wire format."""
    return {name: to_wire(value) for name, value in values.items()}


def from_wire(value: Mapping[str, Any]) -> Any:
    """The plain value behind one wire value. Sets become lists, in DynamoDB's order."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: from_wire(each) for name, each in content.items()}
    if kind == "L":
        return [from_wire(each) for each in content]
    if kind == "N":
        return _number(content)
    if kind == "NULL":
        return None
    if kind == "NS":
        return [_number(each) for each in content]
    return content if kind in {"S", "BOOL", "B"} else list(content)


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item as plain values."""
    return {name: from_wire(value) for name, value in item.items()}


def item_size(item: Mapping[str, Any]) -> int:
    """The bytes of an item as DynamoDB counts them, or a few more: names and texts in UTF-8, a byte for two digits of a
    number and one more, three for a list or map and one for each thing in it.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            size = len(content.encode())
        case "N":
            size = (len(content) + 1) // 2 + 1
        case "M":
            size = 3 + len(content) + item_size(content)
        case "L":
            size = 3 + len(content) + sum(map(_size, content))
        case "B":
            size = len(content)
        case _:
            size = 1
    return size


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
