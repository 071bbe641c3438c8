"""The messages that a rule item can get, found where the code makes them."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

import yuchi
from docs.making.markdown import NOTICE_ZH, code, table
from docs.making.markdown import page as make_page
from yuchi.domain.actions.base import _SENTENCES as FIELD_SENTENCES
from yuchi.domain.language.messages import MESSAGES, make_problem
from yuchi.domain.problem import Locale

MAKERS: Final = frozenset({"RuleProblem", "refusal", "unreadable", "refuse"})
"""Calls whose first three texts are a code, Chinese and English."""

PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "整个规则": ("item column rule brand ruleset", "看清楚栏目名和类型；栏目的说明在[规则的每一栏](rule-item.md)。"),
    "rule_id、account、priority": ("rule_id account priority", ""),
    "on（事件类型）": ("on", "所有事件类型在[事件与字段](events.md)。"),
    "when（条件）": ("when", "写法在[条件](conditions.md)。"),
    "then（动作）": (
        "then actions action names name assignment pairs quotes value after score duration emit webhook",
        "写法在[动作](actions.md)。",
    ),
    "消息内容": ("message text address menu news reply send", "长度和次数在[限制](limits.md)。"),
    "占位符": ("placeholder", "`{{profile.attributes.称呼|亲}}`：名字之间用点，默认值在竖线后面。"),
    "limit（次数）": ("limit", ""),
    "群发活动": ("campaign", "每一栏的说明在[群发活动](campaigns.md)。"),
    "品牌自己的定义": (
        "allowed bounds event points sources span stage tags type weight",
        "每一栏的说明在[品牌自己的定义](definitions.md)。",
    ),
    "导入的对照表": ("mapping data format id identity zone", ""),
    "starts_at、ends_at（时间）": ("time", ""),
}
"""Heading -> first words of the codes under it, and what helps with all of them."""


_GAP: Final = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One message; what it fills in is shown as ``…``."""

    code: str
    zh: str
    en: str


def page() -> str:
    """The page."""
    messages = sorted(found())
    blocks = [NOTICE_ZH, _INTRODUCTION]
    for heading, of_place in by_place(messages).items():
        if of_place:
            rows = [(code(each.code), each.zh, each.en) for each in of_place]
            blocks += [f"## {heading}", PLACES.get(heading, ("", ""))[1], table(("代号", "中文", "English"), rows)]
    return make_page(*blocks)


def by_place(messages: list[Message]) -> dict[str, list[Message]]:
    """Messages under their headings; those of the condition language are all the others."""
    heading_of = {word: heading for heading, (words, _) in PLACES.items() for word in words.split()}
    sorted_out: dict[str, list[Message]] = {heading: [] for heading in PLACES}
    for message in messages:
        sorted_out[heading_of.get(message.code.partition(".")[0], "when（条件）")].append(message)
    return sorted_out


def found() -> frozenset[Message]:
    """Every message that the domain and the reviewer can make."""
    root = Path(yuchi.__path__[0])
    files = [*sorted((root / "domain").rglob("*.py")), root / "services" / "review_edit.py"]
    written = {
        message for path in files for message in _in_module(_module(path, root), path.read_text(encoding="utf-8"))
    }
    tables = (("when", MESSAGES), ("action", FIELD_SENTENCES))
    filled_in = {
        Message(f"{place}.{code}", _GAP.sub("…", zh), _GAP.sub("…", en))
        for place, messages in tables
        for code, (zh, en) in messages.items()
    }
    return frozenset(written | filled_in)


def _module(path: Path, root: Path) -> ModuleType:
    parts = path.relative_to(root).with_suffix("").parts
    return importlib.import_module(".".join(("yuchi", *(part for part in parts if part != "__init__"))))


def _in_module(module: ModuleType, source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in MAKERS:
            texts = _texts(node, module)
            if texts is not None:
                yield texts


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _texts(call: ast.Call, module: ModuleType) -> Message | None:
    named = {each.arg: each.value for each in call.keywords}
    given = [*call.args, *(None,) * 3][:3]
    code_node, zh, en = (named.get(name, value) for name, value in zip(("code", "zh", "en"), given, strict=True))
    if not (
        isinstance(code_node, ast.Constant) and isinstance(code_node.value, str) and zh is not None and en is not None
    ):
        return None
    return Message(code_node.value, _written(zh, module), _written(en, module))


def _written(node: ast.expr, module: ModuleType) -> str:
    """A text as it reads, with the module's constants filled in and everything else as an ellipsis."""
    match node:
        case ast.Constant(value=value):
            text = str(value)
        case ast.JoinedStr(values=values):
            text = "".join(_written(each, module) for each in values)
        case ast.FormattedValue(value=ast.Name(id=name)) if isinstance(getattr(module, name, None), int | str):
            text = str(getattr(module, name))
        case ast.IfExp(body=body, orelse=orelse) | ast.FormattedValue(value=ast.IfExp(body=body, orelse=orelse)):
            parts = dict.fromkeys((_written(body, module), _written(orelse, module)))
            text = " / ".join(part for part in parts if part)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            text = _written(left, module) + _written(right, module)
        case _:
            text = "…"
    return text


EXAMPLE: Final = make_problem("field.unknown", 7, found="event.kye", suggestion="event.key").at(field="when")
_INTRODUCTION: Final = f"""\
# 问题对照表

规则没有通过审核时，`problem` 里会写明**哪一栏、哪里不对、怎么改**，例如：

```text
{EXAMPLE.text(Locale.ZH)}
```

能指到某一项动作的，还写着第几项；能指到某个字的（条件里的问题大多如此），还写着第几列。
第几列从 1 数起，数的是那一栏（动作则是那一项）里的第几个字符。下面是所有可能的消息，`…` 的地方会填上您写的内容。
系统参数 `Locale` 为 `en` 时显示英文。"""
