"""`yuchi source`: a key is shown once and never kept; an old one stays good until the rotation is finished."""

import json
import re
from pathlib import Path

import pytest

from tests.fakes.sources import make_source, write_key
from tests.unit.cli.desk import TEA, FakeDesk, lines, run
from yuchi.domain.source import SourceKind

ROOT = Path(__file__).parents[3]
MAPPING = ROOT / "rules" / "mappings" / "youzan-orders" / "mapping.yaml"


def key_in(text: str) -> str:
    found = re.search(r"wk_[a-z0-9-]+_[A-Za-z0-9]{32}", text)
    assert found is not None
    return found[0]


def test_a_source_is_added_and_its_key_shown_with_how_to_use_it() -> None:
    desk = FakeDesk(TEA)
    desk.contacts.there = False
    outcome = run(desk, "source", "add", "--id", "shop", "--name", "商城", "--trusted", typed=lines([""]))
    assert outcome.status == 0, outcome
    source, key = desk.sources.sources["shop"], key_in(outcome.out)
    assert (source.brand, source.name, source.trusted, source.kind) == ("demo", "商城", True, SourceKind.SEGMENT)
    assert source.accepts(key)
    assert desk.contacts.there
    assert f"curl -u {key}: https://api.example/v1/track" in outcome.out
    assert key not in source.model_dump_json()


def test_a_source_that_is_updated_keeps_its_key() -> None:
    desk = FakeDesk(TEA)
    desk.sources.put(make_source())
    outcome = run(desk, "source", "add", "--id", "shop", "--brand", "demo", "--name", "New", "--yes")
    assert outcome.status == 0, outcome
    assert "wk_" not in outcome.out
    source = desk.sources.sources["shop"]
    assert (source.name, source.accepts(write_key("shop")), source.trusted) == ("New", True, True)
    assert (
        run(desk, "source", "add", "--id", "shop", "--brand", "demo", "--name", "New", "--untrusted", "--yes").status
        == 0
    )
    source = desk.sources.sources["shop"]
    assert (source.accepts(write_key("shop")), source.trusted) == (True, False)


def test_a_key_that_everybody_could_read_is_never_trusted() -> None:
    desk = FakeDesk(TEA)
    desk.sources.put(make_source("site", trusted=False))
    outcome = run(desk, "source", "add", "--id", "site", "--brand", "demo", "--name", "x", "--trusted", "--yes")
    assert outcome.status == 0, outcome
    source = desk.sources.sources["site"]
    assert (source.trusted, source.accepts(key_in(outcome.out)), source.accepts(write_key("site"))) == (
        True,
        True,
        False,
    )


def test_a_source_cannot_change_its_brand() -> None:
    desk = FakeDesk(TEA)
    desk.sources.put(make_source())
    outcome = run(desk, "source", "add", "--id", "shop", "--brand", "other", "--name", "x", "--yes")
    assert outcome.status == 2
    assert desk.sources.sources["shop"].brand == "demo"


def test_a_source_of_webhooks_gets_a_secret_and_a_checked_mapping(tmp_path: Path) -> None:
    desk = FakeDesk(TEA)
    words = ["source", "add", "--id", "youzan", "--brand", "demo", "--name", "有赞", "--kind", "webhook"]
    assert "needs a mapping" in run(desk, *words).err
    bad = tmp_path / "bad.yaml"
    bad.write_text("type: [")
    assert "no good mapping" in run(desk, *words, "--mapping", str(bad)).err
    assert "cannot be read" in run(desk, *words, "--mapping", str(tmp_path / "none.yaml")).err
    assert desk.sources.sources == {}
    outcome = run(desk, *words, "--mapping", str(MAPPING))
    assert outcome.status == 0, outcome
    secret = desk.sources.secret["youzan"].webhook_secret.get_secret_value()
    assert secret in outcome.out
    assert "https://api.example/v1/webhooks/youzan" in outcome.out
    assert desk.sources.sources["youzan"].mapping == MAPPING.read_text(encoding="utf-8")
    again = run(desk, *words, "--mapping", str(MAPPING), "--yes")
    assert "whsec_" not in again.out
    assert desk.sources.secret["youzan"].webhook_secret.get_secret_value() == secret


