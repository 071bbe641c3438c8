"""What a mapping makes of rows, and what it says to people who wrote it wrongly."""

from datetime import UTC, datetime
from typing import Any

import pytest

from yuchi.domain.mapping import Mapped, Rejected, Skipped, read_mapping
from yuchi.domain.mapping.applying import columns_missing
from yuchi.domain.problem import Locale, RuleProblemError

SMALL: dict[str, Any] = {"type": "person.identified", "identities": {"member": "会员号"}}


def mapped(raw: dict[str, Any], row: dict[str, Any]) -> Mapped:
    outcome = read_mapping({**SMALL, **raw}).apply(row)
    assert isinstance(outcome, Mapped), outcome
    return outcome


def rejected(raw: dict[str, Any], row: dict[str, Any]) -> list[tuple[str, str]]:
    outcome = read_mapping({**SMALL, **raw}).apply(row)
    assert isinstance(outcome, Rejected), outcome
    return [(problem.field, problem.code) for problem in outcome.problems]


def problems(raw: Any) -> dict[str, str]:
    with pytest.raises(RuleProblemError) as caught:
        read_mapping(raw)
    for problem in caught.value.problems:
        assert problem.text(Locale.ZH)
        assert problem.text(Locale.EN)
    return {problem.field: problem.code for problem in caught.value.problems}


M1 = {"会员号": "M1"}


@pytest.mark.parametrize(
    ("spec", "value", "expected"),
    [
        ("x", " 文字 ", "文字"),
        ("x", 3.5, 3.5),
        ({"from": "x", "type": "number"}, "￥1,234.50", 1234.5),
        ({"from": "x", "type": "number"}, "12元", 12),
        ({"from": "x", "unit": "分"}, "12050", 120.5),
        ({"from": "x", "unit": "fen"}, 12000, 120),
        ({"from": "x", "unit": "角"}, "15", 1.5),
        ({"from": "x", "type": "text"}, 12.0, "12"),
        ({"from": "x", "type": "boolean"}, "是", True),
        ({"from": "x", "type": "boolean"}, 0, False),
        ({"from": "x", "type": "date"}, "1990年5月1日", "1990-05-01"),
        ({"from": "x", "type": "date"}, datetime(1990, 5, 1, tzinfo=UTC), "1990-05-01"),
        ({"from": "x", "type": "list"}, "a,b； c、d|", ["a", "b", "c", "d"]),
        ({"from": "x", "separators": "/"}, "a,b/c", ["a,b", "c"]),
        ({"from": "x", "values": {"1": "男"}}, 1, "男"),
        ({"from": "x", "values": {1: "男"}, "else": "女"}, 7, "女"),
        ({"from": ["nothing", "x"]}, "second", "second"),
        ({"const": "老店"}, "", "老店"),
    ],
)
def test_values(spec: Any, value: Any, expected: Any) -> None:
    assert mapped({"data": {"field": spec}}, {**M1, "x": value}).data == {"field": expected}


@pytest.mark.parametrize("value", ["", "  ", None, "NULL", "\ufeff"])
def test_empty_values_are_no_fields(value: Any) -> None:
    row = {**M1, "x": value}
    assert (
        mapped({"data": {"a": {"from": "x", "type": "number"}}, "attributes": {"b": "x"}, "empty": "NULL"}, row).data
        == {}
    )


BEIJING_TEN = datetime(2026, 5, 1, 2, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-01 10:20:30",
        "2026/5/1 10:20:30",
        "2026年5月1日 10时20分30秒",
        "2026-05-01T10:20:30+08:00",
        "2026-05-01T02:20:30.000Z",
        "20260501102030",
        "1777602030",
        "1777602030000",
        1777602030,
        datetime(2026, 5, 1, 10, 20, 30),  # noqa: DTZ001 - as spreadsheets have them
    ],
)
def test_times_without_formats(text: Any) -> None:
    assert mapped({"time": "x"}, {**M1, "x": text}).time == BEIJING_TEN


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%m/%d/%Y %H:%M:%S", "05/01/2026 10:20:30"),
        ("excel", "46143.4309028"),
        ("seconds", "1777602030"),
        ("iso", "2026-05-01T10:20:30+08:00"),
    ],
)
def test_times_by_their_format(form: str, text: str) -> None:
    moment = mapped({"time": {"from": "x", "formats": form}}, {**M1, "x": text}).time
    assert moment is not None
    assert abs((moment - BEIJING_TEN).total_seconds()) < 1


