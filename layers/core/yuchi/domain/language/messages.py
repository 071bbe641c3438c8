"""What is told about a condition: one table, so that wording can be read, translated and tested as data.

A sentence says what was found and why it cannot be; what to write instead is the problem's ``suggestion``.
"""

from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.problem import RuleProblem, RuleProblemError, Severity

Problem = RuleProblem
"""One thing to mend in a condition; ``column`` counts characters from 1."""


class ConditionError(RuleProblemError):
    """A condition cannot be used; ``problems`` says why, in the order of their columns."""


_SHOWN: Final = 40
"""How many characters of what was found are repeated."""

MESSAGES: Final[Mapping[str, tuple[str, str]]] = {
    # --- size
    "limit.text": ("条件太长：{found} 个字符，最多 {limit} 个", "too long: {found} characters, at most {limit}"),
    "limit.depth": ("括号或嵌套太深，最多 {limit} 层", "nested too deep, at most {limit} levels"),
    "limit.nodes": (
        "条件太复杂，最多 {limit} 个部分；请拆成几条规则",
        "too many parts, at most {limit}; split the rule",
    ),
    "limit.cost": (
        "条件计算量太大（{found}，最多 {limit}）：exists 和 all 不要套用，关键词改用 containsAny",
        "costs too much ({found}, at most {limit}): do not nest exists and all, use containsAny for keywords",
    ),
    # --- characters
    "text.form": ("条件要写成文字", "a condition is a text"),
    "character.wide": (
        "“{found}”是全角符号，条件里要用半角",
        "{found} is a full-width character; use the half-width one",
    ),
    "character.space": (
        "这里有一个全角或不可见的空格，请删掉",
        "there is a full-width or invisible space here; remove it",
    ),
    "character.unknown": ("条件里不能用“{found}”", "{found} cannot be used in a condition"),
    "quotes.wide": ("引号是全角的，文字要放在半角引号里", "the quotation marks are full-width; use half-width ones"),
    "quotes.open": ("这里的引号没有配对的另一半", "this quotation mark has no partner"),
    "escape.unknown": (
        "文字里的 {found} 不是有效的转义，反斜杠要写成 \\\\",
        "{found} is no valid escape; write a backslash as \\\\",
    ),
    "number.large": ("数字 {found} 太大", "the number {found} is too large"),
    "number.unit": (
        "数字后面不能直接写单位，时间段要写成文字",
        "a number takes no unit; a span of time is written as a text",
    ),
    # --- words and operators
    "operator.single": ("“{found}”不是比较，判断相等要用两个等号", "{found} does not compare; equality is =="),
    "operator.other": ("没有“{found}”这个运算符", "there is no operator {found}"),
    "operator.word": ("这里要用符号，不能用“{found}”", "write a symbol here, not {found}"),
    "word.name": (
        "“{found}”不是字段名；中文名称要放在方括号和引号里",
        "{found} is no field; a name like this goes into brackets and quotes",
    ),
    "word.unquoted": ("“{found}”没有加引号", "{found} is not in quotation marks"),
    "word.case": ("要写成小写", "must be in lower case"),
    # --- grammar
    "grammar.end": ("条件没有写完", "the condition is not finished"),
    "grammar.unexpected": ("这里不应该有“{found}”", "{found} is not expected here"),
    "grammar.operator": ("两个条件之间缺少 && 或 ||", "&& or || is missing between two parts"),
    "grammar.before": ("“{found}”前面缺少内容", "something is missing before {found}"),
    "grammar.after": ("“{found}”后面缺少内容", "something is missing after {found}"),
    "grammar.close": ("“{found}”没有配对的右括号", "{found} is never closed"),
    "grammar.extra": ("多了一个“{found}”", "there is one {found} too many"),
    "grammar.chain": ("不能连着比较，要用 && 分成两个比较", "comparisons cannot be chained; join two of them with &&"),
    "grammar.field": ("点号后面要写字段名", "a field's name must follow the dot"),
    "grammar.colon": ("? 后面缺少 :", "the : that belongs to ? is missing"),
    # --- names and functions
    "name.unknown": (
        "不认识“{found}”；条件以 event、profile、account 或 now 开头",
        "{found} is unknown; names begin with event, profile, account or now",
    ),
    "name.taken": ("“{found}”已有含义，请换一个名称", "{found} has a meaning already; choose another name"),
    "field.unknown": ("没有字段 {found}", "unknown field {found}"),
    "field.attribute": (
        "没有字段 {found}；规则用 set 设置的属性写作 {attribute}",
        "unknown field {found}; an attribute that rules set is written {attribute}",
    ),
    "field.foreign": ("{types} 事件没有 {found}，这里总是没有值", "{types} has no {found}; it never has a value here"),
    "field.inside": ("{found} 是{kind}，里面没有字段", "{found} is {kind} and has no fields"),
    "function.unknown": ("没有函数 {found}", "unknown function {found}"),
    "function.regex": (
        "为了安全不支持正则表达式，请用 contains、startsWith 或 containsAny",
        "there are no regular expressions; use contains, startsWith or containsAny",
    ),
    "function.method": ("{found} 要写在字段后面", "{found} is written after a field"),
    "function.plain": ("{found} 前面不能有字段", "{found} is not written after a field"),
    "function.arguments": (
        "{found} 需要 {wanted} 个参数，这里有 {given} 个",
        "{found} takes {wanted} argument(s), not {given}",
    ),
    "function.constant": (
        "{found} 的这个参数要直接写成带引号的文字",
        "this argument of {found} must be a text in quotation marks",
    ),
    "function.variable": (
        "{found} 的第一个参数要是一个英文变量名",
        "the first argument of {found} is the name of a variable",
    ),
    "has.field": ("has 里要写一个字段", "has takes a field"),
    "time.form": (
        "“{found}”不是完整的时间，要写明日期、时间和时区",
        "{found} is no full time: date, time and zone are needed",
    ),
    "duration.form": ("“{found}”不是时间段", "{found} is no span of time"),
    "zone.unknown": ("没有时区 {found}", "unknown time zone {found}"),
    "sequence.steps": (
        "这里要写 {least} 到 {most} 种事件的列表，按先后排列",
        "a list of {least} to {most} event types belongs here, in their order",
    ),
    "type.form": ("“{found}”不是事件类型", "{found} is no event type"),
    "type.unknown": ("没有 {found} 这种事件", "there is no event {found}"),
    # --- kinds
    "kind.compare": (
        "{left} 是{left_kind}，不能和{right_kind}比较",
        "{left} is {left_kind} and cannot be compared with {right_kind}",
    ),
    "kind.order": (
        "{left} 是{left_kind}，不能和{right_kind}比大小",
        "{left} is {left_kind}; it cannot be ordered with {right_kind}",
    ),
    "kind.null": ("不能和 null 比大小，永远不会成立", "nothing is smaller or larger than null"),
    "kind.condition": (
        "{found} 是{kind}，不是判断；请写出和什么比较",
        "{found} is {kind}, no test; say what it is compared with",
    ),
    "kind.argument": ("{function} 不能用在{kind}上", "{function} does not work on {kind}"),
    "kind.arithmetic": (
        "{left_kind}和{right_kind}不能用 {operator} 计算",
        "{left_kind} and {right_kind} cannot be combined with {operator}",
    ),
    "kind.in": ("in 的右边要是列表或标签，不能是{kind}", "what follows in must be a list or tags, not {kind}"),
    "kind.element": ("列表里没有{kind}，永远不会成立", "the list holds no {kind}; this never holds"),
    # --- meaning
    "never.whole": ("这个条件永远不会成立", "this condition can never hold"),
    "never.together": ("{found} 和前面的 {other} 不可能同时成立", "{found} and {other} can never hold together"),
    "never.part": ("这一部分永远不会成立", "this part can never hold"),
    "never.range": (
        "{found} 只会是 {low} 到 {high}，永远不会成立",
        "{found} lies between {low} and {high}; this never holds",
    ),
    "always.whole": ("这个条件总是成立", "this condition always holds"),
    "always.part": ("这一部分总是成立，可以去掉", "this part always holds and may be left out"),
    "always.options": (
        "写成 || 的两个“不等于”总是成立，应该用 &&",
        "two != joined by || always hold; && was probably meant",
    ),
    "keyword.short": (
        "关键词“{found}”只有一个字，很容易误中",
        "the keyword {found} is one character and will match a lot",
    ),
    "keyword.empty": ("关键词是空的，总是成立", "an empty keyword is found in every text"),
    "keyword.lower": (
        "左边已变成小写，永远不会含有大写的“{found}”",
        "the left side is in lower case and never holds {found}",
    ),
    "time.utc": ("{found} 按 UTC 计算，比北京时间少 8 小时", "{found} is in UTC, 8 hours behind Beijing"),
}
"""Code -> Chinese, English."""

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "text": ("文字", "a text"),
    "number": ("数字", "a number"),
    "boolean": ("true/false", "true or false"),
    "time": ("时间", "a time"),
    "duration": ("时间段", "a span of time"),
    "list": ("列表", "a list"),
    "map": ("一组值", "a set of named values"),
    "null": ("null", "null"),
    "any": ("任意值", "any value"),
}
"""Kinds of values, for people."""


def make_problem(
    code: str, column: int, *, suggestion: str = "", severity: Severity = Severity.ERROR, **values: Any
) -> Problem:
    """A problem from the table; ``values`` fill its sentences, kinds (``kind``, ``*_kind``) in the reader's words."""
    zh, en = MESSAGES[code]
    return Problem(
        code=f"when.{code}",
        zh=zh.format_map({name: _shown(name, value, 0) for name, value in values.items()}),
        en=en.format_map({name: _shown(name, value, 1) for name, value in values.items()}),
        column=column,
        suggestion=suggestion,
        severity=severity,
    )


def _shown(name: str, value: object, language: int) -> str:
    if name.endswith("kind"):
        return KINDS[str(value)][language]
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
