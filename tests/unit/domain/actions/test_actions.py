"""Each action: what its line means, and WeChat's limits."""

from typing import Any

import pytest

from yuchi.domain.actions import Card, Image, Menu, Music, News, Text, Transfer, parse_action, to_line
from yuchi.domain.problem import RuleProblemError

DAY = 86400


def fields(written: Any) -> dict[str, Any]:
    return parse_action(written).model_dump(exclude={"kind"})


def refused(written: Any) -> set[str]:
    with pytest.raises(RuleProblemError) as caught:
        parse_action(written)
    return {problem.code for problem in caught.value.problems}


def message(written: Any) -> Any:
    action = parse_action(written)
    assert action.kind in {"reply", "send"}
    return action.message


def test_tag() -> None:
    assert fields("tag 老客户，爱喝绿茶、VIP 会员, 老客户") == {
        "names": ("老客户", "爱喝绿茶", "VIP 会员"),
        "lasts": None,
    }
    assert fields("tag 试用中 for 30天") == {"names": ("试用中",), "lasts": 30 * DAY}
    assert fields('tag "for 3d", a') == {"names": ("for 3d", "a"), "lasts": None}
    assert fields({"tag": {"names": ["x"], "for": "1d12h"}}) == {"names": ("x",), "lasts": 36 * 3600}


def test_tag_refuses_what_cannot_be_a_tag() -> None:
    assert refused("tag") == {"names.none"}
    assert refused("tag {{event.key}}") == {"name.placeholder"}
    assert refused("tag a\u202eb") == {"name.characters"}
    assert refused("tag " + "长" * 65) == {"action.string_too_long"}
    assert refused("tag x for 3x") == {"duration.unreadable"}
    assert refused("tag x for 10s") == {"duration.range"}
    assert refused("tag " + ",".join(map(str, range(21)))) == {"action.too_long"}


def test_untag() -> None:
    assert fields("untag 试用中, 新粉丝") == {"names": ("试用中", "新粉丝")}
    assert fields({"untag": ["试用中"]}) == {"names": ("试用中",)}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("上海", "上海"),
        ("18", 18),
        ("-2.50", -2.5),
        ("true", True),
        ("null", None),
        ('"18"', "18"),
        ("007", "007"),
        ("13800000000000000", "13800000000000000"),
        ("1e5", "1e5"),
        ("a=b, c", "a=b, c"),
        ("", ""),
    ],
)
def test_set_reads_values(written: str, value: Any) -> None:
    assert fields(f"set 城市 = {written}") == {"name": "城市", "value": value}
    assert type(fields(f"set 城市＝{written}")["value"]) is type(value)


@pytest.mark.parametrize("value", ['"', '"a', "a, b", "", "007", "7", "null", "a\\nb", "{{event.content}}"])
def test_texts_that_look_like_something_else_are_written_in_quotes(value: str) -> None:
    action = parse_action({"set": {"城市": value}})
    assert parse_action(to_line(action)) == action


def test_set_refuses_names_that_no_condition_could_read() -> None:
    assert refused("set 城 市 = 上海") == {"action.string_pattern_mismatch"}
    assert refused("set 城市") == {"assignment.unreadable"}
    assert refused({"set": {"城市": ["上海"]}}) == {"value.kind"}
    assert refused("set 城市 = " + "长" * 501) == {"value.long"}


@pytest.mark.parametrize(
    ("written", "points", "name"),
    [
        ("+5", 5, "main"),
        ("-3", -3, "main"),
        ("＋5分", 5, "main"),
        ("5", 5, "main"),
        ("活跃度 +5", 5, "活跃度"),
        ("活跃度-5", -5, "活跃度"),
    ],
)
def test_score(written: str, points: int, name: str) -> None:
    assert fields(f"score {written}") == {"points": points, "name": name}


def test_score_is_bounded() -> None:
    assert refused("score +1000001") == {"action.less_than_equal"}
    assert refused("score five") == {"score.unreadable"}


