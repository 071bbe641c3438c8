"""Why a rule was not even looked at: where the index files it, in words."""

from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.language.access import Atom
from yuchi.domain.language.context import Context
from yuchi.domain.language.explanation import say, show
from yuchi.domain.language.index import field_of, reader_of
from yuchi.domain.problem import Locale

_TESTS: Final[Mapping[str, tuple[str, str]]] = {
    "is": ("{field} 是 {value}", "{field} is {value}"),
    "in": ("{field} 里有 {value}", "{value} is in {field}"),
    "starts": ("{field} 以 {value} 开头", "{field} begins with {value}"),
    "ends": ("{field} 以 {value} 结尾", "{field} ends with {value}"),
    "word": ("{field} 含有 {value}", "{field} contains {value}"),
    ">": ("{field} 大于 {value}", "{field} is above {value}"),
    ">=": ("{field} 不小于 {value}", "{field} is at least {value}"),
    "<": ("{field} 小于 {value}", "{field} is below {value}"),
    "<=": ("{field} 不大于 {value}", "{field} is at most {value}"),
}
_FRAMES: Final[Mapping[Locale, tuple[str, str, str, str, str]]] = {
    Locale.ZH: (
        "每个事件都会检查这条规则",
        "只有当 {what} 时才会检查这条规则",
        " 或 ",
        "，并且 ",
        "；这次 {seen}",
    ),
    Locale.EN: (
        "this rule is looked at for each event",
        "this rule is only looked at when {what}",
        " or ",
        ", and ",
        "; this time {seen}",
    ),
}
_MAX_ATOMS: Final = 5


def describe_access(access: Any, locale: Locale, context: Context | None = None) -> str:
    """Such as: ``this rule is only looked at when event.key is "TRIAL"``, and with ``context`` what it was instead.

    ``access`` as :attr:`Condition.access` or :meth:`Bucket.filing` gives it.
    """
    always, only, either, both, instead = _FRAMES[locale]
    groups = access.get("groups") if isinstance(access, dict) else None
    if not groups:
        return always
    described = [_group(group, locale, either) for group in groups]
    text = only.format(what=both.join(described))
    if context is not None:
        seen = {_name(atom): reader_of(field_of(atom))(context) for group in groups for atom in group}
        shown = (say(name, value, locale) for name, value in seen.items())
        text += instead.format(seen=("，" if locale is Locale.ZH else ", ").join(shown))
    return text


def _group(group: list[Atom], locale: Locale, either: str) -> str:
    shown = [_atom(atom, locale) for atom in group[:_MAX_ATOMS]]
    return either.join([*shown, "…"] if len(group) > _MAX_ATOMS else shown)


def _atom(atom: Atom, locale: Locale) -> str:
    return _TESTS[atom[0]][0 if locale is Locale.ZH else 1].format(field=_name(atom), value=show(atom[2], locale))


def _name(atom: Atom) -> str:
    path, methods = field_of(atom)
    return ".".join((*path, *(f"{method}()" for method in methods)))
