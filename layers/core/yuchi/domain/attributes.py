"""Attributes with their provenance: each source keeps its own slice, and the newest word on each attribute counts."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from yuchi.domain.profile import Profile, Slice

RULES: Final = "rules"
"""The source of what rules set."""


def with_attributes(profile: Profile, source: str, values: Mapping[str, Any], at: int) -> Profile:
    """The profile after ``source`` said ``values`` at ``at`` (epoch seconds).

    A source's later word is not undone by an earlier one that arrives after it. None says that there is no value.
    """
    own = dict(profile.slices.get(source, {}))
    own |= {name: Slice(value=value, at=at) for name, value in values.items() if at >= own.get(name, _NEVER).at}
    slices = {**profile.slices, source: own}
    return profile.model_copy(update={"slices": slices, "attributes": _changed(profile, slices, values)})


def resolved(slices: Mapping[str, Mapping[str, Slice]]) -> dict[str, Any]:
    """What counts of all that the sources say."""
    names = dict.fromkeys(name for slice_ in slices.values() for name in slice_)
    return {name: value for name, value in ((name, _newest(slices, name)) for name in names) if value is not None}


def _changed(profile: Profile, slices: Mapping[str, Mapping[str, Slice]], names: Iterable[str]) -> dict[str, Any]:
    attributes = {**profile.attributes, **{name: _newest(slices, name) for name in names}}
    return {name: value for name, value in attributes.items() if value is not None}


def _newest(slices: Mapping[str, Mapping[str, Slice]], name: str) -> Any:
    said = ((slice_[name].at, source, slice_[name].value) for source, slice_ in slices.items() if name in slice_)
    return max(said, key=lambda each: each[:2])[2]


_NEVER: Final = Slice(value=None, at=-1)
