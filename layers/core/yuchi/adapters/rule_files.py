"""Rules in YAML files: packs, and what ``yuchi rules push`` and ``pull`` read and write.

Plain YAML 1.1, which PyYAML speaks, reads the key ``on`` as ``True`` and ``2026-05-01`` as a date. Here only ``true``
and ``false`` are booleans and times stay texts, as in YAML 1.2.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import yaml

_BOOLEAN: Final = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")


class RuleFileError(Exception):
    """The file is no YAML list of rules. ``line`` counts from 1, None where there is none to name."""

    def __init__(self, *, line: int | None) -> None:
        super().__init__(f"not a list of rules (line {line})" if line else "not a list of rules")
        self.line = line


class _Loader(yaml.SafeLoader):
    """YAML 1.2's idea of booleans, and no times."""


class _Dumper(yaml.SafeDumper):
    """Writes what :class:`_Loader` reads back, without quotes where it needs none."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002 - PyYAML's signature
        """Indent lists below their key."""
        del indentless
        super().increase_indent(flow, indentless=False)


def read_rules(text: str) -> list[dict[str, Any]]:
    """The items in a file, as they are written there. Raises :class:`RuleFileError`."""
    try:
        content = read_yaml(text)
    except yaml.MarkedYAMLError as exc:
        raise RuleFileError(line=exc.problem_mark.line + 1 if exc.problem_mark else None) from exc
    except yaml.YAMLError as exc:
        raise RuleFileError(line=None) from exc
    if content is None:
        return []
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise RuleFileError(line=None)
    return content


def write_rules(items: Iterable[Mapping[str, Any]]) -> str:
    """Items as a file, in the order of their columns, readable Chinese, one rule after an empty line."""
    blocks = [
        yaml.dump([dict(item)], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000, indent=2)
        for item in items
    ]
    return "\n".join(blocks)


def read_yaml(text: str) -> Any:
    """Any YAML by the same reading; may raise ``yaml.YAMLError``."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader


def _adapt(kind: type[yaml.SafeLoader | yaml.SafeDumper]) -> None:
    dropped = {"tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}
    kind.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
        for first, resolvers in kind.yaml_implicit_resolvers.items()
    }
    kind.add_implicit_resolver("tag:yaml.org,2002:bool", _BOOLEAN, list("tTfF"))


for _kind in (_Loader, _Dumper):
    _adapt(_kind)
