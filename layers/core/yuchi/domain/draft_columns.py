"""The columns of a rule item: how each is read from what people write, and what is told when it cannot be."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from yuchi.domain.actions import Action, parse_actions
from yuchi.domain.item_columns import holds_odd, refuse
from yuchi.domain.limits import Limit, parse_limit
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.plain import Binary, Strange
from yuchi.domain.triggers import read_trigger

MAX_NAME: Final = 100
MAX_EVENT_TYPES: Final = 20
MAX_PRIORITY: Final = 1_000_000
MAX_CONDITION: Final = 2_000
MAX_REMEMBERED: Final = 200
"""Longer texts are read anew each time, so that what is remembered stays small."""

_ID: Final = re.compile(r"[\w][\w.-]{0,79}")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_EVENT_TYPE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}")
_YES: Final = frozenset({"true", "yes", "y", "on", "1", "是", "对", "启用", "开", "开启", "√"})
_NO: Final = frozenset({"false", "no", "n", "off", "0", "否", "不", "停用", "关", "关闭", "禁用", "×"})
_YEARS: Final = range(2000, 2201)
_DATE: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)


def read_text(value: Any) -> str:
    """A text; numbers are written out."""
    if isinstance(value, Binary | Strange):
        raise refuse("column.binary", "要写成文字，不能是二进制数据", "must be a text, not binary data")
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise refuse("column.text", "要写成文字（String）", "must be a text (String)")


def read_id(value: Any, code: str, zh: str, en: str) -> str:
    """The key of an item within its brand; ``code``, ``zh``, ``en``: what is told where it cannot be one."""
    text = value if isinstance(value, str) and not isinstance(value, Binary | Strange) else ""
    if not _ID.fullmatch(text):
        raise refuse(code, zh, en)
    return text


def read_rule_id(value: Any) -> str:
    """The key of the rule within the brand."""
    return read_id(
        value,
        "rule_id.characters",
        "规则编号只能用文字、数字、点、横线和下划线，最多 80 个字；编号不能改，请另建一条规则",
        "a rule id holds letters, digits, dots, dashes and underscores, at most 80; make a new item to change it",
    )


def read_brand(value: Any) -> str:
    """The brand's id."""
    text = value if isinstance(value, str) and not isinstance(value, Binary | Strange) else ""
    if not _SLUG.fullmatch(text):
        raise refuse(
            "brand.characters",
            "品牌编号只能用小写字母、数字和横线",
            "a brand's id holds lower-case letters, digits and dashes",
        )
    return text


def read_account(value: Any) -> str:
    """``*`` or an account's id."""
    text = unicodedata.normalize("NFKC", read_text(value))
    if text in {"", "*", "all", "全部", "所有"}:
        return "*"
    if not _SLUG.fullmatch(text):
        raise refuse(
            "account.characters",
            "账号要写账号编号，或写 * 表示全部账号",
            "account is the id of an account, or * for all of them",
            suggestion=text.lower() if _SLUG.fullmatch(text.lower()) else "",
        )
    return text


def read_name(value: Any) -> str:
    """A name for people."""
    text = " ".join(read_text(value).split())
    if len(text) > MAX_NAME:
        raise refuse("name.long", f"名称最多 {MAX_NAME} 个字", f"a name has at most {MAX_NAME} characters")
    return text


def read_switch(value: Any) -> bool:
    """A boolean, also as 是/否, true/false, 1/0."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    word = unicodedata.normalize("NFKC", value).strip().lower() if isinstance(value, str) else ""
    if word in _YES:
        return True
    if word in _NO or word == "x":
        return False
    raise refuse("column.boolean", "要写 true（是）或 false（否）", "must be true or false")


def read_event_types(value: Any) -> tuple[str, ...]:
    """One event type, several with commas, or a list of them."""
    if type(value) is str:
        read = _read_event_types if len(value) <= MAX_REMEMBERED else _read_event_types.__wrapped__
        return read(value)
    if not isinstance(value, list) or not all(type(each) is str for each in value):
        raise refuse("on.form", "要写事件类型，例如 menu.clicked", "must be an event type such as menu.clicked")
    return _clean_event_types(value)


@lru_cache(maxsize=1_000)
def _read_event_types(text: str) -> tuple[str, ...]:
    """Remembered, for a brand's thousands of rules share a few."""
    return _clean_event_types(re.split(r"[,;、\n]+", unicodedata.normalize("NFKC", text)))


def _clean_event_types(value: Sequence[str]) -> tuple[str, ...]:
    types = tuple(dict.fromkeys(word for each in value for word in _words_of(unicodedata.normalize("NFKC", each))))
    if not types:
        raise refuse("on.none", "没有写事件类型，例如 menu.clicked", "no event type is given, such as menu.clicked")
    if len(types) > MAX_EVENT_TYPES:
        raise refuse(
            "on.many", f"事件类型最多 {MAX_EVENT_TYPES} 个", f"at most {MAX_EVENT_TYPES} event types are allowed"
        )
    return types


