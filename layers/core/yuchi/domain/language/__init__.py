"""The rule language: a strict subset of the Common Expression Language, with an index over many conditions.

:func:`parse_condition` reads one condition; a :class:`Bucket` asks many at once.
"""

from yuchi.domain.language.bucket import Bucket, Entry
from yuchi.domain.language.condition import Condition, parse_condition
from yuchi.domain.language.context import Context
from yuchi.domain.language.explanation import Explanation, Part, explain, summary
from yuchi.domain.language.filing import describe_access
from yuchi.domain.language.functions import FUNCTIONS, MACROS, FunctionSpec
from yuchi.domain.language.messages import ConditionError, Problem

__all__ = [
    "FUNCTIONS",
    "MACROS",
    "Bucket",
    "Condition",
    "ConditionError",
    "Context",
    "Entry",
    "Explanation",
    "FunctionSpec",
    "Part",
    "Problem",
    "describe_access",
    "explain",
    "parse_condition",
    "summary",
]
