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
FOLLOWER: Final = "fan.imported"
"""The event that `yuchi sync followers` makes of each follower."""
OF_FOLLOWERS: Final[Mapping[str, str]] = {
    "remark": "remark",
    "subscribe_scene": "way",
    "qr_scene_str": "scene",
    "language": "language",
}
"""Attributes of a follower, by WeChat's names -> the field of the event."""
MAX_ATTRIBUTES: Final = 200
"""How many attributes one source may have for a person: whoever holds a browser's key could name any number."""
MAX_VALUE: Final = 1_000
"""Characters of JSON of one value."""


def with_traits(profile: Profile, event: Event) -> Profile:
    """The profile after what ``event`` says of the person; the same profile where it says nothing.

    New names beyond the source's number, and values that are too large, are left out; they stay on the timeline.
    """
    if event.type == FOLLOWER and event.hops == 0 and event.source.startswith("/wechat/"):
        return _with_follower(profile, event)
    source, said = source_of_event(event.source), event.data.get(TRAITS)
    if source is None or not isinstance(said, dict) or not said:
        return profile
    values = _within_bounds(said, known=profile.slices.get(source, {}))
    return with_attributes(profile, source, values, int(event.time.timestamp()))


def _with_follower(profile: Profile, event: Event) -> Profile:
    """What WeChat's list says of a follower: attributes of the account's slice. What it no longer says is taken back."""
    known = profile.slices.get(event.account, {})
    said = {name: event.data.get(field) or None for name, field in OF_FOLLOWERS.items()}
    values = {name: value for name, value in said.items() if value is not None or name in known}
    return with_attributes(profile, event.account, values, int(event.time.timestamp())) if values else profile


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
