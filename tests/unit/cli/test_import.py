"""`yuchi import` and `yuchi sync followers`."""

import json
from pathlib import Path

import pytest

from tests.fakes.imports import MEMBERS
from tests.unit.cli.desk import TEA, FakeDesk, run
from yuchi.domain.account import AccountKind
from yuchi.domain.source import SourceKind

FILE = "会员号,手机号,姓名,城市,标签\nM1,13900000001,甲,杭州,茶友\n,,佚名,,\nM3,13900000003,丙,上海,\n"


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(TEA)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "members.csv"
    path.write_text(FILE, encoding="gb18030")
    return path


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "crm.yaml"
    path.write_text("name: CRM\n" + MEMBERS, encoding="utf-8")
    return path


def test_a_trial_needs_no_deployment_and_shows_no_phone(file: Path, mapping: Path) -> None:
    found = run(RuntimeError("asked for"), "import", str(file), "--map", str(mapping), "--dry-run")
    assert found.status == 0
    assert "person.identified" in found.out
    assert "139****0001" in found.out
    assert "13900000001" not in found.all
    assert "nobody knows whose it is" in found.out
    assert "gb18030" in found.err


def test_a_file_is_sent_watched_and_reported(desk: FakeDesk, file: Path, mapping: Path) -> None:
    found = run(desk, "import", str(file), "--map", str(mapping))
    assert found.status == 0, found.all
    source = desk.imports.source("crm")
    assert source is not None
    assert (source.brand, source.name, source.kind, source.trusted) == ("demo", "CRM", SourceKind.FILE, True)
    assert desk.imports.keys_made == 1
    assert "persons created" in found.out
    assert "identity.missing" in found.out
    rejected = file.with_name("members.csv.rejects.csv").read_text(encoding="utf-8-sig")
    assert "佚名" in rejected
    assert str(file.with_name("members.csv.rejects.csv")) in found.err


def test_the_report_for_programs(desk: FakeDesk, file: Path, mapping: Path) -> None:
    found = run(desk, "import", str(file), "--map", str(mapping), "--json")
    report = json.loads(found.out)
    assert report["rows"] == {"read": 3, "sent": 2, "skipped": 0, "rejected": 1}
    assert report["events"]["created"] == 2


def test_a_source_knows_its_mapping_the_next_time(desk: FakeDesk, file: Path, mapping: Path) -> None:
    run(desk, "import", str(file), "--map", str(mapping))
    file.write_text(FILE.replace("M1", "M9"), encoding="utf-8")
    assert run(desk, "import", str(file), "--map", "crm").status == 0
    assert run(desk, "import", str(file), "--map", "crm", "--dry-run").status == 0
    assert len(desk.imports.jobs("demo")) == 2


def test_another_mapping_is_put_only_after_a_yes(desk: FakeDesk, file: Path, mapping: Path) -> None:
    run(desk, "import", str(file), "--map", str(mapping))
    before = desk.imports.source("crm")
    mapping.write_text(MEMBERS.replace("姓名: 姓名, ", ""), encoding="utf-8")
    assert run(desk, "import", str(file), "--map", str(mapping), typed="n\n").status != 0
    assert desk.imports.source("crm") == before
    assert run(desk, "import", str(file), "--map", str(mapping), "--yes").status == 0
    assert desk.imports.source("crm") != before


def test_imports_are_listed(desk: FakeDesk, file: Path, mapping: Path) -> None:
    assert "Nothing was brought in" in run(desk, "import", "status").out
    run(desk, "import", str(file), "--map", str(mapping))
    found = run(desk, "import", "status")
    assert "members.csv" in found.out
    assert "done" in found.out
    assert json.loads(run(desk, "import", "--json").out)[0]["state"] == "done"


def test_nobody_has_to_wait(desk: FakeDesk, file: Path, mapping: Path) -> None:
    found = run(desk, "import", str(file), "--map", str(mapping), "--no-wait")
    assert "uploaded" in found.out
    assert desk.imports.waiting


def test_a_file_that_cannot_be_brought_in_ends_with_an_error(desk: FakeDesk, file: Path, mapping: Path) -> None:
    file.write_text("x,y\n1,2\n", encoding="utf-8")
    found = run(desk, "import", str(file), "--map", str(mapping))
    assert found.status == 1
    assert "none of the mapping's columns" in found.err


