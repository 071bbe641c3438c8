"""Sources and their write keys."""

import pytest

from tests.fakes.sources import make_source, write_key
from yuchi.domain.source import NO_HASH, Source, hash_of, source_of_event, source_of_key
from yuchi.services.open_source import finish_rotation, new_write_key, with_key


def test_a_new_key_names_its_source_and_is_no_other() -> None:
    keys = {new_write_key("shop-server") for _ in range(50)}
    assert len(keys) == 50
    assert {source_of_key(key) for key in keys} == {"shop-server"}


@pytest.mark.parametrize(
    "key",
    ["", "wk_", "wk__" + "k" * 32, "wk_a_" + "k" * 31, "wk_a_" + "k" * 33, "wk_A_" + "k" * 32, " wk_a_" + "k" * 32],
)
def test_what_is_no_write_key_names_no_source(key: str) -> None:
    assert source_of_key(key) is None


def test_only_the_hash_is_stored() -> None:
    assert write_key("shop") not in make_source().model_dump_json()


def test_a_source_without_a_key_takes_none() -> None:
    source = Source(id="shop", brand="demo", name="shop")
    assert not any(source.accepts(key) for key in ("", NO_HASH, write_key("shop")))


def test_the_last_key_is_good_until_the_rotation_is_finished() -> None:
    source = with_key(make_source(), write_key("shop", "n"))
    assert source.previous_write_key_hash == hash_of(write_key("shop"))
    assert [source.accepts(write_key("shop", letter)) for letter in "knx"] == [True, True, False]
    assert [finish_rotation(source).accepts(write_key("shop", letter)) for letter in "kn"] == [False, True]
    again = with_key(source, write_key("shop", "m"))
    assert [again.accepts(write_key("shop", letter)) for letter in "knm"] == [False, True, True]


@pytest.mark.parametrize(
    ("event_source", "source"),
    [
        ("/collect/shop", "shop"),
        ("/import/till", "till"),
        ("/wechat/tea", None),
        ("/rule/x", None),
        ("", None),
        ("/collect/", None),
    ],
)
def test_the_source_of_an_event(event_source: str, source: str | None) -> None:
    assert source_of_event(event_source) == source
