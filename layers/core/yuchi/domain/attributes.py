"""Attributes with their provenance: each source keeps its own slice, and the newest word on each attribute counts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from yuchi.domain.profile import Profile, Slice

RULES: Final = "rules"
"""The source of what rules set."""


def with_attributes(
    profile: Profile, source: str, values: Mapping[str, Any], at: int, *, trusted: bool = True
) -> Profile:
    """The profile after ``source`` said ``values`` at ``at`` (epoch seconds).

    A source's later word is not undone by an earlier one that arrives after it. None says that there is no value. Where
    anybody may have said it (not ``trusted``), it counts only for attributes of which nobody who is trusted said anything.
    """
    own = dict(profile.slices.get(source, {}))
    for name, value in values.items():
        said = Slice(value=value, at=at, public=None if trusted else True)
        if _weight(said) >= _weight(own.get(name, _NEVER)):
            own[name] = said
    slices = {**profile.slices, source: own}
    return profile.model_copy(update={"slices": slices, "attributes": _changed(profile, slices, values)})


def resolved(slices: Mapping[str, Mapping[str, Slice]]) -> dict[str, Any]:
    """What counts of all that the sources say."""
    names = dict.fromkeys(name for slice_ in slices.values() for name in slice_)
    return {name: value for name, value in ((name, _newest(slices, name)) for name in names) if value is not None}


def preferred(profile: Profile, precedence: Mapping[str, Sequence[str]]) -> Profile:
    """The profile with what counts by ``precedence``: attribute -> sources, the first that says anything of it counts.

    The word of a source that is not named counts where none of those says anything: the newest one, as everywhere. What
    anybody may have said counts only where its source is named and no other says anything at all.
    """
    attributes = dict(profile.attributes)
    for name, sources in precedence.items():
        said = {source: own[name] for source, own in profile.slices.items() if name in own}
        known = {source: each for source, each in said.items() if not each.public}
        heard = known or {source: each for source, each in said.items() if source in sources}
        first = next((heard[source].value for source in sources if _says(heard.get(source))), None)
        if first is None and heard:
            first = max(heard.items(), key=lambda each: (each[1].at, each[0]))[1].value
        attributes[name] = first
    attributes = {name: value for name, value in attributes.items() if value is not None}
    return profile if attributes == profile.attributes else profile.model_copy(update={"attributes": attributes})


def within_retention(profile: Profile, moment: int, retention: Mapping[str, int]) -> dict[str, Any]:
    """The attributes that still count at ``moment``. ``retention``: attribute -> for how many seconds a word counts."""
    over = {
        name
        for name, seconds in retention.items()
        if name in profile.attributes
        and max((own[name].at for own in profile.slices.values() if name in own), default=moment) + seconds <= moment
    }
    return (
        {name: value for name, value in profile.attributes.items() if name not in over} if over else profile.attributes
    )


def without_expired(profile: Profile, moment: int, retention: Mapping[str, int]) -> Profile:
    """The profile without the words whose time is over at ``moment``."""
    over = {
        (source, name)
        for source, own in profile.slices.items()
        for name, seconds in retention.items()
        if name in own and own[name].at + seconds <= moment
    }
    if not over:
        return profile
    slices = {
        source: {name: each for name, each in own.items() if (source, name) not in over}
        for source, own in profile.slices.items()
    }
    return profile.model_copy(update={"slices": slices, "attributes": resolved(slices)})


def _changed(profile: Profile, slices: Mapping[str, Mapping[str, Slice]], names: Iterable[str]) -> dict[str, Any]:
    attributes = {**profile.attributes, **{name: _newest(slices, name) for name in names}}
    return {name: value for name, value in attributes.items() if value is not None}


def _newest(slices: Mapping[str, Mapping[str, Slice]], name: str) -> Any:
    said = ((*_weight(slice_[name]), source, slice_[name].value) for source, slice_ in slices.items() if name in slice_)
    return max(said, key=lambda each: each[:3])[3]


def _weight(said: Slice) -> tuple[bool, int]:
    """Of two words on one attribute the greater counts: the newest, and before it any of a trusted source."""
    return not said.public, said.at


def _says(said: Slice | None) -> bool:
    return said is not None and said.value is not None


_NEVER: Final = Slice(at=-1, public=True)