def _words_of(text: str) -> Sequence[str]:
    """A trigger has spaces inside; between event types they stand for commas."""
    trigger = read_trigger(text)
    return text.lower().split() if trigger is None else (str(trigger),)


def is_event_type(text: str) -> bool:
    """``noun.verbed``?"""
    return bool(_EVENT_TYPE.fullmatch(text))


def read_condition(value: Any) -> str:
    """The condition as it was written; nothing means always."""
    if value is True:
        return "true"
    text = value.strip() if isinstance(value, str) and not isinstance(value, Binary | Strange) else None
    if text is None:
        raise refuse("when.form", "条件要写成一行文字", "a condition is one line of text")
    if len(text) > MAX_CONDITION:
        raise refuse(
            "when.long", f"条件最多 {MAX_CONDITION} 个字符", f"a condition has at most {MAX_CONDITION} characters"
        )
    return text or "true"


def read_actions(value: Any) -> tuple[Action, ...]:
    """What to do."""
    if holds_odd(value):
        raise refuse("then.binary", "动作里不能有二进制数据", "actions cannot hold binary data")
    return parse_actions(value)


def read_limit(value: Any) -> Limit | None:
    """How often per person."""
    return parse_limit(read_text(value))


def read_priority(value: Any) -> int:
    """A whole number."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,7}", digits := unicodedata.normalize("NFKC", value).strip()):
        value = int(digits)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_PRIORITY:
        raise refuse("priority.form", "优先级要写成整数，例如 100", "priority is a whole number such as 100")
    return value


def read_start(value: Any) -> datetime:
    """The moment a rule starts; a date alone is its first moment in China."""
    moment, _ = read_moment(value)
    return moment


def read_end(value: Any) -> datetime:
    """The moment from which a rule is over; a date alone includes that whole day in China."""
    moment, whole_day = read_moment(value)
    return moment + timedelta(days=1) if whole_day else moment


def read_moment(value: Any) -> tuple[datetime, bool]:
    """A moment in UTC, Beijing time where no zone is written, and whether it is a date alone."""
    text = unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else ""
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError  # noqa: TRY301 - as the calls below do
        year, month, day, hour, minute, second, zone = found.groups()
        if hour is None:
            start = date(int(year), int(month), int(day))
            return _checked(datetime(start.year, start.month, start.day, tzinfo=BEIJING)), True
        written = f"{year}-{int(month):02d}-{int(day):02d}T{int(hour):02d}:{minute}:{second or '00'}"
        moment = datetime.fromisoformat(written + (zone or "+08:00").upper().replace("Z", "+00:00"))
        return _checked(moment), False
    except (ValueError, OverflowError):
        raise refuse(
            "time.form",
            "时间要写成 2026-05-01 10:00（北京时间）",
            "write a time as 2026-05-01 10:00 (Beijing time) or with a zone",
            suggestion="2026-05-01 10:00",
        ) from None


def _checked(moment: datetime) -> datetime:
    if moment.year not in _YEARS:
        raise ValueError
    return moment.astimezone(UTC)


COLUMNS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "brand": read_brand,
    "rule_id": read_rule_id,
    "account": read_account,
    "name": read_name,
    "enabled": read_switch,
    "on": read_event_types,
    "when": read_condition,
    "then": read_actions,
    "limit": read_limit,
    "priority": read_priority,
    "stop": read_switch,
    "starts_at": read_start,
    "ends_at": read_end,
}
"""The marketer's columns, in the order in which problems are told."""

SYSTEM_COLUMNS: Final = frozenset(
    {
        "status",
        "problem",
        "hint",
        "live_version",
        "reviewed",
        "reviewed_at",
        "matched",
        "last_matched_at",
        "candidates",
        "often_failed",
    }
)
"""What the system writes next to them; never looked at when an item is judged."""

CHINESE_COLUMNS: Final[Mapping[str, str]] = {
    "品牌": "brand", "编号": "rule_id", "规则编号": "rule_id", "账号": "account", "公众号": "account", "名称": "name",
    "规则名称": "name", "启用": "enabled", "是否启用": "enabled", "事件": "on", "触发事件": "on", "条件": "when",
    "动作": "then",
    "操作": "then", "限制": "limit", "次数": "limit", "优先级": "priority", "停止": "stop", "开始时间": "starts_at",
    "结束时间": "ends_at", "event": "on", "condition": "when", "if": "when", "actions": "then", "do": "then",
    "active": "enabled", "start": "starts_at", "end": "ends_at", "id": "rule_id", "title": "name",
}  # fmt: skip
"""What people call them."""
