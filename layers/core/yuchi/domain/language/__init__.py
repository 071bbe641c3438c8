"""The rule language: a strict subset of the Common Expression Language, with an index over many conditions.

:func:`parse_condition` reads one condition; a :class:`Bucket` asks many at once. The way of a condition: ``lexer`` ->
``parser`` (with ``calls``) -> ``tree`` -> ``checker`` and ``meaning`` -> ``compiler`` and ``access``; ``interpreter`` says
plainly what a tree means, ``explanation`` tells it to people.

Where it differs from CEL's reference (https://github.com/google/cel-spec), and why:

- Where CEL answers with an error (a missing key, mismatched types, a division by zero, an overflow), the value is null, and
  a part that is not true does not hold: a rule must not stop the others because of one person's data.
- ``has(x)`` is false for a field that is there and null: for a marketer both mean that nothing is known.
- Whole numbers and decimals may be mixed in arithmetic; CEL knows no ``1 + 0.5``.
- A whole number beyond 2**53 and a decimal are compared exactly, as CEL's specification says and Google's runtime does not.
- A text in RFC 3339 form may stand for a time, except around ``==``: an event holds JSON, which knows no times.
- ``duration`` takes days and weeks too. Times are exact to the microsecond, not the nanosecond.
- ``exists`` and ``all`` look at 100 elements, of a map at its keys. Texts and lists made by ``+`` have at most 10,000.
- Left out, so that cost is bounded or because rules need none: regular expressions, ``map`` and ``filter``, maps and bytes
  as constants, unsigned numbers, hexadecimal, raw and triple-quoted texts, comments, conversions (``int``, ``string``, ...).
- Comparisons are not chained without brackets (``1 < x < 3``): CEL compares true with 3 there, which nobody means.
- Added: ``containsAny``, ``count``, ``last``, ``within``, ``ageInDays``, ``localTime``.
"""

from yuchi.domain.language.bucket import Bucket, Entry
from yuchi.domain.language.condition import Condition, parse_condition, parse_conditions
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
    "parse_conditions",
    "summary",
]
