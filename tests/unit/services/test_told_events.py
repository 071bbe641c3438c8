"""Rows become events at the door: contacts sealed, the rest harmless, the same fact with the same id."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.sources import SEALER
from yuchi.domain.contacts import ContactKind
from yuchi.domain.harmless import harmless
from yuchi.domain.mapping import Mapped, read_mapping
from yuchi.services.told_events import UNREADABLE, Circumstances, Told, make_event

AROUND = Circumstances(
    brand="demo",
    source="/import/crm",
    time=datetime(2026, 5, 1, tzinfo=UTC),
    historical=True,
    provenance={"import": "i1"},
)
RAW: dict[str, Any] = {
    "type": "person.identified",
    "identities": {"member": "m", "phone": "p", "email": "e", "wechat": {"account": "tea", "from": "o"}},
    "data": {"order_id": "n", "note": "备注", "contact_phone": "q"},
    "attributes": {"手机": "p", "姓名": "名"},
    "tags": {"from": "t", "type": "list"},
}


def told(row: dict[str, Any], **changes: Any) -> Told:
    mapping = read_mapping({**RAW, **changes})
    mapped = mapping.apply(row)
    assert isinstance(mapped, Mapped), mapped
    return make_event(mapped, mapping, SEALER, "event-0001", AROUND)


def identity(kind: ContactKind, value: str) -> str:
    sealed = SEALER.seal(kind, value)
    assert sealed is not None
    return sealed[0]


def test_the_most_believed_identity_is_the_subject_and_contacts_are_sealed() -> None:
    row = {"m": "M1", "p": "139 0000 0001", "e": "Lin@Example.com", "o": "oFan", "t": "甲,乙"}
    event = told(row).event
    assert event is not None
    phone, email = identity(ContactKind.PHONE, "13900000001"), identity(ContactKind.EMAIL, "lin@example.com")
    assert event.subject == "wechat:tea:oFan"
    assert event.identities == ("member:M1", phone, email)
    assert {name: contact.masked for name, contact in event.contacts.items()} == {
        phone: "139****0001",
        email: "l***@example.com",
    }
    assert SEALER.open(event.contacts[phone].sealed) == "+8613900000001"
    assert event.tags == ("甲", "乙")
    assert (event.time, event.historical, event.account, event.data["import"]) == (AROUND.time, True, "", "i1")


def test_nothing_of_a_contact_goes_on_in_the_clear() -> None:
    row = {
        "m": "M1",
        "p": "13900000001",
        "备注": "电话 13900000001，lin@example.com",
        "q": "13900000001",
        "t": "打13900000001",
    }
    event = told(row).event
    assert event is not None
    assert "13900000001" not in event.model_dump_json()
    assert "lin@example.com" not in event.model_dump_json()
    assert event.data["traits"] == {"手机": "139****0001"}


def test_the_number_of_an_order_is_no_phone() -> None:
    event = told({"m": "M1", "n": "13900000001"}).event
    assert event is not None
    assert event.data["order_id"] == "13900000001"


def test_a_contact_that_is_none_is_left_out_unless_nothing_else_is_known() -> None:
    left_out = told({"m": "M1", "p": "12345"})
    assert (left_out.unsealed, left_out.problem) == (1, None)
    assert left_out.event is not None
    assert left_out.event.identities == ()
    nobody = told({"p": "12345"})
    assert (nobody.event, nobody.problem, nobody.unsealed) == (None, UNREADABLE, 1)


@pytest.mark.parametrize(("said", "expected"), [(None, True), (True, True), (False, False)])
def test_the_mapping_may_say_that_it_is_no_past(said: bool | None, *, expected: bool) -> None:
    event = told({"m": "M1"}, historical=said).event
    assert event is not None
    assert event.historical is expected


def test_harmless_values_are_bounded() -> None:
    deep: Any = "13900000001"
    for _ in range(10):
        deep = {"a": [deep]}
    assert "13900000001" not in repr(
        harmless({"x": deep, "phone": ["13900000001", None, True], "sku": "13900000001"})["x"]
    )
    assert harmless({"phone": ["13900000001", None, True]}) == {"phone": ["139****0001", None, True]}
