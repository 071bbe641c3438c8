"""What conditions and texts see as ``profile``: one row for each field, with its meaning and how it is read. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from yuchi.domain.attributes import within_retention
from yuchi.domain.catalogue import FieldSpec, Kind
from yuchi.domain.consents import PURPOSES, consents_view
from yuchi.domain.orders import orders_view
from yuchi.domain.profile import MAIN_SCORE, Channel, Profile, StageMark, Tag
from yuchi.domain.rfm import rfm_view
from yuchi.domain.standard import stages
from yuchi.domain.standard.decay import strongest, value_at
from yuchi.domain.standard.model import INFLUENCE, INTENT, BrandSchema


@dataclass(frozen=True)
class Seen:
    """A profile as one event meets it: ``channel`` is the person on the event's account, ``schema`` the brand's own."""

    profile: Profile
    channel: Channel | None
    now: datetime
    schema: BrandSchema

    @property
    def moment(self) -> int:
        """Now, in epoch seconds."""
        return int(self.now.timestamp())

    @cached_property
    def stage(self) -> StageMark | None:
        """The stage of the life cycle now."""
        return stages.marked(self.profile, self.now, self.schema, person_fields)


@dataclass(frozen=True, slots=True)
class ProfileField:
    """One field of the view."""

    spec: FieldSpec
    read: Callable[[Seen], Any]


def profile_view(
    profile: Profile,
    account: str,
    now: datetime,
    subject: str | None = None,
    *,
    schema: BrandSchema,
) -> dict[str, Any]:
    """What conditions see as ``profile`` on an event of ``account`` about ``subject``, by the brand's ``schema``."""
    _, channel = profile.channel(account, subject) or ("", None)
    seen = Seen(profile, channel, now, schema)
    return {name: field.read(seen) for name, field in PROFILE_VIEW.items()}


class PersonView(dict[str, Any]):
    """The same as :func:`profile_view`, each field read when it is first asked for: most events ask for few of them.

    Whoever looks at all of it takes :func:`profile_view`.
    """

    def __init__(
        self, profile: Profile, account: str, now: datetime, subject: str | None = None, *, schema: BrandSchema
    ) -> None:
        super().__init__()
        _, channel = profile.channel(account, subject) or ("", None)
        self._seen = Seen(profile, channel, now, schema)

    def __missing__(self, name: str) -> Any:
        value = self[name] = PROFILE_VIEW[name].read(self._seen)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The field; ``default`` where there is none of the name."""
        return self[name] if name in PROFILE_VIEW else default

    def __contains__(self, name: object) -> bool:
        return name in PROFILE_VIEW

    def __iter__(self) -> Iterator[str]:
        return iter(PROFILE_VIEW)

    def __len__(self) -> int:
        return len(PROFILE_VIEW)

    def __eq__(self, other: object) -> bool:
        return {name: self[name] for name in self} == other

    __hash__ = None  # as of every dict


def person_fields(profile: Profile, names: Collection[str], now: datetime, schema: BrandSchema) -> dict[str, Any]:
    """The fields ``names`` of a person, whatever the account: of channels, the one followed last counts."""
    _, channel = profile.channel() or ("", None)
    seen = Seen(profile, channel, now, schema)
    return {name: PROFILE_VIEW[name].read(seen) for name in names if name in PROFILE_VIEW}


def stage_mark(profile: Profile, now: datetime, schema: BrandSchema) -> StageMark | None:
    """The person's stage at ``now`` and since when; None for who was never seen, and where no stage fits."""
    return stages.marked(profile, now, schema, person_fields)


def next_stage(profile: Profile, after: int, schema: BrandSchema) -> stages.Turn | None:
    """When, after ``after`` (epoch seconds), time alone makes the person's stage another."""
    return stages.next_turn(profile, after, schema, person_fields)


def _moment(epoch: int | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)


def _tag(tag: Tag, sure: float) -> Mapping[str, Any]:
    return {
        "since": _moment(tag.since),
        "last": _moment(tag.last),
        "count": tag.count,
        "weight": tag_weight(tag, sure),
    }


def tag_weight(tag: Tag, sure: float) -> float:
    """How sure a tag is, by its evidence: each time that a rule gave it on an event halves what is missing of ``sure`` (the
    weight of its group, else 1): 0.5, 0.75, 0.875 ...
    """
    return round(sure * (1 - 0.5 ** min(tag.count, 30)), 3)


