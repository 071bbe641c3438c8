"""How long what happened is kept: one row for each class of data. DynamoDB deletes entries of the timeline by it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final


@dataclass(frozen=True, slots=True)
class DataClass:
    """One class of data: the beginnings of the event types in it, the days it is kept, and why so long."""

    name: str
    begins: tuple[str, ...]
    days: int
    zh: str
    en: str


LOCATION: Final = DataClass(
    "location",
    ("location.",),
    7,
    "位置是敏感个人信息，只留最短的时间",
    "sensitive personal data, kept for the shortest time",
)
BROWSING: Final = DataClass(
    "browsing",
    ("page.", "screen.", "product_list.", "products.", "promotion.", "video_playback."),
    90,
    "浏览记录，画像里已有汇总",
    "what was looked at; the profile has the sums",
)
ORDERS: Final = DataClass(
    "orders",
    ("order.", "payment.", "coupon.", "card."),
    1_095,
    "交易记录，售后和对账要用（《电子商务法》要求三年）",
    "trade, needed for service and accounts; the E-Commerce Law asks for three years",
)
CONSENTS: Final = DataClass(
    "consents", ("consent.",), 1_095, "同意与撤回的凭据", "proof of what was agreed to and taken back"
)
OTHERS: Final = DataClass("others", ("",), 180, "其余事件，包括消息内容", "everything else, texts of messages included")

CLASSES: Final[tuple[DataClass, ...]] = (LOCATION, BROWSING, ORDERS, CONSENTS, OTHERS)
"""In the order in which they are asked; the last one takes all."""


@lru_cache(maxsize=1024)
def class_of(event_type: str) -> DataClass:
    """The class that events of ``event_type`` belong to."""
    return next(each for each in CLASSES if event_type.startswith(each.begins))


def kept_for(event_type: str) -> timedelta:
    """How long an entry of ``event_type`` stays."""
    return timedelta(days=class_of(event_type).days)
