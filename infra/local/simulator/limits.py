"""WeChat's documented limits, as data. Daily quotas are those of the published table; an account may have others."""

from dataclasses import dataclass
from typing import Final

HOUR: Final = 3600
MESSAGE_WINDOW: Final = 48 * HOUR
MINUTE: Final = 60

TOKEN_SECONDS: Final = 7200
STABLE_TOKEN_MARGIN: Final = 300
"""Before its end a stable token is replaced by a new one; both are good until the old one's end."""
FORCED_REFRESHES: Final = 20
"""A day, at least :data:`FORCED_REFRESH_GAP` seconds apart."""
FORCED_REFRESH_GAP: Final = 30
OLD_TOKEN_GRACE: Final = 300
"""How long the token before the current one is good still."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many customer-service messages a fan's act allows, and for how long (seconds). None: any number."""

    messages: int | None
    seconds: int


ALLOWANCES: Final = {
    "message": Allowance(5, MESSAGE_WINDOW),
    "menu": Allowance(3, MINUTE),
    "follow": Allowance(3, MINUTE),
    "scan": Allowance(3, MINUTE),
    "payment": Allowance(None, MESSAGE_WINDOW),
}
"""By trigger (WeChat documentation: customer-service messages, since June 2023)."""

DAILY: Final = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/message/custom/send": 500_000,
    "/cgi-bin/message/template/send": 100_000,
    "/cgi-bin/message/subscribe/bizsend": 100_000,
    "/cgi-bin/message/mass/send": 100,
    "/cgi-bin/message/mass/sendall": 100,
    "/cgi-bin/message/mass/preview": 100,
    "/cgi-bin/media/upload": 5_000,
    "/cgi-bin/user/get": 500,
    **dict.fromkeys(
        ("/cgi-bin/tags/get", "/cgi-bin/tags/create", "/cgi-bin/tags/update", "/cgi-bin/tags/delete"), 1_000
    ),
    "/cgi-bin/user/info": 5_000_000,
    "/cgi-bin/user/info/batchget": 500_000,
}
DAILY_OTHERWISE: Final = 100_000

TAGS: Final = 97
"""Of the account's own; WeChat has three for itself."""
TAGS_OF_FAN: Final = 20
TAG_CHARACTERS: Final = 30
FANS_OF_DELETABLE_TAG: Final = 100_000
OPENIDS_PER_TAGGING: Final = 50

TEXT_BYTES: Final = 2048
OPENIDS_PER_BATCH: Final = 100
OPENIDS_PER_PAGE: Final = 10_000
ARTICLES: Final = 1
MEDIA_SECONDS: Final = 3 * 24 * HOUR
MEDIA_BYTES: Final = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "thumb": 64 << 10}

MASS_LEAST: Final = 2
MASS_MOST: Final = 10_000
MASS_CALLS_A_MINUTE: Final = 60
MASS_A_MONTH: Final = 4
"""Mass messages that a fan gets in one month of Beijing; more are dropped in silence."""
CLIENT_ID_BYTES: Final = 64
CLIENT_ID_SECONDS: Final = 24 * HOUR
REPLAY_SECONDS: Final = 10 * MINUTE
DRAFT_ARTICLES: Final = 8
ARTICLE_CHARACTERS: Final = {"title": (32, 45003), "author": (16, 45110), "digest": (128, 45004)}
"""Part of an article -> the most characters, and the code of one that is longer."""

MESSAGES: Final = {
    -1: "system error",
    0: "ok",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40003: "invalid openid",
    40004: "invalid media type",
    40007: "invalid media_id",
    40008: "invalid message type",
    40009: "invalid image size",
    40013: "invalid appid",
    40032: "invalid openid list size",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40037: "invalid template_id",
    40059: "invalid msg id",
    40066: "invalid url",
    40125: "invalid appsecret",
    41001: "access_token missing",
    41004: "appsecret missing",
    41005: "media data missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    43004: "require subscribe",
    43101: "user refuse to accept the msg",
    44002: "empty post data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45028: "has no masssend quota",
    45056: "beyond max tag num",
    45057: "tag with too many fans cannot be deleted",
    45058: "can't modify sys tag",
    45059: "can't add more than 20 tags to one user",
    45157: "invalid tag name",
    45158: "invalid tag name size",
    45159: "invalid tag",
    45065: "clientmsgid exist",
    45067: "clientmsgid size out of limit",
    45110: "author size out of limit",
    47003: "argument invalid!",
    49003: "not match openid with appid",
    45015: "response out of time limit or subscription is canceled",
    45047: "out of response count limit",
    47001: "data format error",
    48001: "api unauthorized",
    76021: "cgi_path not found",
}