def test_both_keys_are_good_until_the_rotation_is_finished() -> None:
    desk = FakeDesk(TEA)
    desk.sources.put(make_source())
    new = key_in(run(desk, "source", "rotate", "shop", "--yes").out)
    assert all(desk.sources.sources["shop"].accepts(key) for key in (new, write_key("shop")))
    unfinished = run(desk, "source", "rotate", "shop", "--yes")
    assert unfinished.status == 2
    assert "not finished" in unfinished.err
    assert run(desk, "source", "rotate", "shop", "--finish", "--yes").status == 0
    source = desk.sources.sources["shop"]
    assert (source.accepts(new), source.accepts(write_key("shop"))) == (True, False)


def test_a_signing_secret_is_rotated_alike() -> None:
    desk = FakeDesk(TEA)
    words = [
        "source",
        "add",
        "--id",
        "y",
        "--brand",
        "demo",
        "--name",
        "y",
        "--kind",
        "webhook",
        "--mapping",
        str(MAPPING),
    ]
    run(desk, *words)
    old = desk.sources.secret["y"].webhook_secret.get_secret_value()
    run(desk, "source", "rotate", "y", "--yes")
    new, kept = desk.sources.secret["y"].webhook_secret.get_secret_value().split()
    assert (kept, new != old) == (old, True)
    assert run(desk, "source", "rotate", "y", "--yes").status == 2
    run(desk, "source", "rotate", "y", "--finish", "--yes")
    assert desk.sources.secret["y"].webhook_secret.get_secret_value() == new


@pytest.mark.parametrize("kind", ["none", "file"])
def test_what_has_no_key_is_not_rotated(kind: str) -> None:
    desk = FakeDesk(TEA)
    if kind == "file":
        desk.sources.put(make_source().model_copy(update={"kind": SourceKind.FILE}))
    assert run(desk, "source", "rotate", "shop", "--yes").status == 2


def test_the_list_tells_what_was_taken_and_refused_and_no_key() -> None:
    desk = FakeDesk(TEA)
    assert "yuchi source add" in run(desk, "source", "list").out
    desk.sources.put(make_source())
    desk.source_counts.counts["shop"] = {
        "taken": 12,
        "refused_identity": 1,
        "refused_timestamp": 4,
        "last_told_at": "2026-05-01T08:00:00.000Z",
    }
    outcome = run(desk, "source", "list")
    for shown in ("shop", "demo", "segment", "yes", "12", "timestamp 4, identity 1", "2026-05-01T08:00:00.000Z"):
        assert shown in outcome.out
    (row,) = json.loads(run(desk, "source", "list", "--json").out)
    assert (row["source"], row["rotating"], row["told"]["taken"]) == ("shop", False, 12)
    assert "hash" not in str(row)


def desk_with_unfit() -> FakeDesk:
    desk = FakeDesk(TEA)
    desk.sources.put(make_source())
    desk.sources.put(make_source("till"))
    desk.source_counts.counts["shop"] = {
        "taken": 1_200,
        "unfit": 7,
        "unfit#traits.birthday": 2,
        "unfit#total": 5,
        "refused_identity": 1,
    }
    return desk


def test_the_quality_tells_what_did_not_fit_the_worst_first() -> None:
    outcome = run(desk_with_unfit(), "source", "quality")
    assert outcome.status == 0, outcome
    (shop,) = [line for line in outcome.out.splitlines() if "shop" in line]
    for shown in ("demo", "1200", "7", "total 5, traits.birthday 2"):
        assert shown in shop
    (till,) = [line for line in outcome.out.splitlines() if "till" in line]
    assert "total" not in till
    assert "refused" not in outcome.out


def test_the_quality_of_one_source_for_programs() -> None:
    desk = desk_with_unfit()
    (row,) = json.loads(run(desk, "source", "quality", "shop", "--json").out)
    assert row == {
        "source": "shop",
        "brand": "demo",
        "taken": 1_200,
        "unfit": {"total": 5, "traits.birthday": 2},
    }
    assert len(json.loads(run(desk, "source", "quality", "--json").out)) == 2


def test_the_quality_of_what_is_not_there() -> None:
    outcome = run(desk_with_unfit(), "source", "quality", "shoop")
    assert outcome.status == 2
    assert "there is no source shoop" in outcome.err
    assert "yuchi source list" in outcome.err
    assert "yuchi source add" in run(FakeDesk(TEA), "source", "quality").out
    assert "没有来源 shoop" in run(desk_with_unfit(), "source", "quality", "shoop", "--locale", "zh").err