def _tags(seen: Seen) -> dict[str, Any]:
    groups = seen.schema.group_of
    return {
        name: _tag(tag, groups[name].weight if name in groups else 1.0)
        for name, tag in seen.profile.live_tags(seen.now).items()
    }


def _attributes(seen: Seen) -> dict[str, Any]:
    return within_retention(seen.profile, seen.moment, seen.schema.retention)


def _decayed(name: str) -> Callable[[Seen], float]:
    def read(seen: Seen) -> float:
        score = seen.profile.decayed.get(name)
        return round(value_at(score, seen.moment), 2) if score else 0

    return read


def _last_active(seen: Seen) -> datetime | None:
    profile = seen.profile
    known = [each for each in (profile.last_seen_at, profile.last_order_at) if each is not None]
    return _moment(max(known) if known else profile.first_seen_at)


def _orders(seen: Seen) -> dict[str, Any]:
    profile = seen.profile
    return orders_view(profile) | {
        "first_at": _moment(profile.first_order_at),
        "last_at": _moment(profile.last_order_at),
    }


def _of_channel(read: Callable[[Channel], Any], *, missing: Any = None) -> Callable[[Seen], Any]:
    return lambda seen: read(seen.channel) if seen.channel else missing


def _field(
    kind: Kind,
    zh: str,
    en: str,
    read: Callable[[Seen], Any],
    *,
    example: Any = None,
    fields: Mapping[str, FieldSpec] | None = None,
) -> ProfileField:
    return ProfileField(FieldSpec(kind, zh, en, example, fields=fields or {}), read)


_ORDERS: Final[Mapping[str, FieldSpec]] = {
    "count": FieldSpec(Kind.NUMBER, "订单数", "number of orders", 3),
    "spent": FieldSpec(Kind.NUMBER, "实付总额（已减退款）", "spent, refunds taken away", 388.0, "元"),
    "refunded": FieldSpec(Kind.NUMBER, "退款总额", "refunded", 59.9, "元"),
    "average": FieldSpec(Kind.NUMBER, "平均每单金额", "average order", 129.33, "元"),
    "cycle_days": FieldSpec(Kind.NUMBER, "通常隔多少天再买", "usual days between orders", 30.0, "天"),
    "categories": FieldSpec(Kind.MAP, "各品类花费（元）", "spent by category", {"绿茶": 260.0}),
    "brands": FieldSpec(Kind.MAP, "各品牌花费（元）", "spent by brand", {"青山": 260.0}),
    "favourite_category": FieldSpec(Kind.TEXT, "买得最多的品类", "category most was spent on", "绿茶"),
    "favourite_brand": FieldSpec(Kind.TEXT, "买得最多的品牌", "brand most was spent on", "青山"),
    "first_at": FieldSpec(Kind.TIME, "第一次下单的时间", "first order"),
    "last_at": FieldSpec(Kind.TIME, "最近一次下单的时间", "last order"),
}

_CONSENTS: Final[Mapping[str, FieldSpec]] = {
    name: FieldSpec(Kind.BOOLEAN, words.zh, words.en, example=True) for name, words in PURPOSES.items()
}

_RFM: Final[Mapping[str, FieldSpec]] = {
    "recency": FieldSpec(Kind.NUMBER, "距最近一次下单的天数", "days since the last order", 12.5, "天"),
    "frequency": FieldSpec(Kind.NUMBER, "下单次数", "number of orders", 3),
    "monetary": FieldSpec(Kind.NUMBER, "消费金额", "spent", 388.0, "元"),
    "r": FieldSpec(Kind.NUMBER, "最近购买的五分档（5 最近）", "fifth by recency, 5 is best", 5),
    "f": FieldSpec(Kind.NUMBER, "购买次数的五分档（5 最多）", "fifth by frequency, 5 is best", 3),
    "m": FieldSpec(Kind.NUMBER, "消费金额的五分档（5 最高）", "fifth by money, 5 is best", 3),
    "score": FieldSpec(Kind.NUMBER, "三档之和（3 到 15）", "the three added up (3 to 15)", 11),
}

