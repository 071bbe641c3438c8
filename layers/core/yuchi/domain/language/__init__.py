"""The rule language: a strict subset of the Common Expression Language, with an index over many conditions.

:func:`parse_condition` reads one condition; a :class:`Bucket` asks many at once.
"""

from yuchi.domain.language.bucket import Bucket, Entry
from yuchi.domain.language.condition import Condition, parse_condition
from yuchi.domain.language.context import Context
from yuchi.domain.language.messages import ConditionError, Problem

__all__ = ["Bucket", "Condition", "ConditionError", "Context", "Entry", "Problem", "parse_condition"]
