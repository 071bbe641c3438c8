"""The table of all actions, and reading and writing them. To add an action: write its model, add it here, test it."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Final

from pydantic import Field, TypeAdapter, ValidationError

from yuchi.domain.actions.base import BaseAction, field_names, problems_of
from yuchi.domain.actions.facts import Score, Set
from yuchi.domain.actions.outward import After, Emit, Webhook
from yuchi.domain.actions.saying import Reply, Send
from yuchi.domain.actions.tags import Tag, Untag
from yuchi.domain.problem import RuleProblem, RuleProblemError, closest

Action = Annotated[
    Tag | Untag | Set | Score | Reply | Send | After | Emit | Webhook,
    Field(discriminator="kind"),
]

_KINDS: Final = (Tag, Untag, Set, Score, Reply, Send, After, Emit, Webhook)
ACTIONS: Final[Mapping[str, type[BaseAction]]] = {action.verb: action for action in _KINDS}
MAX_ACTIONS: Final = 20
MAX_LINE: Final = 5_000
MAX_READ: Final = 50
"""How many actions are read at all, so that garbage costs little."""

_CHINESE_VERBS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("打标签", "加标签", "贴标签", "标签", "添加标签"), "tag"),
    **dict.fromkeys(("去标签", "删标签", "删除标签", "移除标签", "取消标签", "去掉标签"), "untag"),
    **dict.fromkeys(("设置", "属性", "设置属性", "修改"), "set"),
    **dict.fromkeys(("加分", "减分", "扣分", "积分", "打分", "评分"), "score"),
    **dict.fromkeys(("回复", "自动回复", "回答", "答复"), "reply"),
    **dict.fromkeys(("发送", "发消息", "推送", "客服消息", "发"), "send"),
    **dict.fromkeys(("定时", "延时", "延迟", "之后", "等待", "提醒"), "after"),
    **dict.fromkeys(("触发", "事件", "触发事件"), "emit"),
    **dict.fromkeys(("通知", "接口", "回调", "调用", "请求"), "webhook"),
}
_ENGLISH_VERBS: Final[Mapping[str, str]] = {
    "addtag": "tag", "label": "tag", "removetag": "untag", "attribute": "set", "point": "score", "points": "score",
    "answer": "reply", "respond": "reply", "message": "send", "text": "send", "wait": "after", "timer": "after",
    "delay": "after", "event": "emit", "trigger": "emit", "http": "webhook", "call": "webhook", "post": "webhook",
}  # fmt: skip
_VERB: Final = re.compile(r"([^\s:：]{1,40})(?:[:：]|\s|$)\s*")
_ADAPTER: Final[TypeAdapter[Action]] = TypeAdapter(Action)
_TUPLE: Final[TypeAdapter[tuple[Action, ...]]] = TypeAdapter(tuple[Action, ...])


def parse_actions(value: Any) -> tuple[Action, ...]:
    """The actions in a list of lines and one-key maps, in one multi-line text, or in one map.

    ``value`` holds JSON values. Raises :class:`RuleProblemError` whose problems name the action (from 1, of a
    multi-line text the line) and where they can the column.
    """
    actions: list[Action] = []
    problems: list[RuleProblem] = []
    for number, each in _items(value):
        try:
            actions.append(parse_action(each))
        except RuleProblemError as exc:
            problems.extend(problem.at(item=number) for problem in exc.problems)
    if not actions and not problems:
        problems.append(
            RuleProblem(
                "actions.none", "没有写要做什么，例如 tag 新粉丝", "no action is given, for example: tag new fan"
            )
        )
    if len(actions) > MAX_ACTIONS:
        problems.append(
            RuleProblem(
                "actions.many",
                f"动作太多，一条规则最多 {MAX_ACTIONS} 个",
                f"too many actions, at most {MAX_ACTIONS} a rule",
            )
        )
    if problems:
        raise RuleProblemError(*problems[:MAX_ACTIONS])
    return tuple(actions)


def parse_action(value: Any) -> Action:
    """One action from its line or its one-key map. Raises :class:`RuleProblemError`."""
    if isinstance(value, str):
        return _parse_line(value)
    if isinstance(value, Mapping) and len(value) == 1:
        ((verb, argument),) = value.items()
        model = _find(str(verb), column=None)
        if not isinstance(argument, str):
            return _build(model, argument, column=None)
        _refuse_long(argument)
        return _build(model, argument.strip(), column=None)
    raise RuleProblemError(
        RuleProblem(
            "action.form",
            "每个动作写成一行文字（例如 tag 新粉丝），或只有一个键的映射",
            "an action is one line of text (for example: tag new fan) or a map with one key",
        )
    )


def to_line(action: Action) -> str | dict[str, Any]:
    """The shortest form that :func:`parse_action` reads back: a line, or a one-key map for actions with many fields."""
    argument = action.argument()
    return f"{action.verb} {argument}" if isinstance(argument, str) else {action.verb: argument}


def dump_action(action: Action) -> dict[str, Any]:
    """The JSON form for storage; read back by :func:`load_action`."""
    return action.model_dump(mode="json", exclude_none=True)


def load_action(value: Mapping[str, Any]) -> Action:
    """The inverse of :func:`dump_action`."""
    action: Action = _ADAPTER.validate_python(value)
    return action


def load_actions(values: Sequence[Mapping[str, Any]]) -> tuple[Action, ...]:
    """Several at once."""
    return _TUPLE.validate_python(values)


def _items(value: Any) -> list[tuple[int, Any]]:
    if isinstance(value, str):
        value = value.splitlines()
    if isinstance(value, Mapping):
        return [(number, {verb: argument}) for number, (verb, argument) in enumerate(value.items(), 1)][:MAX_READ]
    if isinstance(value, list | tuple):
        written = (
            (number, each)
            for number, each in enumerate(value, 1)
            if not (isinstance(each, str) and (not each.strip() or _is_comment(each)))
        )
        return list(islice(written, MAX_READ))
    return [] if value is None else [(1, value)]


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


@lru_cache(maxsize=4096)
def _parse_line(line: str) -> Action:
    if len(line) > MAX_LINE:
        raise RuleProblemError(
            RuleProblem(
                "action.long", f"一个动作最多 {MAX_LINE} 个字符", f"an action has at most {MAX_LINE} characters"
            )
        )
    start = len(line) - len(line.lstrip())
    if line[start : start + 2] == "- ":
        start += 2
    found = _VERB.match(line, start)
    if found is None:
        verb, argument_at = line[start : start + 40], len(line)
    else:
        verb, argument_at = found.group(1), found.end()
    model = _find(verb, column=start + 1, rest=line[argument_at:].strip())
    return _build(model, line[argument_at:].rstrip(), column=argument_at)


def _refuse_long(text: str) -> None:
    """No pattern below meets a text of unbounded length."""
    if len(text) > MAX_LINE:
        raise RuleProblemError(
            RuleProblem(
                "action.long", f"一个动作最多 {MAX_LINE} 个字符", f"an action has at most {MAX_LINE} characters"
            )
        )


def _find(written: str, *, column: int | None, rest: str = "") -> type[BaseAction]:
    verb = unicodedata.normalize("NFKC", written).strip().lower()
    action = ACTIONS.get(verb)
    if action is not None:
        return action
    meant = _meant(verb)
    raise RuleProblemError(
        RuleProblem(
            "action.unknown",
            f"没有“{written[:20]}”这个动作，可以用：{'、'.join(ACTIONS)}",
            f"there is no action {written[:20]!r}; there are: {', '.join(ACTIONS)}",
            column=column,
            suggestion=f"{meant} {rest[:40]}".strip() if meant else "",
        )
    )


def _meant(verb: str) -> str:
    if verb in _CHINESE_VERBS or verb in _ENGLISH_VERBS:
        return _CHINESE_VERBS.get(verb) or _ENGLISH_VERBS[verb]
    for chinese in sorted(_CHINESE_VERBS, key=len, reverse=True):
        if verb.startswith(chinese):
            return _CHINESE_VERBS[chinese]
    return closest(verb, ACTIONS, cutoff=0.5)


def _build(model: type[BaseAction], argument: Any, *, column: int | None) -> Action:
    """Columns within the argument become columns within the line, whose argument starts behind ``column``."""
    try:
        action = model.from_map(argument) if column is None else model.from_line(argument)
    except ValidationError as exc:
        raise RuleProblemError(*problems_of(exc, known=field_names())) from None
    except RuleProblemError as exc:
        raise RuleProblemError(
            *(
                problem.at(column=problem.column + column if problem.column and column is not None else None)
                for problem in exc.problems
            )
        ) from None
    if not isinstance(action, _KINDS):
        raise TypeError(f"{model.verb} is not in the table")
    return action
