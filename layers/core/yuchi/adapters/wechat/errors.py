"""WeChat's error codes as data: what each means, and what to do when it comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AnswerMeaning(StrEnum):
    """What an answer means for the call that got it."""

    SUCCESS = "success"
    UNKNOWN = "unknown"
    """It may have been carried out. Never repeat a send that has no key of its own."""
    TOKEN = "token"  # noqa: S105 - a name, not a token
    """Not carried out: the access token is stale."""
    MINUTE_LIMIT = "minute_limit"
    """Not carried out: too fast; try again after a minute."""
    CLOSED_UNTIL_MIDNIGHT = "closed_until_midnight"
    """Not carried out: the day's quota of this interface is used up (days end at 00:00 in Beijing)."""
    REJECTED = "rejected"
    """Not carried out, and the same call never will be."""
    MISCONFIGURED = "misconfigured"
    """Not carried out until the operator changes the account's settings."""
    SUSPENDED = "suspended"
    """Not carried out: WeChat punishes the account. Stop its calls and tell the operator."""


class FanState(StrEnum):
    """What an error tells about the fan."""

    INVALID_OPENID = "invalid_openid"
    UNSUBSCRIBED = "unsubscribed"
    BLACKLISTED = "blacklisted"
    NO_CONSENT = "no_consent"
    WINDOW_CLOSED = "window_closed"
    WINDOW_USED_UP = "window_used_up"
    GONE = "gone"
    MUTED = "muted"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """One error: what it means for the call and for the fan; meaning and remedy in Chinese and English.

    ``reason``: what the ledger says instead of ``outcome``.
    """

    outcome: AnswerMeaning
    zh: str
    en: str
    fan: FanState | None = None
    reason: str = ""


_BUG: Final = ErrorSpec(
    AnswerMeaning.REJECTED, "请求内容有误，请反馈给开发者", "the request is malformed: report it to the developers"
)
_TOKEN: Final = ErrorSpec(
    AnswerMeaning.TOKEN, "access_token 失效，系统会自动换新", "the access token is stale; a new one is fetched"
)
_SECRET: Final = ErrorSpec(
    AnswerMeaning.MISCONFIGURED,
    "appid 或 AppSecret 不对，请重新运行 yuchi account add",
    "wrong appid or AppSecret: run yuchi account add again",
)
_ADDRESS: Final = ErrorSpec(
    AnswerMeaning.MISCONFIGURED,
    "出口 IP 不在公众平台的 IP 白名单里，请把它加进去",
    "our address is not on the account's IP allow-list: add it in WeChat's console",
)
_CONFIRMATION: Final = ErrorSpec(
    AnswerMeaning.MISCONFIGURED,
    "管理员尚未确认此 IP 的调用，请管理员在微信里确认",
    "an administrator has to confirm calls from this address in WeChat",
)
_FROZEN: Final = ErrorSpec(
    AnswerMeaning.SUSPENDED,
    "账号或 AppSecret 被冻结、处罚，请登录公众平台处理",
    "the account or its AppSecret is frozen or punished: sign in to WeChat's console",
)
_TEMPLATE: Final = ErrorSpec(
    AnswerMeaning.REJECTED,
    "模板编号、页面路径或模板参数不对，请改正这一步",
    "template id, page path or parameters are wrong: mend the step",
)
_CONTENT: Final = ErrorSpec(
    AnswerMeaning.REJECTED, "内容超长或不合规，请修改内容", "the content is too long or not allowed: change it"
)
_TAGS: Final[Mapping[int, ErrorSpec]] = {
    45056: ErrorSpec(
        AnswerMeaning.REJECTED,
        "账号的微信标签已有 100 个，只保留本系统的标签；删掉不用的微信标签后运行 yuchi sync tags",
        "the account has its 100 tags: only our own is kept; delete some in the console, then yuchi sync tags",
        reason="account_full",
    ),
    45057: ErrorSpec(
        AnswerMeaning.REJECTED,
        "标签下粉丝超过 10 万，不能直接删除",
        "the tag has more than 100,000 fans and cannot be deleted",
    ),
    45058: ErrorSpec(AnswerMeaning.REJECTED, "微信系统保留的标签，不能修改", "a tag that WeChat has for itself"),
    45059: ErrorSpec(
        AnswerMeaning.REJECTED,
        "这位粉丝的微信标签已有 20 个，只保留本系统的标签",
        "the fan has 20 tags at WeChat: only our own is kept",
        reason="fan_full",
    ),
    45157: ErrorSpec(AnswerMeaning.REJECTED, "标签名已存在，沿用原有标签", "a tag of that name exists: it is used"),
    45158: ErrorSpec(
        AnswerMeaning.REJECTED,
        "标签名超过 30 个字符，请换个短的",
        "the tag's name is longer than 30 characters: choose a shorter one",
        reason="name_too_long",
    ),
    45159: ErrorSpec(
        AnswerMeaning.REJECTED,
        "微信里没有这个标签（可能在后台删了），系统会重新创建",
        "WeChat has no such tag (deleted in the console?): it is made anew",
    ),
}
_MENU: Final = ErrorSpec(AnswerMeaning.REJECTED, "个性化菜单配置不对", "the conditional menu is not allowed like this")
_THIRD_PARTY: Final = ErrorSpec(
    AnswerMeaning.MISCONFIGURED,
    "第三方平台未获此账号或接口的授权",
    "the third-party platform is not authorised for this",
)
_FORBIDDEN: Final = ErrorSpec(
    AnswerMeaning.MISCONFIGURED,
    "账号没有这个接口的权限，请在公众平台开通",
    "the account may not use this interface: apply for it",
)

