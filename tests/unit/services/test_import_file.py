"""Files come in: each row once, whatever happens on the way."""

import csv
import io
import json
from datetime import timedelta

import pytest

from tests.fakes.imports import ImportWorld
from tests.fakes.sources import SEALER, FakeSources
from yuchi.domain.contacts import ContactKind
from yuchi.domain.imports import ImportKind, ImportState
from yuchi.domain.source import Source
from yuchi.services.ports_imports import ImportMessage
from yuchi.services.ports_sources import UnreadableSourceError

HEADER = "会员号,手机号,姓名,城市,标签\n"


def rows(number: int, *, start: int = 1) -> str:
    return HEADER + "".join(
        f"M{each},139{each:08d},会员{each},杭州,茶友|第{each % 3}组\n" for each in range(start, start + number)
    )


def rejects(world: ImportWorld, key: str = "demo/crm/members.csv") -> list[list[str]]:
    return list(csv.reader(io.StringIO(world.files.text(f"reports/{key}.rejects.csv"))))


def test_a_list_of_members_becomes_people() -> None:
    world = ImportWorld()
    job = world.drop(rows(3))
    assert job.state is ImportState.DONE
    assert (job.counts.read, job.counts.sent, job.counts.rejected) == (3, 3, 0)
    assert (job.became.created, job.became.processed) == (3, 3)
    profile = world.people.profile_of("demo", "member:M2")
    assert profile.attributes == {"姓名": "会员2", "城市": "杭州"}
    assert set(profile.tags) == {"茶友", "第2组"}
    assert profile.slices.keys() == {"crm"}
    sealed = SEALER.seal(ContactKind.PHONE, "13900000002")
    assert sealed is not None
    assert sealed[0] in profile.identities
    assert profile.contacts[sealed[0]].masked == "139****0002"
    report = json.loads(world.files.text("reports/demo/crm/members.csv.report.json"))
    assert report["rows"] == {"read": 3, "sent": 3, "skipped": 0, "rejected": 0}
    assert report["events"]["created"] == 3


def test_no_phone_leaves_the_door() -> None:
    world = ImportWorld()
    world.files.drop("demo/crm/members.csv", rows(3).encode())
    world.import_file.dropped("demo/crm/members.csv", seconds_left=world.seconds_left())
    assert world.events.messages
    assert "13900000" not in repr(world.events.messages)
    world.go_on()
    assert "13900000" not in repr(world.people.entries) + repr(world.people.profiles) + repr(world.jobs.jobs)


def test_rows_that_cannot_be_taken_are_told_with_their_reason() -> None:
    world = ImportWorld()
    job = world.drop(HEADER + "M1,13900000001,甲,杭州,\n,,佚名,杭州,\nM3,1.39E+10,丙,杭州,\nM4,13900000004,丁\n")
    assert (job.counts.sent, job.counts.rejected) == (1, 3)
    assert job.counts.reasons == {"identity.missing": 1, "number.scientific": 1, "columns.few": 1}
    first, *others = rejects(world)
    assert first == ["行号 row", "原因 reason", "会员号", "手机号", "姓名", "城市", "标签"]
    assert [line[0] for line in others] == ["3", "4", "5"]
    assert "不知道是谁" in others[0][1]
    assert others[2][2:5] == ["M4", "139****0004", "丁"]


def test_formulas_stay_texts_and_do_nothing_in_the_rejected_rows() -> None:
    world = ImportWorld()
    world.drop(HEADER + "M1,,\"=cmd|' /C calc'!A0\",杭州,\n,,=1+1,杭州,+vip\n")
    assert world.people.profile_of("demo", "member:M1").attributes["姓名"] == "=cmd|' /C calc'!A0"
    assert rejects(world)[1][4:] == ["'=1+1", "杭州", "'+vip"]


def test_the_same_file_again_changes_nothing() -> None:
    world = ImportWorld()
    world.drop(rows(5))
    before = dict(world.people.profiles)
    job = world.drop(rows(5))
    assert world.people.profiles == before
    assert job.counts.read == 5
    assert world.metrics.counts["ImportFinished"] == 1


ORDERS = """
type: {from: 状态, values: {已付款: order.completed, 已退款: order.refunded}}
id: 单号
time: 时间
identities: {member: 会员号}
data: {order_id: 单号, total: {from: 金额, type: number}}
"""


def test_the_same_order_in_two_files_is_one_event() -> None:
    world = ImportWorld(ORDERS)
    header = "单号,状态,时间,会员号,金额\n"
    first = world.drop(header + "A1,已付款,2026-04-01,M1,100\nA2,已付款,2026-04-02,M1,50\n", "demo/crm/april.csv")
    second = world.drop(header + "A2,已付款,2026-04-02,M1,50\nA3,已付款,2026-04-03,M1,30\n", "demo/crm/may.csv")
    assert (first.became.processed, second.became.repeated, second.became.updated) == (2, 1, 1)
    assert len(world.people.entries) == 3
    assert world.people.profile_of("demo", "member:M1").order_totals["count"] == 3


