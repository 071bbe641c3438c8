"""How long each class of data is kept."""

from datetime import timedelta

import pytest

from tests.contract.examples import NOW, entry, event
from yuchi.domain.retention import CLASSES, class_of


@pytest.mark.parametrize(
    ("event_type", "days"),
    [
        ("location.reported", 7),
        ("page.viewed", 90),
        ("order.completed", 1_095),
        ("consent.revoked", 1_095),
        ("message.text", 180),
        ("custom.order_like", 180),
    ],
)
def test_an_entry_leaves_when_its_class_says(event_type: str, days: int) -> None:
    made = entry("demo", event=event("demo").model_copy(update={"type": event_type}))
    assert made.expires_at == NOW + timedelta(days=days)


def test_the_last_class_takes_all_and_only_the_last() -> None:
    assert class_of("anything.happened") is CLASSES[-1]
    assert all("" not in each.begins for each in CLASSES[:-1])
    assert all(each.days > 0 and each.zh and each.en for each in CLASSES)
