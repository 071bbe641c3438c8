import json
from datetime import UTC, datetime, timedelta

from yuchi.domain.archive import COLUMNS, TYPE_AT, archive_day, archive_line, archive_record, event_of
from yuchi.domain.event import Contact, Event
from yuchi.domain.timeline import Match, TimelineEntry

EVENING = datetime(2026, 5, 1, 17, 30, tzinfo=UTC)  # the next day in Beijing


def event(**fields: object) -> Event:
    return Event.model_validate(
        {
            "id": "e" * 32,
            "source": "/wechat/tea",
            "type": "menu.clicked",
            "time": EVENING,
            "brand": "demo",
            "account": "tea",
            "subject": "wechat:tea:o-fan",
            "data": {"key": "试用"},
            **fields,
        }
    )


def test_a_line_is_json_with_the_columns_then_where_it_is_filed() -> None:
    entry = TimelineEntry(event=event(), person="p1", matched=(Match(rule="r", version=3),), ruleset_version=7)
    line = archive_line(entry)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    record = json.loads(line)
    assert list(record) == [*(column.name for column in COLUMNS), "brand", "day"]
    assert (record["matched"], record["ruleset"], record["day"]) == (["r"], 7, "2026-05-02")


def test_the_type_can_be_read_without_reading_json() -> None:
    line = archive_line(TimelineEntry(event=event()))
    assert line[TYPE_AT : line.index(b'"', TYPE_AT)] == b"menu.clicked"


def test_contacts_and_places_are_not_archived() -> None:
    contacts = {"phone:1": Contact(sealed="c2VjcmV0", masked="138****1234")}
    line = archive_line(TimelineEntry(event=event(contacts=contacts)))
    assert b"138****" not in line
    assert b"c2VjcmV0" not in line
    where = event(type="location.reported", data={"latitude": 31.2})
    assert archive_record(TimelineEntry(event=where))["data"] == {}


def test_what_is_recorded_late_is_filed_under_that_day() -> None:
    late = TimelineEntry(event=event(historical=True), recorded_at=EVENING + timedelta(days=400))
    assert archive_day(late) == "2027-06-06"


def test_a_corrected_clock_does_not_move_it_from_day_to_day() -> None:
    first = TimelineEntry(event=event(key_time=EVENING))
    again = TimelineEntry(event=event(key_time=EVENING, time=EVENING - timedelta(days=1)))
    assert archive_day(first) == archive_day(again)


def test_too_much_data_is_left_out() -> None:
    record = json.loads(archive_line(TimelineEntry(event=event(data={"text": "长" * 400_000}))))
    assert record["data"] == {}
    assert record["id"] == "e" * 32


def test_half_of_a_surrogate_pair_does_not_stop_the_archive() -> None:
    assert json.loads(archive_line(TimelineEntry(event=event(data={"text": "\ud800"}))))["data"] == {"text": "?"}


def test_the_event_comes_back() -> None:
    there = event(identities=("unionid:u1",), hops=2, historical=True)
    back = event_of(json.loads(archive_line(TimelineEntry(event=there))))
    assert back == there
