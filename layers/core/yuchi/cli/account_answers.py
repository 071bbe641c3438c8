"""What is wrong with an answer about an account, before anything is stored."""

import re
from typing import Final

from yuchi.adapters.wechat.crypto import UnusableKeyError, parse_key

APP_SECRET: Final = "YUCHI_APP_SECRET"  # noqa: S105 - the name of a variable
TOKEN: Final = "YUCHI_TOKEN"  # noqa: S105 - the name of a variable
AES_KEY: Final = "YUCHI_ENCODING_AES_KEY"
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_APPID: Final = re.compile(r"wx[0-9a-f]{16}")
_ORIGINAL_ID: Final = re.compile(r"gh_[0-9a-zA-Z_]{1,40}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9]{3,32}")
MAX_NAME: Final = 60

Problem = tuple[str, str] | None


def judge_id(answer: str) -> Problem:
    """Of an account or a brand."""
    if _ID.fullmatch(answer):
        return None
    return "只能用小写字母、数字和横线，最多 40 个", "lower-case letters, digits and dashes only, at most 40"


def judge_name(answer: str) -> Problem:
    """For people."""
    return None if 0 < len(answer) <= MAX_NAME else (f"要有 1 到 {MAX_NAME} 个字", f"it has 1 to {MAX_NAME} characters")


def judge_original_id(answer: str) -> Problem:
    """WeChat's 原始 ID."""
    if _ORIGINAL_ID.fullmatch(answer):
        return None
    return (
        "原始 ID 以 gh_ 开头，在 设置与开发 → 账号信息（小程序：设置 → 基本设置）",
        "it begins with gh_; WeChat's console shows it under 账号信息 (mini-program: 基本设置)",
    )


def judge_appid(answer: str) -> Problem:
    """WeChat's AppID."""
    if _APPID.fullmatch(answer):
        return None
    return "AppID 是 wx 加 16 位小写十六进制", "an AppID is wx and 16 lower-case hexadecimal digits"


def judge_token(answer: str) -> Problem:
    """A Token for pushes."""
    return (
        None if _TOKEN.fullmatch(answer) else ("Token 是 3 到 32 位字母和数字", "a Token is 3 to 32 letters and digits")
    )


def judge_aes_key(answer: str) -> Problem:
    """An EncodingAESKey."""
    try:
        parse_key(answer)
    except UnusableKeyError:
        return "EncodingAESKey 是 43 位字母和数字", "an EncodingAESKey is 43 letters and digits"
    return None


def judge_any(answer: str) -> Problem:
    """A secret whose form is WeChat's own business."""
    return (
        None
        if answer and not any(letter.isspace() for letter in answer)
        else ("不能是空的，也不能有空格", "it is not empty and has no blanks")
    )