def test_kinds_of_messages() -> None:
    assert message("reply 您好") == Text(text="您好")
    assert message("reply text image 是图片") == Text(text="image 是图片")
    assert message("reply image 1yMf_aZ8kq") == Image(media_id="1yMf_aZ8kq")
    assert message({"send": {"image": "1yMf_aZ8kq"}}) == Image(media_id="1yMf_aZ8kq")
    assert message("reply transfer") == Transfer()
    assert message({"reply": {"transfer": "amy@qingshan"}}) == Transfer(staff="amy@qingshan")
    assert message("reply imagine\\\\n\\n好") == Text(text="imagine\\n\n好")
    assert isinstance(
        message({"reply": {"music": {"title": "a", "url": "https://a.example.com/b.mp3", "thumb_media_id": "x"}}}),
        Music,
    )
    card = {"title": "a", "appid": "wx0123456789abcdef", "page": "pages/a", "thumb_media_id": "x"}
    assert isinstance(message({"send": {"card": card}}), Card)
    article = {"title": "a", "url": "https://a.example.com"}
    assert isinstance(message({"send": {"news": [article]}}), News)
    assert len(message({"reply": {"news": [article] * 8}}).articles) == 8
    menu = message({"send": {"menu": {"head": "a", "options": ["是", {"id": "no", "content": "否"}]}}})
    assert isinstance(menu, Menu)
    assert [(option.id, option.content) for option in menu.options] == [("1", "是"), ("no", "否")]


def test_messages_keep_to_the_limits_of_wechat() -> None:
    assert message("reply " + "茶" * 600)
    assert refused("reply " + "茶" * 601) == {"text.long"}
    assert message("reply " + "a" * 2048)
    assert refused("reply " + "a" * 2049) == {"text.long"}
    article = {"title": "a", "url": "https://a.example.com"}
    assert refused({"send": {"news": [article] * 2}}) == {"news.many"}
    assert refused({"reply": {"news": [article] * 9}}) == {"action.too_long"}
    assert refused({"reply": {"news": {**article, "title": "长" * 65}}}) == {"action.string_too_long"}
    assert refused({"send": {"menu": {"head": "a", "options": ["x"] * 11}}}) == {"action.too_long"}
    assert refused({"send": {"menu": {"head": "a", "options": [{"id": "1", "content": "x"}] * 2}}}) == {"menu.twice"}


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://",
        "https://a b.example.com",
        "https://{{event.content}}/",
        "https://shop.example.com{{event.content}}",
        "//a.example.com",
        'https://a.example.com/"onclick',
    ],
)
def test_an_address_is_an_address_with_a_fixed_host(url: str) -> None:
    assert refused({"reply": {"news": {"title": "a", "url": url}}}) == {"address.unreadable"}


@pytest.mark.parametrize(
    "written",
    [
        {"reply": {"menu": {"head": "a", "options": ["b"]}}},
        {"send": {"music": {}}},
        {"send": {"transfer": ""}},
        "send transfer",
        {"reply": {"text": "a", "image": "b"}},
        {"reply": {"news": "a"}},
        {"reply": []},
        {"reply": {"image": "a.jpg"}},
        {"send": {"menu": "请选择"}},
    ],
)
def test_wrong_messages_are_refused(written: Any) -> None:
    assert refused(written)


def test_after() -> None:
    assert fields("after 3d trial-day3") == {"delay": 3 * DAY, "name": "trial-day3"}
    assert fields("after 3天后 试用 回访") == {"delay": 3 * DAY, "name": "试用 回访"}
    assert refused("after trial-day3") == {"after.unreadable"}
    assert refused("after 5s x") == {"duration.range"}


def test_emit() -> None:
    assert fields("emit trial.requested 来源=菜单, 数量=1") == {
        "type": "trial.requested",
        "data": {"来源": "菜单", "数量": 1},
    }
    assert refused("emit trial") == {"action.string_pattern_mismatch"}
    assert refused({"emit": {"type": "a.b", "data": {str(n): n for n in range(21)}}}) == {"action.too_long"}


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.com/x",
        "https://127.0.0.1/x",
        "https://2130706433/x",
        "https://localhost/x",
        "https://user@crm.example.com/x",
        "https://crm.example.com:8443/x",
        "https://crm.example.com/{{event.content}}",
        "https://crm.example.com/#x",
        "https://[::1]/x",
        "file:///etc/passwd",
    ],
)
def test_a_webhook_goes_to_a_named_host_over_https_only(url: str) -> None:
    assert refused(f"webhook {url}") == {"webhook.address"}


def test_webhook() -> None:
    action = parse_action({"webhook": {"url": "https://CRM.example.com:443/x?y=1", "data": {"a": 1}}})
    assert action.kind == "webhook"
    assert action.host == "crm.example.com"