def test_a_time_to_come_does_not_stand_above_what_is_told_later() -> None:
    world = ImportWorld(ORDERS)
    header = "单号,状态,时间,会员号,金额\n"
    hour = timedelta(hours=1)
    ahead, far = ((world.now + 8 * hour * each).strftime("%Y-%m-%d %H:%M:%S") for each in (2, 9))
    job = world.drop(f"{header}A1,已付款,{ahead},M1,100\nA2,已付款,{far},M1,50\n", "demo/crm/april.csv")
    assert (job.counts.sent, job.counts.reasons) == (1, {"time.future": 1})
    last = world.people.profile_of("demo", "member:M1").last_order_at
    assert last is not None
    assert last <= world.now.timestamp()
    world.pass_time(days=2)
    again = world.drop(f"{header}A1,已付款,{ahead},M1,100\nA3,已付款,2026-04-02,M1,5\n", "demo/crm/may.csv")
    assert (again.became.repeated, again.became.updated) == (1, 1), "the same row is the same event in the next file"


def test_an_import_fires_no_rules_unless_the_mapping_says_that_it_is_no_past() -> None:
    from tests.fakes.world import rule

    welcome = rule("hi", "person.identified", ["tag 欢迎"])
    for mapping, tags in ((None, set()), ("historical: false", {"欢迎"})):
        world = ImportWorld("type: person.identified\nidentities: {member: 会员号}\n" + (mapping or ""))
        world.publish(welcome)
        world.drop("会员号\nM1\n")
        assert set(world.people.profile_of("demo", "member:M1").tags) == tags


# ---------------------------------------------------------------------- many invocations


def test_a_file_is_read_in_as_many_invocations_as_it_takes() -> None:
    world = ImportWorld(stretch=10)
    world.seconds = 23  # two stretches, and twenty seconds are kept back
    job = world.drop(rows(95))
    assert (job.counts.read, job.became.created) == (95, 95)
    assert job.step > 4
    assert len(world.people.entries) == 95


def test_an_import_waits_while_the_queue_of_events_is_full() -> None:
    world = ImportWorld()
    world.backlog.number = 50_000
    assert world.put(rows(5))
    assert not world.events.messages
    (message, delay) = world.queue.messages[0]
    assert delay > 0
    world.backlog.number = 0
    world.go_on()
    assert world.job().became.created == 5
    del message


def test_rejected_rows_of_all_stretches_are_in_one_file_in_their_order() -> None:
    world = ImportWorld(stretch=3)
    world.seconds = 22
    world.drop(HEADER + "".join(f",,佚名{each},,\n" for each in range(20)))
    assert [line[0] for line in rejects(world)[1:]] == [str(each) for each in range(2, 22)]


def test_two_workers_never_have_the_same_file() -> None:
    world = ImportWorld()
    key = "demo/crm/members.csv"
    world.files.drop(key, rows(5).encode())
    inner: list[bool] = []
    real = world.rows.contacts

    class Meanwhile:
        def seal(self, kind: ContactKind, value: str) -> object:
            if not inner:
                inner.append(world.import_file.dropped(key, seconds_left=world.seconds_left()))
            return real.seal(kind, value)

    object.__setattr__(world.rows, "contacts", Meanwhile())
    assert world.import_file.dropped(key, seconds_left=world.seconds_left())
    assert inner == [False], "the second one comes again later"
    assert len(world.events.messages) == 5


def test_a_worker_that_lost_its_lease_writes_nothing_more() -> None:
    world = ImportWorld()
    key = "demo/crm/members.csv"
    world.files.drop(key, rows(5).encode())
    real = world.rows.backlog.waiting

    class Slow:
        def waiting(self) -> int:
            (lease,) = world.jobs.leases
            world.jobs.leases[lease] = "another", world.now + timedelta(minutes=5)
            return real()

    object.__setattr__(world.rows, "backlog", Slow())
    assert world.import_file.dropped(key, seconds_left=world.seconds_left())
    assert world.job().counts.read == 0


def test_a_message_from_before_is_done_with_and_one_of_now_comes_again() -> None:
    world = ImportWorld()
    world.put(rows(5))
    job = world.job()
    world.jobs.take("demo", job.id, "somebody", now=world.now, until=world.now + timedelta(minutes=2))
    old, now = (ImportMessage(brand="demo", import_id=job.id, step=step) for step in (job.step - 1, job.step))
    assert world.import_file.work(old, seconds_left=world.seconds_left())
    assert not world.import_file.work(now, seconds_left=world.seconds_left())


# ---------------------------------------------------------------------- poison

POISON = (
    '{"会员号": "M2", "姓名": "\\ud83d"}',
    '{"会员号": "M3", "姓名": "' + "长" * 100_000 + '"}',
    '{"会员号": {"a": [1]}, "姓名": 1}',
    '{"会员号": "M5", "标签": {"a": {}}}',
    '{"会员号": 1e400}',
)


