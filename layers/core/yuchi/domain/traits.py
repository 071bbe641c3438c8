"""What a source says of a person in an event's ``traits``: attributes of the source's own slice."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from yuchi.domain.attributes import with_attributes
from yuchi.domain.event import Event
from yuchi.domain.profile import Profile, Slice
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
MAX_VALUE: Final = 1_000
"""Characters of JSON of one value."""


class Room(NamedTuple):
    """What one source may say of a person: so many attributes, and so many bytes of names and values together."""

    attributes: int
    size: int


ROOM: Final = Room(attributes=200, size=40_000)
PUBLIC_ROOM: Final = Room(attributes=50, size=6_000)
"""Of a source whose key everybody can read: nobody else must find the profile full, which DynamoDB ends at 400 KB."""


def with_traits(profile: Profile, event: Event) -> Profile:
    """The profile after what ``event`` says of the person; the same profile where it says nothing.

    What is beyond the source's room, and values that are too large, are left out; they stay on the timeline.
    """
    if event.type == FOLLOWER and event.hops == 0 and event.source.startswith("/wechat/"):
        return _with_follower(profile, event)
    source, said = source_of_event(event.source), event.data.get(TRAITS)
    if source is None or not isinstance(said, dict) or not said:
        return profile
    room = ROOM if event.trusted else PUBLIC_ROOM
    values = _within_bounds(said, known=profile.slices.get(source, {}), room=room)
    return with_attributes(profile, source, values, int(event.time.timestamp()), trusted=event.trusted)


def _with_follower(profile: Profile, event: Event) -> Profile:
    """What WeChat's list says of a follower: attributes of the account's slice. What it no longer says is taken back."""
    known = profile.slices.get(event.account, {})
    said = {name: event.data.get(field) or None for name, field in OF_FOLLOWERS.items()}
    values = {name: value for name, value in said.items() if value is not None or name in known}
    return with_attributes(profile, event.account, values, int(event.time.timestamp())) if values else profile


def _within_bounds(said: Mapping[str, Any], *, known: Mapping[str, Slice], room: Room) -> dict[str, Any]:
    count, size = len(known), sum(_size(name, each.value) for name, each in known.items())
    values: dict[str, Any] = {}
    for name, value in said.items():
        if len(json.dumps(value, ensure_ascii=False)) > MAX_VALUE:
            continue
        old = _size(name, known[name].value) if name in known else 0
        count_then, size_then = count + (name not in known), size - old + _size(name, value)
        if count_then > room.attributes or size_then > max(room.size, size):
            continue
        count, size = count_then, size_then
        values[name] = value
    return values


def _size(name: str, value: Any) -> int:
    """Bytes, about as DynamoDB counts them."""
    return len(name.encode()) + len(json.dumps(value, ensure_ascii=False).encode())
