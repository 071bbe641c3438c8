"""Approval by a second person: of what it is, and why it does not let a campaign start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from yuchi.domain.event import format_time, parse_time
from yuchi.domain.plain import plain
from yuchi.domain.words import Words

HASH: Final = re.compile(r"[0-9a-f]{16}")
_COUNT: Final = re.compile(r"\d{1,9}")


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approved what has the hash ``hash``. ``audience``: how many persons the approver was shown."""

    brand: str
    campaign_id: str
    hash: str
    approved_by: str
    approved_at: datetime
    audience: int | None = None
    note: str = ""

    @property
    def campaign(self) -> str:
        """The partition in which it is stored."""
        return f"{self.brand}#{self.campaign_id}"

    def dump(self) -> dict[str, Any]:
        """The item; read back by :func:`read_approval`."""
        return {
            "campaign": self.campaign,
            "hash": self.hash,
            "approved_by": self.approved_by,
            "approved_at": format_time(self.approved_at),
            **({"audience": self.audience} if self.audience is not None else {}),
            **({"note": self.note} if self.note else {}),
        }


def read_approval(item: Mapping[str, Any]) -> Approval | None:
    """An approval that a person may have written in the console; None where nobody is named or it is of nothing."""
    written = plain(dict(item))
    brand, _, campaign_id = str(written.get("campaign", "")).partition("#")
    approved_hash, approver = str(written.get("hash", "")), written.get("approved_by")
    if not brand or not campaign_id or not HASH.fullmatch(approved_hash):
        return None
    if type(approver) is not str or not approver.strip():
        return None
    count = str(written.get("audience", "")).replace(",", "").strip()
    return Approval(
        brand=brand,
        campaign_id=campaign_id,
        hash=approved_hash,
        approved_by=approver.strip()[:200],
        approved_at=_moment(written.get("approved_at")),
        audience=int(count) if _COUNT.fullmatch(count) else None,
        note=str(written.get("note") or "")[:500],
    )


def _moment(value: Any) -> datetime:
    """Its time is told, never judged by: an approval without one counts as very old."""
    try:
        return parse_time(str(value))
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)


def why_not_approved(approval: Approval | None, *, plan_hash: str, previewed_hash: str, edited_by: str) -> Words | None:
    """Why a campaign may not start that has ``plan_hash`` now; None where it may.

    ``edited_by``: who edited it last as far as that is known; where the console was used, IAM keeps the two apart.
    """
    if approval is None or approval.hash != plan_hash:
        return Words(
            f"还没有人批准现在的内容（{plan_hash}）；改动内容、人群或时间之后要重新批准",
            f"nobody approved it as it is now ({plan_hash}); it must be approved again after a change",
        )
    if edited_by and is_same_person(approval.approved_by, edited_by):
        return Words("编辑的人不能自己批准，请另一位同事批准", "who edited it cannot approve it; ask a second person")
    if previewed_hash != plan_hash:
        return Words(
            "现在的内容还没有预览过：ask 写 preview，收到后再发送",
            "it was not previewed as it is now: ask for preview first",
        )
    return None


def is_same_person(one: str, other: str) -> bool:
    """Whether two names or ARNs are one caller's. Sessions of one role are told apart by their names."""
    return one.strip().casefold() == other.strip().casefold()
