"""A mapping as the YAML in a source's item."""

from functools import lru_cache
from typing import Final

import yaml

from yuchi.adapters.rule_files import read_yaml
from yuchi.domain.mapping import FieldMapping, read_mapping
from yuchi.domain.problem import RuleProblem, RuleProblemError

MAX_CHARACTERS: Final = 64 * 1024


@lru_cache(maxsize=64)
def read_mapping_text(text: str) -> FieldMapping:
    """The mapping in ``text``. Raises :class:`~yuchi.domain.problem.RuleProblemError`."""
    if len(text) > MAX_CHARACTERS:
        raise RuleProblemError(
            RuleProblem("mapping.long", "映射超过 64 KB", "the mapping is longer than 64 KB"),
        )
    try:
        return read_mapping(read_yaml(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise RuleProblemError(
            RuleProblem("mapping.yaml", f"第 {line} 行不是正确的 YAML", f"line {line} is no YAML")
        ) from error


class YamlMappings:
    """:class:`yuchi.services.ports_imports.Mappings`."""

    def read(self, text: str) -> FieldMapping:
        """See :func:`read_mapping_text`."""
        return read_mapping_text(text)
