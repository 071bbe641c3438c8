"""Fields that a condition names: whether they exist, and what kind of value they hold."""

from collections.abc import Mapping

from yuchi.domain.catalogue import FieldSpec, Kind
from yuchi.domain.language import suggestions
from yuchi.domain.language.findings import Findings
from yuchi.domain.language.kinds import AnyKind
from yuchi.domain.language.names import Names
from yuchi.domain.language.tree import Node, Select
from yuchi.domain.problem import SPELLING, Severity, closest


class FieldChecker:
    """Reports to ``found`` what is wrong with the fields of the condition ``text``; ``names`` as of the whole check."""

    def __init__(self, text: str, names: Names | None, found: Findings) -> None:
        self._text = text
        self._names = names
        self._found = found

    def kind(self, node: Select, path: tuple[str, ...]) -> AnyKind:
        """The kind of what ``node`` names; ``path``: its names from the root down."""
        if self._names is None:
            return Kind.ANY
        known = self._names.fields(path[0])
        if known is None:
            return Kind.ANY
        spec = known.get(path[1])
        if spec is not None and path[2:] == ():
            return spec.kind
        chain = _chain(node)
        first = chain.pop()
        if spec is None:
            return self._unknown(self._names, path[0], path[1], first)
        inner: FieldSpec | None = spec
        kind: AnyKind = spec.kind
        while chain:
            each = chain.pop()
            if inner is not None and inner.fields:
                inner = self._inside(each, inner.fields)
                kind = inner.kind if inner else Kind.ANY
            else:
                inner, kind = None, self.below(each, kind)
        return kind

    def below(self, node: Select, kind: AnyKind) -> AnyKind:
        """The kind of a field of something of ``kind``."""
        if kind not in {Kind.MAP, Kind.ANY}:
            operand = self._text[node.operand.start : node.operand.end]
            suggestion = suggestions.for_field_inside(operand, node.field)
            self._found.report("field.inside", node.at, found=operand, kind=kind, suggestion=suggestion)
        return Kind.ANY

    def _inside(self, node: Select, known: Mapping[str, FieldSpec]) -> FieldSpec | None:
        """The part that ``node`` names of its operand, whose parts are ``known``."""
        if node.field in known:
            return known[node.field]
        operand, meant = self._text[node.operand.start : node.operand.end], closest(node.field, known)
        suggestion = f"{operand}.{meant}" if meant else ""
        self._found.report("field.unknown", node.at, found=f"{operand}.{node.field}", suggestion=suggestion)
        return None

    def _unknown(self, names: Names, root: str, name: str, node: Select) -> AnyKind:
        elsewhere = names.elsewhere(root)
        found = f"{root}.{name}"
        if name in elsewhere:
            types = "、".join(names.event_types[:3])
            self._found.report("field.foreign", node.at, found=found, types=types, severity=Severity.HINT)
            return elsewhere[name].kind
        known = names.fields(root) or {}
        if root == "profile":
            meant = closest(name, known, cutoff=SPELLING)
            attribute = suggestions.attribute(name)
            suggestion = f"profile.{meant}" if meant else attribute
            self._found.report("field.attribute", node.at, found=found, attribute=attribute, suggestion=suggestion)
            return Kind.ANY
        meant = closest(name, known) or closest(name, elsewhere)
        self._found.report("field.unknown", node.at, found=found, suggestion=f"{root}.{meant}" if meant else "")
        return Kind.ANY


def _chain(node: Select) -> list[Select]:
    """From ``node`` to the field right below the root."""
    chain: list[Select] = []
    each: Node = node
    while isinstance(each, Select):
        chain.append(each)
        each = each.operand
    return chain
