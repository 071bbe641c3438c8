"""What a source says of a person in an event's ``traits``: attributes of the source's own slice."""

import json
from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.attributes import with_attributes
from yuchi.domain.event import Event
from yuchi.domain.profile import Profile
from yuchi.domain.source import source_of_event

TRAITS: Final = "traits"
"""The field of an event's data. Only the doors for sources fill it: what WeChat pushes and rules emit has other names."""
MAX_ATTRIBUTES: Final = 200
"""How many attributes one source may have for a person: whoever holds a browser's key could name any number."""
MAX_VALUE: Final = 1_000
"""Characters of JSON of one value."""


def with_traits(profile: Profile, event: Event) -> Profile:
    """The profile after what ``event`` says of the person; the same profile where it says nothing.

    New names beyond the source's number, and values that are too large, are left out; they stay on the timeline.
    """
    source, said = source_of_event(event.source), event.data.get(TRAITS)
    if source is None or not isinstance(said, dict) or not said:
        return profile
    values = _within_bounds(said, known=profile.slices.get(source, {}))
    return with_attributes(profile, source, values, int(event.time.timestamp()))


def _within_bounds(said: Mapping[str, Any], *, known: Mapping[str, object]) -> dict[str, Any]:
    room = MAX_ATTRIBUTES - len(known)
    values: dict[str, Any] = {}
    for name, value in said.items():
        if len(json.dumps(value, ensure_ascii=False)) > MAX_VALUE:
            continue
        if name not in known:
            room -= 1
            if room < 0:
                continue
        values[name] = value
    return values
