"""Rules and campaigns in files, as the commands read them: one file, or every YAML file of a folder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yuchi.adapters.rule_files import RuleFileError, read_rules
from yuchi.cli.errors import refuse
from yuchi.domain.account import Account

SUFFIXES: Final = frozenset({".yaml", ".yml"})
NOT_RULES: Final = frozenset({"pack.yaml", "tests.yaml"})
"""What else lies in the folder of a pack."""


@dataclass(frozen=True, slots=True)
class Sort:
    """What the items of a file are: in Chinese, in English (one and many), and the column that names one."""

    zh: str
    en: str
    many: str
    key: str


RULES: Final = Sort("规则", "rule", "rules", "rule_id")
CAMPAIGNS: Final = Sort("活动", "campaign", "campaigns", "campaign_id")


@dataclass(frozen=True, slots=True)
class Source:
    """One item of a file."""

    path: Path
    item: dict[str, Any]


def read_sources(path: Path, sort: Sort = RULES) -> list[Source]:
    """The items in ``path``. Raises :class:`~yuchi.cli.errors.CommandError` with the file and the line."""
    files = _files(path)
    if not files:
        raise refuse(
            (f"{path} 里没有 YAML 文件", f"there is no YAML file in {path}"),
            (f"{sort.zh}文件以 .yaml 结尾", f"files of {sort.many} end in .yaml"),
        )
    sources = [Source(file, item) for file in files for item in _read(file, sort)]
    if not sources:
        raise refuse(
            (f"{path} 里没有{sort.zh}", f"there is no {sort.en} in {path}"),
            (f"每条{sort.zh}以“- {sort.key}: …”开始", f"each {sort.en} begins with `- {sort.key}: ...`"),
        )
    return sources


def with_brand(sources: Iterable[Source], brand: str | None) -> list[Source]:
    """The same with ``brand`` in each item that names none."""
    return [
        Source(each.path, {"brand": brand, **each.item}) if brand and not each.item.get("brand") else each
        for each in sources
    ]


def refuse_twins(sources: Sequence[Source], sort: Sort = RULES) -> None:
    """Two items of one id would overwrite each other. Raises :class:`~yuchi.cli.errors.CommandError`."""
    seen: dict[tuple[str, str], Path] = {}
    for each in sources:
        key = (str(each.item.get("brand", "")), str(each.item.get(sort.key, "")))
        if key[1] and key in seen:
            raise refuse(
                (f"{sort.zh} {key[1]} 写了两次", f"the {sort.en} {key[1]} is there twice"),
                (f"改掉其中一个的 {sort.key}", f"give one of them another {sort.key}"),
                why=(f"在 {seen[key]} 和 {each.path}", f"in {seen[key]} and {each.path}"),
            )
        seen[key] = each.path


def choose_brand(given: str | None, accounts: Iterable[Account]) -> str:
    """The brand that is meant: the one given, or the only one there is."""
    brands = sorted({account.brand for account in accounts})
    if given:
        if brands and given not in brands:
            raise refuse(
                (f"没有品牌 {given}", f"there is no brand {given}"),
                (f"已有：{'、'.join(brands)}", f"there are: {', '.join(brands)}"),
            )
        return given
    if len(brands) == 1:
        return brands[0]
    if not brands:
        raise refuse(
            ("还没有账号，所以也没有品牌", "there is no account yet, so there is no brand"),
            ("先添加：yuchi account add", "add one first: yuchi account add"),
        )
    raise refuse(
        ("有几个品牌，不知道是哪一个", "there are several brands"),
        (f"加上 --brand，可选：{'、'.join(brands)}", f"add --brand, one of: {', '.join(brands)}"),
    )


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
        return [each for each in found if each.name not in NOT_RULES]
    return [path]


def _read(path: Path, sort: Sort) -> list[dict[str, Any]]:
    try:
        return read_rules(path.read_text(encoding="utf-8-sig"))
    except RuleFileError as error:
        line = error.line
        raise refuse(
            (f"{path} 不是{sort.zh}列表", f"{path} is no list of {sort.many}"),
            (
                f"每条{sort.zh}以“- {sort.key}: …”开始，冒号后面留空格",
                f"each {sort.en} begins with `- {sort.key}: ...`, with a blank behind the colon",
            ),
            why=(f"第 {line} 行的 YAML 读不懂", f"its YAML cannot be read at line {line}") if line else ("", ""),
        ) from error
    except UnicodeDecodeError as error:
        raise refuse(
            (f"{path} 不是 UTF-8 文字", f"{path} is no UTF-8 text"), ("另存为 UTF-8", "save it as UTF-8")
        ) from error
    except OSError as error:
        raise refuse(
            (f"读不了 {path}", f"{path} cannot be read"),
            ("检查路径", "is the path right?"),
            why=(error.strerror or "", error.strerror or ""),
        ) from error
