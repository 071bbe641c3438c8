"""Addresses in what a campaign says."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from yuchi.domain.actions.messages import Text
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.filling import fill_content
from yuchi.domain.campaign.links import addresses_in, is_link_id, is_safe, location_of, with_links

CONTENT: TypeAdapter[Any] = TypeAdapter(Content)
SHOP = "https://shop.example.com/a?x=1&y=2"
SHORT = "https://go.example.com/l/AAAAAAAAAAAAAAAAAAAAAA?r=bbbb"


def content(**values: Any) -> Any:
    return CONTENT.validate_python(values)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"新茶：{SHOP}，欢迎", [SHOP]),
        (f"Look at {SHOP}.", [SHOP]),
        (f'<a href="{SHOP}">看看</a>', [SHOP]),
        (f"<a target='_blank' href='{SHOP}'>{SHOP}</a>", [SHOP]),
        (f"{SHOP} {SHOP} https://b.example.com", [SHOP, "https://b.example.com"]),
        ("http://shop.example.com/a", []),
        ("https://shop.example.com/?u={{profile.id}}", []),
        ('<a data-x="https://shop.example.com">没有</a>', []),
        ("没有链接", []),
    ],
)
def test_addresses_are_found_as_fans_can_tap_them(text: str, found: list[str]) -> None:
    assert list(addresses_in(content(type="text", text=text))) == found


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"type": "news", "articles": [{"title": "茶", "url": SHOP, "picture": SHOP + "3"}]}, "url"),
        ({"type": "template", "template_id": "t" * 12, "data": {"a": f"x {SHOP}"}, "url": SHOP}, "url"),
        ({"type": "subscribe", "template_id": "t" * 12, "data": {"a": "x"}, "page": SHOP}, "page"),
    ],
)
def test_only_what_can_be_tapped_is_replaced(given: dict[str, Any], field: str) -> None:
    made = with_links(content(**given), {SHOP: SHORT, SHOP + "3": "https://never.example.com"})
    told = made.model_dump_json()
    assert f'"{field}":"{SHORT}"' in told
    assert "never" not in told


def test_links_in_texts_and_menus_are_replaced_once_each() -> None:
    made: Any = with_links(content(type="text", text=f'<a href="{SHOP}">看 {SHOP}</a>；{SHOP}。'), {SHOP: SHORT})
    assert made.text == f'<a href="{SHORT}">看 {SHOP}</a>；{SHORT}。'
    menu: Any = with_links(content(type="menu", head=SHOP, options=["好"], tail=SHOP), {SHOP: SHORT})
    assert (menu.head, menu.tail) == (SHORT, SHORT)


def test_a_text_that_would_be_too_long_keeps_its_addresses() -> None:
    full = content(type="text", text="a" * (2_048 - len(SHOP) - 1) + " " + SHOP)
    assert with_links(full, {SHOP: SHORT}) is full


def test_values_that_are_filled_in_still_keep_to_the_limit() -> None:
    said = content(type="text", text=SHOP + " {{profile.name}}" + "b" * (2_048 - len(SHOP) - 120))
    filled: Any = fill_content(with_links(said, {SHOP: SHORT}), {"profile": {"name": "名" * 200}})
    assert len(filled.text.encode()) <= 2_048
    assert SHORT in filled.text


def test_what_a_fan_is_called_never_becomes_a_tracked_link() -> None:
    said = content(type="text", text="您好 {{profile.name}}")
    assert addresses_in(said) == ()


UNSAFE = [
    "http://shop.example.com/",
    "//evil.example.com/",
    "/\\evil.example.com",
    "https:/evil.example.com",
    "https:evil.example.com",
    "https:\\\\evil.example.com",
    "https://shop.example.com@evil.example.com/",
    "https://user:pw@evil.example.com/",
    "https://shop.example.com\\@evil.example.com/",
    "https://shop.example.com/\\..\\evil",
    "https://evil.example.com%2f@shop.example.com",
    "https://[::1]/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://localhost/",
    "https://ｅvil.example.com/",
    "https://shop。example.com/",
    "https://shop.example.com/\r\nset-cookie: a=b",
    "https://shop.example.com/\n",
    "https://shop.example.com/\x00",
    "https://shop.example.com/a b",
    'https://shop.example.com/"onload=x',
    "https://shop.example.com/<script>",
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    "data:text/html,x",
    "ftp://shop.example.com/",
    " https://shop.example.com/",
    "https://shop.example.com:8/x",
    "https://shop.example.com:99999999/",
    "https://-shop.example.com/",
    "https://shop..example.com/",
    "https://shop.example.com?u={{profile.id}}",
    "https://shop.example.com/" + "a" * 1_024,
    "",
    "https://",
    "https:///shop.example.com",
    "\thttps://shop.example.com/",
    "https://shop.example.com\t/",
    "x-https://shop.example.com/",
]


@pytest.mark.parametrize("url", UNSAFE)
def test_unsafe_addresses_lead_nowhere(url: str) -> None:
    assert not is_safe(url)
    assert url not in addresses_in(Text.model_construct(text=f'看 {url or "无"} 和 <a href="{url}">这里</a>'))


def test_a_location_is_ascii_and_keeps_what_is_encoded() -> None:
    assert location_of("https://shop.example.com/茶?x=%E8&y=1#a") == "https://shop.example.com/%E8%8C%B6?x=%E8&y=1#a"
    assert is_safe("https://shop.example.com/茶?x=%E8&y=1#a")


@pytest.mark.parametrize(
    "name", ["", "short", "A" * 23, "A" * 21 + "/", "A" * 21 + ".", "../" + "A" * 19, "A" * 21 + "\n"]
)
def test_only_ids_are_looked_up(name: str) -> None:
    assert is_link_id("Az09_-" + "A" * 16)
    assert not is_link_id(name)
