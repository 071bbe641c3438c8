"""Where the index files a rule: what must be true for its condition to hold, read off the tree.

An **atom** is one test that the index can answer for all rules at once: ``[kind, path, value]``, and the methods between
field and test as a fourth part (``["is", ["event", "content"], "退订", ["trim"]]``). Its kinds:

- ``is``: the field equals the value (text, number, boolean)
- ``in``: the value is an element of the list, or a key of the map
- ``starts``, ``ends``, ``word``: the text begins with, ends with, contains the value
- ``>``, ``>=``, ``<``, ``<=``: the number is on that side of the value

A **group** is a list of atoms of which at least one must hold; an access holds groups that must all be true, so that the
index may file the rule under whichever is rarest: ``{"groups": [[atom, ...], ...], "check": ...}``.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from yuchi.domain.language.tree import And, Binary, Call, ListOf, Literal, Node, Or, Select, path_of
from yuchi.domain.language.values import ORDER_MIRRORED

Atom = list[Any]
Group = list[Atom]

_MAX_GROUPS: Final = 8
_VERSION: Final = 1
"""Raised when atoms change their meaning, so that accesses in the store are worked out anew."""
_TEXT_TESTS: Final = {"contains": "word", "startsWith": "starts", "endsWith": "ends"}
_TRANSFORMS: Final = frozenset({"lowerAscii", "trim"})
ORDERS: Final = frozenset({">", ">=", "<", "<="})
_RANKS: Final = {"is": 0, "in": 1, "starts": 2, "ends": 2, "word": 3}
_RANK_OF_FLAG: Final = 8
_RANK_OF_ORDER: Final = 9


def access_of(tree: Node, text: str) -> dict[str, Any] | None:
    """How to file the condition ``tree``, parsed from ``text``; None where the index cannot help. JSON values only."""
    groups = _groups(tree)[:_MAX_GROUPS]
    return {"groups": groups, "check": checksum(text, groups)} if groups else None


def checksum(text: str, groups: Any) -> int:
    """Ties an access to its condition, so that a stale or damaged one is noticed: a wrong filing would hide a rule."""
    return zlib.crc32(f"{_VERSION}\0{text}\0{groups!r}".encode("utf-8", "surrogatepass"))


def groups_of(access: Any, text: str) -> list[Group] | None:
    """The groups of a stored ``access`` of the condition ``text``, or None where it is none or does not belong to it."""
    groups = access.get("groups") if isinstance(access, dict) else None
    if not isinstance(groups, list) or not groups or access.get("check") != checksum(text, groups):
        return None
    return groups


def _groups(node: Node) -> list[Group]:
    find = _FINDERS.get(type(node))
    return [] if find is None else find(node)


def _of_and(node: And) -> list[Group]:
    return [group for part in node.parts for group in _groups(part)]


def _of_or(node: Or) -> list[Group]:
    united: Group = []
    for part in node.parts:
        groups = _groups(part)
        if not groups:
            return []
        united.extend(min(groups, key=_rank))
    return [united]


def _rank(group: Iterable[Atom]) -> tuple[int, int]:
    """Which group of a branch of an OR is likely the rarest."""
    ranks = [_RANK_OF_FLAG if isinstance(atom[2], bool) else _RANKS.get(atom[0], _RANK_OF_ORDER) for atom in group]
    return max(ranks), len(ranks)


def _of_comparison(node: Binary) -> list[Group]:
    left, operator, right = node.left, node.operator, node.right
    if operator == "in":
        return _of_membership(left, right)
    if isinstance(left, Literal):
        left, operator, right = right, ORDER_MIRRORED.get(operator, ""), left
    if operator == "!=" or operator not in ORDER_MIRRORED or not isinstance(right, Literal):
        return []
    kind = "is" if operator == "==" else operator
    value = right.value
    if isinstance(value, bool | str) and kind != "is":
        return []
    return _one(kind, left, value) if isinstance(value, bool | str | int | float) else []


def _of_membership(element: Node, container: Node) -> list[Group]:
    if isinstance(element, Literal):
        return _one("in", container, element.value) if isinstance(element.value, str | int | float | bool) else []
    if not isinstance(container, ListOf) or not container.items:
        return []
    group: Group = []
    for item in container.items:
        atoms = _one("is", element, item.value) if isinstance(item, Literal) and _is_scalar(item.value) else []
        if not atoms:
            return []
        group.extend(atoms[0])
    return [group]


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float)


def _of_call(node: Call) -> list[Group]:
    text, part = node.arguments[0], node.arguments[-1]
    if node.function == "containsAny" and isinstance(part, ListOf) and part.items:
        words = [item.value for item in part.items if isinstance(item, Literal) and isinstance(item.value, str)]
        if len(words) < len(part.items) or not all(words):
            return []
        found = [_one("word", text, word) for word in words]
        return [[atom for groups in found for atom in groups[0]]] if all(found) else []
    kind = _TEXT_TESTS.get(node.function)
    if kind is None or not isinstance(part, Literal) or not isinstance(part.value, str) or not part.value:
        return []
    return _one(kind, text, part.value)


def _of_flag(node: Select) -> list[Group]:
    """A field that stands alone as a condition."""
    return _one("is", node, value=True)


def _one(kind: str, field: Node, value: Any) -> list[Group]:
    methods: list[str] = []
    while isinstance(field, Call) and field.function in _TRANSFORMS:
        methods.insert(0, field.function)
        field = field.arguments[0]
    path = path_of(field)
    if path is None or not path[1:]:
        return []
    atom: Atom = [kind, list(path), value]
    return [[[*atom, methods] if methods else atom]]


_FINDERS: Final[Mapping[type[Node], Callable[[Any], list[Group]]]] = {
    And: _of_and,
    Or: _of_or,
    Binary: _of_comparison,
    Call: _of_call,
    Select: _of_flag,
}