def test_the_zone_of_times_that_name_none() -> None:
    row = {**M1, "x": "2026-07-01 10:00"}
    assert mapped({"time": {"from": "x", "zone": "Europe/London"}}, row).time == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert mapped({"time": "x", "zone": "UTC"}, row).time == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["0000-00-00 00:00:00", "1970-01-01 08:00:00", "2026-02-30", "tomorrow", "9" * 50, "2026-05-01 25:00", True]
)
def test_times_that_are_none(text: Any) -> None:
    assert rejected({"time": "x"}, {**M1, "x": text})[0][0] == "time"


def test_the_same_order_has_the_same_id_whichever_file_tells_it() -> None:
    raw = {"type": "order.completed", "id": "单号", "time": "x"}
    row = {**M1, "单号": "A1", "x": "2026-05-01"}
    first = mapped(raw, row).event_id("demo", "shop", "file-1", "7")
    assert first == mapped(raw, {**row, "会员号": "M2"}).event_id("demo", "shop", "file-2", "9")
    assert first != mapped(raw, row).event_id("demo", "other", "file-1", "7")
    assert first != mapped(raw, {**row, "单号": "A2"}).event_id("demo", "shop", "file-1", "7")
    assert first != mapped({**raw, "type": "order.refunded"}, row).event_id("demo", "shop", "file-1", "7")


def test_a_row_without_a_key_is_itself() -> None:
    one = mapped({}, M1)
    assert one.event_id("demo", "shop", "etag", "1") != one.event_id("demo", "shop", "etag", "2")


def test_identities_come_the_most_believed_first() -> None:
    raw = {
        "identities": {
            "email": "e",
            "phone": "p",
            "member": "m",
            "wechat": {"account": "tea", "from": "o"},
            "unionid": "u",
        }
    }
    found = mapped(raw, {"e": "a@example.com", "p": "13900000001", "m": 12.0, "o": "oSample", "u": "oUnion"})
    assert list(found.identities) == ["wechat", "unionid", "member", "phone", "email"]
    assert found.identities["member"] == "12"
    assert read_mapping({**SMALL, **raw}).whole("wechat", "oSample") == "wechat:tea:oSample"


@pytest.mark.parametrize("nobody", ["0", "null", "NULL", "undefined", "无", "#N/A", "-"])
def test_what_stands_for_no_id_is_nobody(nobody: str) -> None:
    assert rejected({}, {"会员号": nobody}) == [("identities", "identity.missing")]


def test_ids_with_blanks_and_rounded_numbers_are_refused() -> None:
    assert rejected({}, {"会员号": "a b"}) == [("identities.member", "identity.form")]
    assert rejected({}, {"会员号": "1.39E+10"}) == [("identities.member", "number.scientific")]


def test_a_formula_is_a_text_and_the_text_trick_is_undone() -> None:
    found = mapped(
        {"data": {"a": "x", "b": "y", "c": "z"}}, {**M1, "x": "=cmd|' /C calc'!A0", "y": '="007"', "z": "'007"}
    )
    assert found.data == {"a": "=cmd|' /C calc'!A0", "b": "007", "c": "007"}


def test_rows_that_are_not_wanted() -> None:
    raw = {"data": {"total": {"from": "金额", "type": "number"}}, "when": 'event.total > 10 && event["门店"] == "杭州"'}
    mapping = read_mapping({**SMALL, **raw})
    assert isinstance(mapping.apply({**M1, "金额": "11", "门店": "杭州"}), Mapped)
    assert isinstance(mapping.apply({**M1, "金额": "9", "门店": "杭州"}), Skipped)
    assert isinstance(mapping.apply({**M1, "金额": "11"}), Skipped)


def test_a_row_whose_condition_cannot_be_judged_is_told_and_not_passed_over() -> None:
    raw = {"data": {"total": {"from": "金额", "type": "number"}}, "when": "event.total > 10"}
    assert rejected(raw, {**M1, "金额": "十一"}) == [("data.total", "number.unreadable")]