ERRORS: Final[Mapping[int, ErrorSpec]] = {
    0: ErrorSpec(AnswerMeaning.SUCCESS, "成功", "done"),
    -1: ErrorSpec(
        AnswerMeaning.UNKNOWN, "微信系统繁忙，是否已执行不确定", "WeChat is busy; whether it was done is not known"
    ),
    40001: _TOKEN,
    40014: _TOKEN,
    42001: _TOKEN,
    40003: ErrorSpec(
        AnswerMeaning.REJECTED,
        "openid 不属于此账号或已失效",
        "the openid is not of this account",
        FanState.INVALID_OPENID,
    ),
    **dict.fromkeys((40013, 40125, 41002, 41004), _SECRET),
    **dict.fromkeys(
        (40029, 40163, 42003), ErrorSpec(AnswerMeaning.REJECTED, "网页授权已失效，请重新登录", "log in again")
    ),
    **dict.fromkeys((40032, 44002, 45067, 47001), _BUG),
    **dict.fromkeys((40036, 40037, 41030, 47003), _TEMPLATE),
    40164: _ADDRESS,
    61004: _ADDRESS,
    **dict.fromkeys((89501, 89503, 89506, 89507), _CONFIRMATION),
    **dict.fromkeys((40243, 50004, 50007), _FROZEN),
    42007: ErrorSpec(
        AnswerMeaning.REJECTED, "用户改过密码，需要重新授权", "the user changed the password and must log in again"
    ),
    43004: ErrorSpec(AnswerMeaning.REJECTED, "对方没有关注此账号", "not a follower", FanState.UNSUBSCRIBED),
    50005: ErrorSpec(AnswerMeaning.REJECTED, "对方没有关注此账号", "not a follower", FanState.UNSUBSCRIBED),
    43019: ErrorSpec(AnswerMeaning.REJECTED, "对方在黑名单里", "on the account's block list", FanState.BLACKLISTED),
    43101: ErrorSpec(
        AnswerMeaning.REJECTED, "对方拒收，或订阅次数已用完", "refused, or no subscription left", FanState.NO_CONSENT
    ),
    **dict.fromkeys((45002, 45008, 45166), _CONTENT),
    45009: ErrorSpec(
        AnswerMeaning.CLOSED_UNTIL_MIDNIGHT,
        "当日调用次数用完，北京时间零点后恢复",
        "the day's quota is used up; it opens again at 00:00 in Beijing",
    ),
    45011: ErrorSpec(AnswerMeaning.MINUTE_LIMIT, "调用太快，一分钟后再试", "too fast: again after a minute"),
    45015: ErrorSpec(
        AnswerMeaning.REJECTED,
        "客服消息时限已过，或已取消关注",
        "the window is closed, or the fan left",
        FanState.WINDOW_CLOSED,
    ),
    45028: ErrorSpec(
        AnswerMeaning.REJECTED, "群发次数已用完，请改到下一天或下一月", "no mass message left: plan it for later"
    ),
    45047: ErrorSpec(
        AnswerMeaning.REJECTED,
        "客服消息条数已用完，等对方再次互动",
        "the window's messages are used up until the fan acts again",
        FanState.WINDOW_USED_UP,
    ),
    **_TAGS,
    45065: ErrorSpec(
        AnswerMeaning.SUCCESS,
        "同一 clientmsgid 的群发已经存在，沿用其 msg_id",
        "sent before under this clientmsgid: adopt msg_id",
    ),
    45066: ErrorSpec(
        AnswerMeaning.MINUTE_LIMIT, "同一群发重试太快，一分钟后再查", "too fast: ask for its state after a minute"
    ),
    **dict.fromkeys(
        (45072, 45080, 45081), ErrorSpec(AnswerMeaning.REJECTED, "“正在输入”状态无法下发", "cannot show typing")
    ),
    46004: ErrorSpec(AnswerMeaning.REJECTED, "用户不存在", "no such user", FanState.GONE),
    48001: _FORBIDDEN,
    48002: ErrorSpec(AnswerMeaning.REJECTED, "对方关闭了接收消息", "the fan turned messages off", FanState.MUTED),
    48004: ErrorSpec(
        AnswerMeaning.SUSPENDED,
        "接口被封禁，请登录公众平台查看",
        "the interface is banned: sign in to WeChat's console",
    ),
    48006: ErrorSpec(AnswerMeaning.REJECTED, "本月清零次数已用完", "no quota reset left this month"),
    48008: ErrorSpec(AnswerMeaning.REJECTED, "没有发送此类消息的权限", "messages of this kind are not allowed"),
    50001: ErrorSpec(AnswerMeaning.REJECTED, "用户没有授权此接口", "the user did not authorise this"),
    50002: ErrorSpec(
        AnswerMeaning.REJECTED, "用户受限（被冻结或注销）", "the user is frozen or cancelled", FanState.LIMITED
    ),
    61003: _THIRD_PARTY,
    61007: _THIRD_PARTY,
    65400: ErrorSpec(
        AnswerMeaning.MISCONFIGURED,
        "客服功能未开通，请在公众平台开通",
        "customer service is off: switch it on in the console",
    ),
    **dict.fromkeys((*range(65301, 65318), 65320), _MENU),
    76021: ErrorSpec(AnswerMeaning.REJECTED, "查询的接口路径不存在", "no such interface path"),
    76022: ErrorSpec(AnswerMeaning.REJECTED, "没有查询该接口额度的权限", "no permission to ask for this quota"),
}
"""By errcode. A code that is not here means REJECTED: WeChat answered, so it did not do it."""