@pytest.mark.parametrize("poison", POISON, ids=["surrogate", "large", "map", "tags", "infinite"])
def test_a_poisonous_row_stops_nobody(poison: str) -> None:
    world = ImportWorld()
    job = world.drop(f'{{"会员号": "M1"}}\n{poison}\n{{"会员号": "M9"}}\n', "demo/crm/rows.jsonl")
    assert (job.state, job.became.created, job.counts.rejected) == (ImportState.DONE, 2, 1)


def test_what_nobody_thought_of_is_one_rejected_row(monkeypatch: pytest.MonkeyPatch) -> None:
    from yuchi.domain.mapping import FieldMapping

    real = FieldMapping.apply

    def apply(self: FieldMapping, row: dict[str, str], further: object = ()) -> object:
        if row["会员号"] == "M2":
            raise ZeroDivisionError
        return real(self, row)

    monkeypatch.setattr(FieldMapping, "apply", apply)
    job = ImportWorld().drop(rows(3))
    assert job.counts.reasons == {"row.unexpected": 1}
    assert job.became.created == 2


# ---------------------------------------------------------------------- what cannot be brought in


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("demo/nobody/x.csv", "没有数据源 nobody"),
        ("other/crm/x.csv", "没有数据源 crm"),
        ("x.csv", "<品牌>/<数据源>/"),
        ("demo/x.csv", "<品牌>/<数据源>/"),
    ],
)
def test_a_file_in_the_wrong_place_gets_a_report(key: str, words: str) -> None:
    world = ImportWorld()
    world.put(rows(1), key)
    world.go_on()
    report = json.loads(world.files.text(f"reports/{key}.report.json"))
    assert report["state"] == "failed"
    assert words in report["problem"]["zh"]
    assert not world.events.messages


def test_our_own_files_are_no_imports() -> None:
    world = ImportWorld()
    for key in ("reports/demo/crm/a.csv.rejects.csv", "work/123/1.csv"):
        assert world.put("会员号\nM1\n", key)
    assert not world.jobs.jobs


def test_an_empty_file_a_wrong_header_and_a_broken_mapping_are_told() -> None:
    world = ImportWorld()
    assert "空的" in world.drop("", "demo/crm/a.csv").problem["zh"]
    assert "放错了" in world.drop("x,y\n1,2\n", "demo/crm/b.csv").problem["zh"]
    assert "重复的列" in world.drop("会员号,会员号\n1,2\n", "demo/crm/c.csv").problem["zh"]
    world.sources.sources["crm"] = world.sources.sources["crm"].model_copy(update={"mapping": "type: x"})
    assert "映射有问题" in world.drop(rows(1), "demo/crm/d.csv").problem["zh"]
    world.sources.sources["crm"] = world.sources.sources["crm"].model_copy(update={"mapping": "a: [b"})
    assert "YAML" in world.drop(rows(1), "demo/crm/e.csv").problem["zh"]


def test_a_source_that_was_edited_into_none_is_told() -> None:
    world = ImportWorld()

    class Edited(FakeSources):
        def get(self, source: str) -> Source | None:
            raise UnreadableSourceError(source)

    reader = world.import_file.readers[ImportKind.FILE]
    object.__setattr__(reader, "sources", Edited())
    assert "改坏了" in world.drop(rows(1)).problem["zh"]


def test_a_failed_import_goes_on_when_the_file_is_put_again() -> None:
    world = ImportWorld("type: x")
    assert world.drop(rows(3)).state is ImportState.FAILED
    from tests.fakes.imports import MEMBERS

    world.sources.sources["crm"] = world.sources.sources["crm"].model_copy(update={"mapping": MEMBERS})
    job = world.drop(rows(3))
    assert (job.state, job.became.created, job.problem) == (ImportState.DONE, 3, {})


def test_a_file_that_is_replaced_meanwhile_is_another_import() -> None:
    world = ImportWorld(stretch=10)
    world.seconds = 22
    world.put(rows(30))
    old = world.job()
    world.put(rows(5, start=100))
    world.go_on()
    assert world.jobs.get("demo", old.id).state is ImportState.FAILED  # type: ignore[union-attr]
    assert world.job().became.created == 5


def test_a_deleted_file_is_forgotten() -> None:
    world = ImportWorld()
    assert world.import_file.dropped("demo/crm/none.csv", seconds_left=world.seconds_left())
    assert not world.jobs.jobs


def test_events_that_never_get_processed_do_not_hold_the_report_for_ever() -> None:
    world = ImportWorld()
    world.put(rows(2))
    world.events.take()
    for _ in range(60):
        if not world.queue.messages:
            break
        (message, delay) = world.queue.messages.pop(0)
        world.pass_time(seconds=delay)
        world.import_file.work(message, seconds_left=world.seconds_left())
    report = json.loads(world.files.text("reports/demo/crm/members.csv.report.json"))
    assert report["events"]["waiting"] == 2
