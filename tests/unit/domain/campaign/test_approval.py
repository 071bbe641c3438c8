"""Approvals: by another person than the editor, of what it is now, after a preview of it."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.unit.domain.garbage import value
from yuchi.domain.campaign.approval import Approval, read_approval, why_not_approved

HASH = "0123456789abcdef"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
APPROVAL = Approval("demo", "spring-tea", HASH, "amy", NOW, audience=1200, note="好")


def why(approval: Approval | None = APPROVAL, **changes: str) -> str:
    facts = {"plan_hash": HASH, "previewed_hash": HASH, "edited_by": "bob", **changes}
    words = why_not_approved(
        approval,
        plan_hash=facts["plan_hash"],
        previewed_hash=facts["previewed_hash"],
        edited_by=facts["edited_by"],
    )
    return words.en if words else ""


def test_approved() -> None:
    assert why() == ""
    assert why(edited_by="") == "", "edited in the console, where IAM keeps the two roles apart"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plan_hash": "f" * 16}, "nobody approved it as it is now"),
        ({"edited_by": "amy"}, "who edited it cannot approve it"),
        ({"edited_by": " Amy "}, "who edited it cannot approve it"),
        ({"previewed_hash": ""}, "it was not previewed as it is now"),
        ({"previewed_hash": "f" * 16}, "it was not previewed as it is now"),
    ],
)
def test_not_approved(changes: dict[str, str], said: str) -> None:
    assert why(APPROVAL, **changes).startswith(said)


def test_nobody_approved() -> None:
    assert why(None).startswith("nobody approved")


def test_an_approval_comes_back_as_it_was() -> None:
    assert read_approval(APPROVAL.dump()) == APPROVAL


def test_what_an_approver_writes_in_the_console() -> None:
    item: dict[str, Any] = {"campaign": "demo#spring-tea", "hash": HASH, "approved_by": " 李四 "}
    read = read_approval(item)
    assert read is not None
    assert (read.approved_by, read.audience) == ("李四", None)
    assert read_approval({**item, "audience": Decimal(1200)}).audience == 1200  # type: ignore[union-attr]  # as above
    assert read_approval({**item, "audience": "1,200"}).audience == 1200  # type: ignore[union-attr]  # as above


@pytest.mark.parametrize(
    "spoiled", [{"approved_by": ""}, {"approved_by": Decimal(1)}, {"hash": "x"}, {"campaign": "demo"}]
)
def test_an_approval_by_nobody_or_of_nothing_is_none(spoiled: dict[str, Any]) -> None:
    assert read_approval({**APPROVAL.dump(), **spoiled}) is None


def test_garbage_never_raises() -> None:
    random = Random(7)
    for _ in range(2_000):
        item = APPROVAL.dump()
        item[random.choice([*item])] = value(random)
        read_approval(item)