PROFILE_VIEW: Final[Mapping[str, ProfileField]] = {
    "id": _field(Kind.TEXT, "画像编号", "id of the person", lambda seen: seen.profile.person),
    "tags": _field(Kind.MAP, "标签（用 in 判断）", "tags, tested with in", _tags, example={"老客户": {}}),
    "attributes": _field(
        Kind.MAP,
        "属性",
        "attributes set by rules and sources",
        _attributes,
        example={"城市": "上海"},
    ),
    "score": _field(
        Kind.NUMBER, "总积分", "the main score", lambda seen: seen.profile.scores.get(MAIN_SCORE, 0), example=20
    ),
    "scores": _field(Kind.MAP, "各项积分", "named scores", lambda seen: seen.profile.scores, example={"活跃度": 5}),
    "orders": _field(Kind.MAP, "订单汇总（金额单位：元）", "orders in sum (amounts in yuan)", _orders, fields=_ORDERS),
    "rfm": _field(
        Kind.MAP,
        "RFM：最近购买天数、次数、金额及 1 到 5 的分档",
        "recency, frequency, monetary value, and their fifths",
        lambda seen: rfm_view(seen.profile, seen.now, seen.schema.rfm),
        fields=_RFM,
    ),
    "consents": _field(
        Kind.MAP,
        "同意：true 同意，false 撤回，没有说过的没有值",
        "consents: true granted, false revoked, null where nothing was said",
        lambda seen: consents_view(seen.profile, seen.channel.account if seen.channel else ""),
        fields=_CONSENTS,
    ),
    "subscribed": _field(
        Kind.BOOLEAN,
        "是否关注本账号",
        "follows this account",
        _of_channel(lambda channel: channel.subscribed, missing=False),
        example=True,
    ),
    "subscribed_at": _field(
        Kind.TIME,
        "关注时间",
        "when the person followed this account",
        _of_channel(lambda channel: _moment(channel.subscribed_at)),
    ),
    "unsubscribed_at": _field(
        Kind.TIME,
        "取关时间",
        "when the person left this account",
        _of_channel(lambda channel: _moment(channel.unsubscribed_at)),
    ),
    "scene": _field(
        Kind.TEXT,
        "关注时的渠道码",
        "scene of the QR code the person followed by",
        _of_channel(lambda channel: channel.scene),
        example="store-12",
    ),
    "first_seen_at": _field(Kind.TIME, "首次出现时间", "first event", lambda seen: _moment(seen.profile.first_seen_at)),
    "last_seen_at": _field(
        Kind.TIME,
        "最近活跃时间（此事件之前）",
        "last event before this one",
        lambda seen: _moment(seen.profile.last_seen_at),
    ),
    "last_active_at": _field(
        Kind.TIME,
        "最近一次活跃或下单的时间（此事件之前）",
        "last event or order before this one",
        _last_active,
    ),
    "stage": _field(
        Kind.TEXT,
        "生命周期阶段（此事件之前；品牌自己定义，没有定义时为 new、active、loyal、dormant、lost）",
        "stage of the life cycle before this event: the brand's own, or new, active, loyal, dormant, lost",
        lambda seen: seen.stage.name if seen.stage else None,
        example="dormant",
    ),
    "stage_since": _field(
        Kind.TIME,
        "从什么时候起处于这个阶段",
        "since when in this stage",
        lambda seen: _moment(seen.stage.since) if seen.stage else None,
    ),
    "intent": _field(
        Kind.NUMBER, "意向分（随时间衰减）", "interest in buying; decays with time", _decayed(INTENT), example=12.5
    ),
    "influence": _field(
        Kind.NUMBER, "影响力分（随时间衰减）", "influence on others; decays with time", _decayed(INFLUENCE), example=5.0
    ),
    "interests": _field(
        Kind.MAP,
        "兴趣：浏览和购买最多的品类与主题，数值随时间衰减（用 in 判断）",
        "interests: categories and topics by their weight, which decays; tested with in",
        lambda seen: strongest(seen.profile.interests, seen.moment),
        example={"绿茶": 6.5},
    ),
    "new": _field(
        Kind.BOOLEAN,
        "是否第一次出现",
        "no event of this person before this one",
        lambda seen: seen.profile.version == 0,
        example=False,
    ),
}

PROFILE_FIELDS: Final[Mapping[str, FieldSpec]] = {name: field.spec for name, field in PROFILE_VIEW.items()}
"""The fields for the catalogue."""
