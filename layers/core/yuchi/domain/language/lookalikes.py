"""What people type instead of the language's own characters and words."""

from collections.abc import Mapping
from typing import Final

WIDE_OPERATORS: Final[Mapping[str, str]] = {
    "（": "(", "）": ")", "［": "[", "］": "]", "【": "[", "】": "]", "〔": "[", "〕": "]", "，": ",",
    "、": ",", "。": ".", "．": ".", "：": ":", "？": "?", "！": "!", "＜": "<", "＞": ">", "〈": "<",
    "〉": ">", "＋": "+", "－": "-", "−": "-", "–": "-", "—": "-", "×": "*", "＊": "*", "÷": "/", "／": "/",
    "％": "%", "≥": ">=", "≤": "<=", "≠": "!=", "≧": ">=", "≦": "<=",
}  # fmt: skip
"""Full-width and typographic characters -> the operator they stand for."""

ASCII_OPERATORS: Final[Mapping[str, str]] = {
    "=": "==", "===": "==", "=>": ">=", "=<": "<=", "<>": "!=", "!==": "!=", "&": "&&", "|": "||", "＝": "==",
    "＝＝": "==", "！＝": "!=", "＞＝": ">=", "＜＝": "<=", "＆＆": "&&", "＆": "&&", "｜｜": "||", "｜": "||",
    "{": "(", "}": ")", "｛": "(", "｝": ")",
}  # fmt: skip
"""Other languages' operators, half-width or full-width -> ours. Looked up longest first."""

WORD_OPERATORS: Final[Mapping[str, str]] = {
    "and": "&&", "且": "&&", "并且": "&&", "而且": "&&", "和": "&&", "与": "&&", "同时": "&&", "以及": "&&",
    "or": "||", "或": "||", "或者": "||", "not": "!", "非": "!", "不": "!", "不是": "!=", "不等于": "!=",
    "等于": "==", "是": "==", "is": "==", "equals": "==", "大于": ">", "小于": "<", "大于等于": ">=",
    "小于等于": "<=", "不小于": ">=", "不大于": "<=", "超过": ">", "少于": "<", "属于": "in", "在": "in",
    "mod": "%", "加": "+", "减": "-", "乘": "*", "除以": "/",
}  # fmt: skip
"""Words for operators, in lower case."""

WORD_CONSTANTS: Final[Mapping[str, str]] = {
    "true": "true", "false": "false", "null": "null", "none": "null", "nil": "null", "undefined": "null",
    "真": "true", "假": "false", "空": "null",
}  # fmt: skip
"""Words for constants, in lower case."""

WORD_FUNCTIONS: Final[Mapping[str, str]] = {
    "includes": "contains", "include": "contains", "contain": "contains", "has": "contains",
    "indexof": "contains", "包含": "contains", "含有": "contains", "containsany": "containsAny",
    "containsone": "containsAny", "anyof": "containsAny", "startwith": "startsWith", "startswith": "startsWith",
    "beginswith": "startsWith", "beginwith": "startsWith", "开头是": "startsWith", "endwith": "endsWith",
    "endswith": "endsWith", "结尾是": "endsWith", "length": "size", "len": "size", "lower": "lowerAscii",
    "tolower": "lowerAscii", "tolowercase": "lowerAscii", "lowercase": "lowerAscii", "strip": "trim",
    "any": "exists", "some": "exists", "every": "all", "date": "timestamp", "datetime": "timestamp",
    "time": "timestamp", "age": "ageInDays", "days": "ageInDays", "gethour": "getHours", "hour": "getHours",
    "hours": "getHours", "getday": "getDayOfWeek", "weekday": "getDayOfWeek", "dayofweek": "getDayOfWeek",
    "getyear": "getFullYear", "year": "getFullYear", "month": "getMonth", "day": "getDate", "exist": "has",
    "defined": "has",
}  # fmt: skip
"""Other languages' functions, in lower case -> ours."""

OPENING_QUOTES: Final = "“”„‟＂「『‘’‚‛＇《"
CLOSING_QUOTES: Final = "”“＂」』’‘＇》\"'"
"""Quotation marks that do not quote here; any of the second row ends what one of the first began."""

ODD_SPACES: Final = "\u3000\xa0\u202f\u205f\u2060\ufeff" + "".join(map(chr, range(0x2000, 0x200E))) + "\u2028\u2029"
"""Spaces that come along when a text is copied from a chat or a web page."""