def test_all_that_is_wrong_with_a_row_is_told_at_once() -> None:
    raw = {
        "type": {"from": "t", "values": {"a": "order.completed"}},
        "id": "n",
        "time": "x",
        "data": {"total": {"from": "y", "unit": "元"}},
    }
    assert rejected(raw, {"t": "b", "y": "z"}) == [
        ("type", "type.unknown"),
        ("data.total", "number.unreadable"),
        ("id", "id.missing"),
        ("time", "time.missing"),
    ]


def test_lists_of_things() -> None:
    raw = {"data": {"products": {"each": "lines", "fields": {"sku": "s", "price": {"from": "p", "unit": "分"}}}}}
    row = {**M1, "lines": [{"s": "A", "p": 100}, {"s": "B"}, "no thing", {}]}
    assert mapped(raw, row).data == {"products": [{"sku": "A", "price": 1}, {"sku": "B"}]}
    assert mapped(raw, {**M1, "lines": {"s": "A"}}).data == {"products": [{"sku": "A"}]}
    assert mapped(raw, M1).data == {}


def test_paths_go_into_messages_but_a_column_with_a_point_comes_first() -> None:
    raw = {"data": {"a": "buyer.city", "b": "lines.0.sku", "c": "lines.9.sku", "d": "buyer.city.zip"}}
    row = {**M1, "buyer": {"city": "杭州"}, "lines": [{"sku": "A"}]}
    assert mapped(raw, row).data == {"a": "杭州", "b": "A"}
    assert mapped(raw, {**row, "buyer.city": "上海"}).data["a"] == "上海"


def test_too_many_tags_mean_wrong_separators() -> None:
    row = {**M1, "x": ",".join(map(str, range(60)))}
    assert rejected({"tags": {"from": "x", "type": "list"}}, row) == [("tags", "tags.many")]
    assert mapped({"tags": ["x"]}, {**M1, "x": "甲"}).tags == ("甲",)


def test_columns_that_a_file_lacks() -> None:
    mapping = read_mapping({**SMALL, "data": {"a": "城市", "b": "buyer.name"}})
    assert columns_missing(mapping, ["会员号", "buyer"]) == ("城市",)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, {"": "mapping.unreadable"}),
        ([], {"": "mapping.unreadable"}),
        ({}, {"type": "mapping.missing", "identities": "mapping.missing"}),
        ({**SMALL, "type": "Order Completed"}, {"type": "mapping.type"}),
        ({**SMALL, "identities": {}}, {"identities": "mapping.identities.none"}),
        ({**SMALL, "identities": {"membr": "x"}}, {"identities.membr": "mapping.unknown"}),
        ({**SMALL, "data": {"a": {"from": "x", "type": "num"}}}, {"data.a.type": "mapping.choice"}),
        ({**SMALL, "data": {"a": {"from": "x", "const": 1}}}, {"data.a": "mapping.value.origin"}),
        ({**SMALL, "data": {"a": {"each": "x"}}}, {"data.a": "mapping.value.fields"}),
        ({**SMALL, "data": {"a b": "x"}}, {"data.a b": "mapping.name"}),
        ({**SMALL, "data": {"time": "x"}}, {"data.time": "data.reserved"}),
        ({**SMALL, "data": {"traits": "x"}}, {"data.traits": "data.reserved"}),
        ({**SMALL, "id": "x"}, {"time": "id.without_time"}),
        ({**SMALL, "zone": "Asia/Shanghi"}, {"zone": "zone.unknown"}),
        ({**SMALL, "time": {"from": "x", "formats": "YYYY-MM-DD"}}, {"time.formats": "format.unknown"}),
        ({**SMALL, "when": "event.a =="}, {"when": "when.grammar.after"}),
        ({**SMALL, "when": "profile.score > 1"}, {"when": "when.row"}),
        ({**SMALL, "when": "now > event.a"}, {"when": "when.row"}),
        ({**SMALL, "when": 'count("page.viewed", "7d") > 1'}, {"when": "when.row"}),
    ],
)
def test_what_is_wrong_with_a_mapping(raw: Any, expected: dict[str, str]) -> None:
    assert problems(raw) == expected


def test_a_misspelt_name_is_suggested() -> None:
    with pytest.raises(RuleProblemError) as caught:
        read_mapping({**SMALL, "atributes": {}})
    assert caught.value.problems[0].suggestion == "attributes"
