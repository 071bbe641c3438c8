"""``after``, ``emit`` and ``webhook``: what a rule sets going elsewhere or later."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints
from typing_extensions import override

from yuchi.domain.actions.base import BaseAction, Templated, refusal, unreadable
from yuchi.domain.actions.lasting import Span
from yuchi.domain.actions.values import FieldName, Name, Value, read_pairs, write_pairs
from yuchi.domain.durations import DURATION_PATTERN, format_duration
from yuchi.domain.placeholders import Channel

MAX_DATA: Final = 20
MAX_ADDRESS: Final = 1_000
_AFTER: Final = re.compile(rf"({DURATION_PATTERN})(?:之后|后)?\s+(.*)", re.DOTALL)
_EMIT: Final = re.compile(r"(\S+)(?:\s+(.*))?", re.DOTALL)
_HTTPS: Final = re.compile(
    r"https://(?P<host>[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})){0,8}\.[A-Za-z][A-Za-z0-9-]{1,62})"
    r"(?::443)?(?:/[^\s<>\"'{}#@]*)?(?:\?[^\s<>\"'{}#]*)?"
)

Data = Annotated[dict[FieldName, Value], Field(max_length=MAX_DATA, default_factory=dict), Templated(Channel.DATA)]


class After(BaseAction):
    """Make the event ``timer.fired`` with this ``name`` happen ``delay`` seconds later, exact to a minute."""

    verb: ClassVar = "after"
    zh: ClassVar = "过一段时间后触发 timer.fired 事件，用 event.timer 判断是哪个定时；同名定时会重新计时"
    en: ClassVar = "later make the event timer.fired happen, told apart by event.timer; the same name starts anew"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "after 3d trial-day3",
        "after 1d12h 试用回访",
        {"after": {"delay": "3d", "name": "trial-day3"}},
    )

    kind: Literal["after"] = "after"
    delay: Span
    name: Name

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        found = _AFTER.fullmatch(argument)
        if found is None:
            raise unreadable(
                "after.unreadable",
                "要写成“时长 名称”，例如 3d trial-day3",
                "write a span and a name: 3d trial-day3",
                column=1,
                suggestion="after 3d trial-day3",
            )
        return cls.model_validate({"delay": found.group(1), "name": found.group(2)})

    @override
    def argument(self) -> str:
        return f"{format_duration(self.delay)} {self.name}"


class Emit(BaseAction):
    """Make an event of your own happen to the same person; other rules can be ``on`` it."""

    verb: ClassVar = "emit"
    zh: ClassVar = "触发一个自定义事件，其他规则可以响应它"
    en: ClassVar = "make an event of your own, for other rules to react to"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "emit trial.requested",
        "emit trial.requested 来源=菜单, 数量=1",
        {"emit": {"type": "trial.requested", "data": {"来源": "{{event.key}}"}}},
    )

    kind: Literal["emit"] = "emit"
    type: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$")]
    data: Data

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        found = _EMIT.fullmatch(argument)
        event_type, rest = (found.group(1), found.group(2) or "") if found else (argument, "")
        return cls.model_validate({"type": event_type, "data": read_pairs(rest, offset=len(argument) - len(rest))})

    @override
    def argument(self) -> Any:
        return f"{self.type} {write_pairs(self.data)}".strip()


def _webhook_address(url: str) -> str:
    if len(url) > MAX_ADDRESS or not _HTTPS.fullmatch(url):
        raise refusal(
            "webhook.address",
            "接口地址要以 https:// 和域名开头，端口只能是 443，不能有用户名、占位符和 # 号",
            "a webhook's address starts with https:// and a host name, port 443; no user name, placeholder or #",
        )
    return url


class Webhook(BaseAction):
    """Tell another system, by a signed HTTPS POST (Standard Webhooks). The operator lists the hosts per account."""

    verb: ClassVar = "webhook"
    zh: ClassVar = "通知外部系统（签名的 HTTPS 请求）；域名要先由管理员在账号设置里允许"
    en: ClassVar = "notify another system by a signed HTTPS request; the operator allows its host per account"
    examples: ClassVar[tuple[str | Mapping[str, Any], ...]] = (
        "webhook https://crm.example.com/hooks/yuchi",
        {"webhook": {"url": "https://crm.example.com/hooks/yuchi", "data": {"城市": "{{profile.attributes.城市}}"}}},
    )

    kind: Literal["webhook"] = "webhook"
    url: Annotated[str, AfterValidator(_webhook_address)]
    data: Data

    @property
    def host(self) -> str:
        """The host that is called, in lower case."""
        found = _HTTPS.fullmatch(self.url)
        return found["host"].lower() if found else ""

    @classmethod
    @override
    def from_line(cls, argument: str) -> Self:
        return cls.model_validate({"url": argument})

    @override
    def argument(self) -> Any:
        return {"url": self.url, "data": dict(self.data)} if self.data else self.url
