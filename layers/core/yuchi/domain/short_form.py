"""A rule item in the shortest form that reads back as the same rule: what ``yuchi rules pull`` writes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from yuchi.domain.actions import to_line
from yuchi.domain.draft import ALL_ACCOUNTS, DEFAULT_PRIORITY, Draft, read_draft
from yuchi.domain.draft_columns import COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.plain import plain

_DAY: Final = timedelta(days=1)


def short_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The marketer's columns of ``item``, shortest form. An item that is no well-formed rule stays as it was written."""
    draft = read_draft(item).draft
    if draft is not None:
        return short_form(draft)
    written = {name: value for name, value in plain(item).items() if name not in SYSTEM_COLUMNS}
    return {name: written[name] for name in (*COLUMNS, *written) if name in written}


def short_form(draft: Draft) -> dict[str, Any]:
    """``draft`` as an item, in the order of the columns; what is as by default is left out."""
    values = {
        "brand": draft.brand,
        "rule_id": draft.rule_id,
        "account": None if draft.account == ALL_ACCOUNTS else draft.account,
        "name": None if draft.name == draft.rule_id else draft.name,
        "enabled": None if draft.enabled else False,
        "on": draft.on[0] if len(draft.on) == 1 else list(draft.on),
        "when": None if draft.when == "true" else draft.when,
        "then": [to_line(action) for action in draft.then],
        "limit": str(draft.limit) if draft.limit else None,
        "priority": None if draft.priority == DEFAULT_PRIORITY else draft.priority,
        "stop": draft.stop or None,
        "starts_at": _moment(draft.starts_at, last_day=False),
        "ends_at": _moment(draft.ends_at, last_day=True),
    }
    return {name: value for name, value in values.items() if value is not None}


def _moment(moment: datetime | None, *, last_day: bool) -> str | None:
    """Beijing time; whole days as a date, which of an end means the day that is still within."""
    if moment is None:
        return None
    local = moment.astimezone(BEIJING)
    if local.time() == datetime.min.time():
        return f"{local - _DAY if last_day else local:%Y-%m-%d}"
    if local.microsecond or local.second:
        return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{local:%Y-%m-%d %H:%M}"
