"""What the rows and messages of a foreign system mean: a mapping that people write, as a table of names.

The way of a mapping: ``written`` (its form, as pydantic models) -> ``reading`` (checked, with problems in words) ->
``applying`` (a row becomes an event), with ``values`` and ``moments`` for single values.
"""

from yuchi.domain.mapping.applying import FieldMapping, Mapped, Outcome, Rejected, Skipped
from yuchi.domain.mapping.reading import read_mapping
from yuchi.domain.mapping.values import Row

__all__ = ["FieldMapping", "Mapped", "Outcome", "Rejected", "Row", "Skipped", "read_mapping"]
