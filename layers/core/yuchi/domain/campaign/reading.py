"""A campaign as it is edited: one DynamoDB item, read leniently and judged without ever raising."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from yuchi.domain.campaign.columns import ASK, CHINESE_COLUMNS, COLUMNS, SYSTEM_COLUMNS, UNPLANNED, Verb, read_ask
from yuchi.domain.campaign.model import PREFERENCE, Campaign, Variant
from yuchi.domain.campaign.run import RunKey
from yuchi.domain.campaign.schedule import covers_day
from yuchi.domain.item_columns import read_columns, unknown_columns
from yuchi.domain.plain import canonical, digest, plain
from yuchi.domain.problem import RuleProblem, RuleProblemError

MAX_BYTES: Final = 64 * 1024
HASH_LENGTH: Final = 16
_REQUIRED: Final = ("brand", "campaign_id", "audience")
_FIELDS: Final[Mapping[str, str]] = {"channel": "channels", "at": "starts_at", "cap": "caps"}
"""Column -> what it is called in the model, where that differs."""


@dataclass(frozen=True, slots=True)
class CampaignReading:
    """What came of reading an item: ``campaign`` where it is well-formed, else ``problems``.

    ``plan_hash``: of what is approved. ``hash``: of everything that is checked. What is asked for changes neither.
    """

    campaign: Campaign | None
    problems: tuple[RuleProblem, ...]
    plan_hash: str
    hash: str


def read_campaign(item: Mapping[str, Any]) -> CampaignReading:
    """Read an item of DynamoDB types (str, Decimal, bool, None, binary, set, list, dict). Never raises."""
    written = _marketers(item)
    data = canonical(written)
    hashes = {"plan_hash": _plan_hash(written), "hash": digest(data)}
    if len(data) > MAX_BYTES:
        large = RuleProblem(
            "item.size",
            f"活动太大（{len(data) // 1024} KB），最多 {MAX_BYTES // 1024} KB",
            f"the campaign is too large ({len(data) // 1024} KB), at most {MAX_BYTES // 1024} KB",
        )
        return CampaignReading(None, (large,), **hashes)
    values, problems = read_columns(written, COLUMNS, _REQUIRED)
    problems.extend(unknown_columns(written, COLUMNS, CHINESE_COLUMNS))
    problems.extend(_unfit(written, values))
    if problems:
        return CampaignReading(None, tuple(problems), **hashes)
    try:
        return CampaignReading(_campaign(values), (), **hashes)
    except ValidationError:  # what the columns let through and the model does not
        odd = RuleProblem(
            "campaign.form", "这个活动里有写法不对的内容", "something in the campaign is not written right"
        )
        return CampaignReading(None, (odd,), **hashes)


def campaign_hash(item: Mapping[str, Any]) -> str:
    """A hash of everything in an item that is checked."""
    return digest(canonical(_marketers(item)))


def plan_hash(item: Mapping[str, Any]) -> str:
    """The hash that is approved: of the marketer's columns without the name, the testers and what is asked for."""
    return _plan_hash(_marketers(item))


def key_of(item: Mapping[str, Any]) -> tuple[str, str]:
    """``(brand, campaign_id)`` as they stand, for naming an item that may be wrong in every way."""
    return str(item.get("brand", ""))[:100], str(item.get("campaign_id", ""))[:100]


def is_judged(item: Mapping[str, Any], reading: CampaignReading) -> bool:
    """Whether what the reviewer wrote into ``item`` is about what stands there now."""
    return item.get("reviewed") == reading.hash


def is_well(item: Mapping[str, Any], reading: CampaignReading) -> bool:
    """Whether the reviewer found nothing wrong with what stands there now, whatever the status says of a run before."""
    return item.get("checked") == reading.hash


def run_of(item: Mapping[str, Any]) -> RunKey | None:
    """The run that the column ``run`` names; None where it names none of this very campaign, for people can write there."""
    try:
        run = RunKey.read(str(item.get("run") or ""))
    except ValueError:
        return None
    return run if run[:2] == key_of(item) and run.occurrence else None


def asked_of(item: Mapping[str, Any]) -> tuple[Verb, str] | tuple[RuleProblem, ...] | None:
    """What ``ask`` asks for, with which variant; what is wrong with it; or None for nothing."""
    value = plain(item.get(ASK))
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return read_ask(value)
    except RuleProblemError as error:
        return tuple(problem.at(field=ASK) for problem in error.problems)


def _marketers(item: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in item.items() if name not in SYSTEM_COLUMNS and name != ASK}
    return plain(kept)  # type: ignore[no-any-return]  # `plain` keeps the shape


def _plan_hash(written: Mapping[str, Any]) -> str:
    planned = {name: value for name, value in written.items() if name not in UNPLANNED}
    return digest(canonical(planned))[:HASH_LENGTH]


def _unfit(written: Mapping[str, Any], values: Mapping[str, Any]) -> list[RuleProblem]:
    """Columns that do not go together."""
    problems: list[RuleProblem] = []
    has_content, has_variants = bool(written.get("content")), bool(written.get("variants"))
    if not has_content and not has_variants:
        problems.append(RuleProblem("column.missing", "这一栏没有填写", "this column is missing", field="content"))
    if has_content and has_variants:
        both = "有 variants 时，内容写在每个版本里，不写 content"
        problems.append(
            RuleProblem("campaign.both", both, "with variants, each has its content: leave this out", field="content")
        )
    if values.get("at") and values.get("repeat"):
        zh = "at 是只发一次的时间，repeat 里已经写了几点；二者只能写一个"
        problems.append(
            RuleProblem("campaign.at.twice", zh, "is for one run only; with repeat leave it out", field="at")
        )
    if values.get("contest") and not has_variants:
        zh = "要比较版本，先写 variants"
        problems.append(RuleProblem("campaign.contest.none", zh, "compares variants: write some", field="contest"))
    if values.get("at") and values.get("ends_at") and values["ends_at"] <= values["at"]:
        problems.append(RuleProblem("time.order", "结束时间要晚于开始时间", "must be later than at", field="ends_at"))
    if values.get("quiet") and covers_day(values["quiet"]):
        zh = "一天里至少要留出一小时可以发送"
        problems.append(
            RuleProblem("campaign.quiet.day", zh, "must leave an hour of the day to send in", field="quiet")
        )
    return problems


def _campaign(values: Mapping[str, Any]) -> Campaign:
    content = values.get("content")
    variants = values.get("variants") or (Variant(contents=content),)
    others = {name: value for name, value in values.items() if name not in {"content", "variants"}}
    fields = {_FIELDS.get(name, name): value for name, value in others.items() if value is not None}
    fields.setdefault("channels", PREFERENCE)
    fields["name"] = fields.get("name") or fields["campaign_id"]
    return Campaign(**{**fields, "variants": variants})
