"""What can be named in a condition: the kinds of values, the event types with their fields, the profile's fields.

Checks of rules, the reference in the docs and the JSON schema are all made from these tables.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The type of a value in the rule language."""

    __hash__ = str.__hash__  # equal to its text, so hashed like it; and Enum's own is slow

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"
    DURATION = "duration"
    LIST = "list"
    MAP = "map"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field: its kind, what it means in Chinese and English, and an example value.

    ``fields``: what a map has in it, where that is fixed.
    """

    kind: Kind
    zh: str
    en: str
    example: Any = None
    unit: str = ""
    fields: Mapping[str, "FieldSpec"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EventSpec:
    """One event type.

    ``replies``: WeChat takes a passive reply to the push behind it. ``window`` names the customer-service window
    that it opens (see :mod:`yuchi.domain.window`), or None. ``open``: whoever tells of it may tell more than ``fields``.
    """

    type: str
    zh: str
    en: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    replies: bool = False
    window: str | None = None
    open: bool = False


class Catalogue:
    """The names a condition may use: ``fields(root, types)`` gives the fields of ``event``, ``profile`` or ``account``."""

    def __init__(
        self, *, events: Iterable[EventSpec], profile: Mapping[str, FieldSpec], account: Mapping[str, FieldSpec]
    ) -> None:
        self.events = {spec.type: spec for spec in events}
        self.profile = profile
        self.account = account

    def fields(self, root: str, event_types: Iterable[str]) -> dict[str, FieldSpec] | None:
        """The fields known for ``root`` when an event of one of ``event_types`` comes; None when anything goes.

        Anything goes for a third party's events: those that are open, and those that the catalogue does not list.
        """
        if root == "profile":
            return dict(self.profile)
        if root == "account":
            return dict(self.account)
        known = dict(EVENT_FIELDS)
        for event_type in event_types:
            spec = self.events.get(event_type)
            if spec is None or spec.open:
                return None
            known |= spec.fields
        return known

    def event_fields(self) -> dict[str, FieldSpec]:
        """All fields that events of any type are known to have."""
        return {name: spec for event in self.events.values() for name, spec in event.fields.items()} | dict(
            EVENT_FIELDS
        )


EVENT_FIELDS: Mapping[str, FieldSpec] = {
    "type": FieldSpec(Kind.TEXT, "事件类型", "event type", "menu.clicked"),
    "time": FieldSpec(Kind.TIME, "事件发生的时间", "when it happened"),
    "id": FieldSpec(Kind.TEXT, "事件编号", "id of the event"),
    "account": FieldSpec(Kind.TEXT, "账号编号", "account it came by", "tea"),
    "source": FieldSpec(Kind.TEXT, "事件来源", "where it came from", "/wechat/tea"),
    "trusted": FieldSpec(
        Kind.BOOLEAN,
        "来源是否可信：网页、App 里公开的密钥谁都看得到，用它说的是 false；微信、签名、服务器密钥、文件是 true",
        "whether who told it is known: false for what came with a public key, which anybody can read in a site or app",
        example=True,
    ),
}
"""Fields that each event has."""

ACCOUNT_FIELDS: Mapping[str, FieldSpec] = {
    "id": FieldSpec(Kind.TEXT, "账号编号", "id of the account", "tea"),
    "name": FieldSpec(Kind.TEXT, "账号名称", "name of the account", "青山茶事"),
    "brand": FieldSpec(Kind.TEXT, "品牌编号", "id of the brand", "demo"),
}