_UNLISTED: Final = ErrorSpec(
    AnswerMeaning.REJECTED, "微信拒绝了请求，请按错误码查阅微信文档", "WeChat refused it: look the code up"
)

MASS_REASONS: Final[Mapping[int, tuple[str, str]]] = {
    10001: ("涉嫌广告", "advertising"),
    20001: ("涉嫌政治", "politics"),
    20002: ("涉嫌色情", "pornography"),
    20004: ("涉嫌社会", "social harm"),
    20006: ("涉嫌违法犯罪", "illegal"),
    20008: ("涉嫌欺诈", "fraud"),
    20013: ("涉嫌版权", "copyright"),
    21000: ("涉嫌其他", "other"),
    22000: ("涉嫌互推", "mutual promotion"),
    30001: ("原创校验系统错误，且选择了判定转载时不群发", "originality check failed"),
    30002: ("原创校验判定不能群发", "originality check: must not be sent"),
    30003: ("原创校验判定为转载，且选择了判定转载时不群发", "originality check: a reprint"),
    40001: ("管理员拒绝", "an administrator refused"),
    40002: ("管理员 30 分钟内没有响应", "no administrator answered within 30 minutes"),
}
"""``err(N)`` of a mass message: Chinese and English. None of them is worth an automatic retry."""


def explain_error(code: int) -> ErrorSpec:
    """What to make of ``code``."""
    return ERRORS.get(code, _UNLISTED)
