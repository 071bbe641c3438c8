"""Phones and addresses: one way of writing each, and what people are shown."""

import pytest

from yuchi.domain.contacts import (
    ContactKind,
    contact_kind,
    is_contact,
    mask,
    masked,
    normalise,
    without_contacts,
)

PHONE, EMAIL = ContactKind.PHONE, ContactKind.EMAIL


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+8613800138000",
        "8613800138000",
        "0086 13800138000",
        "１３８００１３８０００",
    ],
)
def test_one_number_however_it_is_written(written: str) -> None:
    assert normalise(PHONE, written) == "+8613800138000"


@pytest.mark.parametrize(
    "written", ["", "x", "12345", "1380013800", "138001380000", "13800138000 ext. 5", "00000000000"]
)
def test_what_is_no_number(written: str) -> None:
    assert normalise(PHONE, written) is None


def test_numbers_of_other_countries_need_their_code() -> None:
    assert normalise(PHONE, "+1 650-253-0000") == "+16502530000"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (" Li.Lei@Example.COM ", "li.lei@example.com"),
        ("a@b", None),
        ("a b@c.d", None),
        ("@c.d", None),
        ("a@" + "b" * 300 + ".cn", None),
    ],
)
def test_addresses(written: str, address: str | None) -> None:
    assert normalise(EMAIL, written) == address


def test_what_people_are_shown() -> None:
    assert mask(PHONE, "+8613800138000") == "138****8000"
    assert mask(EMAIL, "lilei@example.com") == "l***@example.com"
    assert masked(PHONE, "call me") == "***"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("phone", PHONE), ("mobile", PHONE), ("billing_phone", PHONE), ("phone_number", PHONE), ("手机号", PHONE),
        ("receiver_mobile_phone", PHONE), ("email", EMAIL), ("contact_email", EMAIL), ("邮箱", EMAIL),
        ("phone_model", None), ("emailed", None), ("city", None), ("mobile_os", None),
    ],
)  # fmt: skip
def test_fields_that_hold_contacts(name: str, kind: ContactKind | None) -> None:
    assert contact_kind(name) is kind


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("请打 13800138000 找李雷", "请打 138****8000 找李雷"),
        ("请打13800138000找我。", "请打138****8000找我。"),
        ("tel:008613800138000.", "tel:138****8000."),
        ("to a.b@c.com, now", "to a***@c.com, now"),
        ("https://x.cn/?e=a%40c.com&n=1", "https://x.cn/?e=a***@c.com&n=1"),
        ("order 20261380013800012", "order 20261380013800012"),
        ("+86 138-0013-8000", "138****8000"),
        ("1.13800138000", "1.13800138000"),
    ],
)
def test_contacts_inside_texts_are_masked(text: str, shown: str) -> None:
    assert without_contacts(text) == shown


@pytest.mark.parametrize(
    ("identifier", "is_one"),
    [
        ("13800138000", True),
        ("+8613800138000", True),
        ("a@b.cn", True),
        ("10086", False),
        ("m-13800138000", False),
        ("12800138000", False),
    ],
)
def test_ids_that_are_contacts(identifier: str, is_one: bool) -> None:
    assert is_contact(identifier) is is_one
