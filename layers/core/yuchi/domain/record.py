"""Records of which very many are made: immutable for who writes code, cheap to make."""

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

C = TypeVar("C")


@dataclass_transform(frozen_default=True)
def record(model: type[C]) -> type[C]:
    """A dataclass with slots that mypy sees to be immutable. At run time freezing costs half of making one."""
    return dataclass(slots=True)(model)
