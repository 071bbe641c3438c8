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
    """One field: its kind, what it means in Chinese and English, and an example value."""

    kind: Kind
    zh: str
    en: str
    example: Any = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """One event type.

    ``replies``: WeChat takes a passive reply to the push behind it. ``window`` names the customer-service window
    that it opens (see :mod:`yuchi.domain.window`), or None.
    """

    type: str
    zh: str
    en: str
    fields: Mapping[str, FieldSpec] = field(default_factory=dict)
    replies: bool = False
    window: str | None = None


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

        Anything goes for an event type that the catalogue does not list (a third party's own event).
        """
        if root == "profile":
            return dict(self.profile)
        if root == "account":
            return dict(self.account)
        known = dict(EVENT_FIELDS)
        for event_type in event_types:
            spec = self.events.get(event_type)
            if spec is None:
                return None
            known |= spec.fields
        return known


EVENT_FIELDS: Mapping[str, FieldSpec] = {
    "type": FieldSpec(Kind.TEXT, "事件类型", "event type", "menu.clicked"),
    "time": FieldSpec(Kind.TIME, "事件发生的时间", "when it happened"),
    "id": FieldSpec(Kind.TEXT, "事件编号", "id of the event"),
    "account": FieldSpec(Kind.TEXT, "账号编号", "account it came by", "tea"),
    "source": FieldSpec(Kind.TEXT, "事件来源", "where it came from", "/wechat/tea"),
}
"""Fields that each event has."""

PROFILE_FIELDS: Mapping[str, FieldSpec] = {
    "id": FieldSpec(Kind.TEXT, "画像编号", "id of the person"),
    "tags": FieldSpec(Kind.MAP, "标签（用 in 判断）", "tags, tested with in", {"老客户": {}}),
    "attributes": FieldSpec(Kind.MAP, "属性", "attributes set by rules", {"城市": "上海"}),
    "score": FieldSpec(Kind.NUMBER, "总积分", "the main score", 20),
    "scores": FieldSpec(Kind.MAP, "各项积分", "named scores", {"活跃度": 5}),
    "subscribed": FieldSpec(Kind.BOOLEAN, "是否关注本账号", "follows this account", example=True),
    "subscribed_at": FieldSpec(Kind.TIME, "关注时间", "when the person followed this account"),
    "unsubscribed_at": FieldSpec(Kind.TIME, "取关时间", "when the person left this account"),
    "scene": FieldSpec(Kind.TEXT, "关注时的渠道码", "scene of the QR code the person followed by", "store-12"),
    "first_seen_at": FieldSpec(Kind.TIME, "首次出现时间", "first event"),
    "last_seen_at": FieldSpec(Kind.TIME, "最近活跃时间（此事件之前）", "last event before this one"),
    "new": FieldSpec(Kind.BOOLEAN, "是否第一次出现", "no event of this person before this one", example=False),
}

ACCOUNT_FIELDS: Mapping[str, FieldSpec] = {
    "id": FieldSpec(Kind.TEXT, "账号编号", "id of the account", "tea"),
    "name": FieldSpec(Kind.TEXT, "账号名称", "name of the account", "青山茶事"),
    "brand": FieldSpec(Kind.TEXT, "品牌编号", "id of the brand", "demo"),
}