def test_what_is_typed_wrongly(desk: FakeDesk, file: Path, mapping: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("type: Order", encoding="utf-8")
    pdf = tmp_path / "x.pdf"
    pdf.write_bytes(b"x")
    for words, said in (
        ((str(tmp_path / "none.csv"), "--map", "crm"), "there is no file"),
        ((str(pdf), "--map", "crm"), "no CSV"),
        ((str(file),), "--map"),
        ((str(file), "--map", "crm"), "no source crm"),
        ((str(file), "--map", str(bad)), "mapping has problems"),
        ((str(file), "--map", str(bad), "--dry-run"), "mapping has problems"),
        ((str(file), "--map", str(mapping), "--source", "A b"), "cannot be the id"),
        ((str(file), "--map", str(mapping), "--brand", "other"), "no brand other"),
    ):
        found = run(desk, "import", *words)
        assert found.status == 2, words
        assert said in found.err, words


def test_followers_are_begun_once_a_day(desk: FakeDesk) -> None:
    first = run(desk, "sync", "followers", "tea", "--no-wait")
    assert first.status == 0, first.all
    (job,) = desk.imports.started
    assert (job.id, job.kind, job.key) == ("followers-tea-2026-05-01", "followers", "tea")
    again = run(desk, "sync", "followers", "tea", "--no-wait")
    assert "it was begun already" in again.err


def test_followers_of_what_has_none() -> None:
    app = TEA.model_copy(update={"id": "app", "kind": AccountKind.MINI_PROGRAM})
    desk = FakeDesk(TEA, app)
    assert run(desk, "sync", "followers", "nobody").status == 2
    assert "mini program" in run(desk, "sync", "followers", "app").err
    assert desk.imports.started == []


# ---------------------------------------------------------------------- encodings, orders with several rows


def test_an_encoding_may_be_said(desk: FakeDesk, file: Path, mapping: Path) -> None:
    mapping.write_text("type: person.identified\nidentities: {member: id}\nattributes: {name: name}\n")
    file.write_text("id,name\nM1,碁\n", encoding="cp950")
    assert run(desk, "import", str(file), "--map", str(mapping), "--encoding", "Big5", "--dry-run").status == 0
    assert run(desk, "import", str(file), "--map", str(mapping), "--encoding", "big5").status == 0
    (job,) = desk.imports.jobs("demo")
    assert (job.encoding, job.counts.sent) == ("big5", 1)
    wrong = run(desk, "import", str(file), "--map", str(mapping), "--encoding", "klingon")
    assert wrong.status != 0
    assert "gb18030" in wrong.err


def test_the_same_file_said_to_be_in_another_encoding_is_another_import(
    desk: FakeDesk, file: Path, mapping: Path
) -> None:
    for encoding in ("utf-8", "gb18030", "gb18030"):
        run(desk, "import", str(file), "--map", str(mapping), "--encoding", encoding)
    assert sorted(job.state for job in desk.imports.jobs("demo")) == ["done", "failed"]


def test_a_trial_shows_orders_and_not_their_rows(tmp_path: Path) -> None:
    mapping = tmp_path / "orders.yaml"
    mapping.write_text(
        "group_by: 单号\ntype: order.completed\nidentities: {member: 会员}\n"
        "data: {products: {each: ., fields: {name: 商品}}}\n",
        encoding="utf-8",
    )
    file = tmp_path / "orders.csv"
    file.write_text("单号,会员,商品\n1,M1,茶\n1,,杯\n2,M2,壶\n", encoding="utf-8")
    found = run(RuntimeError("asked for"), "import", str(file), "--map", str(mapping), "--dry-run")
    assert found.out.count("order.completed") == 2


# ---------------------------------------------------------------------- what people see


def test_the_same_file_again_says_that_nothing_changes(
    desk: FakeDesk, file: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(desk, "import", str(file), "--map", str(mapping))
    desk.imports.world.pass_time(seconds=60)
    monkeypatch.setattr(desk, "clock", desk.imports.world.clock)
    again = run(desk, "import", str(file), "--map", str(mapping))
    assert "nothing changes" not in first.all
    assert "nothing changes" in again.err


def test_a_header_alone_is_told(desk: FakeDesk, file: Path, mapping: Path) -> None:
    file.write_text(FILE.partition("\n")[0] + "\n", encoding="utf-8")
    found = run(desk, "import", str(file), "--map", str(mapping))
    assert found.status == 0
    assert "no rows" in found.err


def test_a_file_for_another_mapping_shows_its_first_line(desk: FakeDesk, file: Path, mapping: Path) -> None:
    file.write_text("mobile,13900000001\n1,2\n", encoding="utf-8")
    found = run(desk, "import", str(file), "--map", str(mapping))
    assert found.status != 0
    assert "mobile, 139****0001" in " ".join(found.all.split())


def test_whoever_leaves_is_told_that_the_import_goes_on(
    desk: FakeDesk, file: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(desk, "wait", stop)
    found = run(desk, "import", str(file), "--map", str(mapping))
    assert found.status != 0
    assert "yuchi import status" in found.err
