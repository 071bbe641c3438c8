"""Published rulesets: chunks, heads, and the one swap that makes an edit live."""

import pytest

from tests.contract.conftest import Ports
from tests.contract.examples import NOW
from tests.fakes.world import rule
from yuchi.domain.manifest import Manifest
from yuchi.domain.ruleset import Change, build, load, publish
from yuchi.services.ports_rules import RuleHead, RulesetConflictError

HELLO = rule("hello", "message.text", ["tag 来过"])
BYE = rule("bye", "message.text", ["score +1"])


def head(version: int = 1) -> RuleHead:
    return RuleHead(rule_id="hello", version=version, rule=HELLO, changed_at=NOW)


def test_at_first_nothing_is_live(ports: Ports, brand: str) -> None:
    assert ports.rulesets.get_manifest(brand) == Manifest(brand=brand)
    assert ports.rulesets.get_heads(brand, ["hello"]) == {}


def test_what_is_published_is_live_whole(ports: Ports, brand: str) -> None:
    publication = build(brand, [HELLO, BYE])
    ports.rulesets.put_blobs(brand, publication.blobs, version=publication.manifest.version)
    ports.rulesets.swap(publication.manifest, [head()])
    manifest = ports.rulesets.get_manifest(brand)
    assert manifest == publication.manifest
    bucket = load(ports.rulesets.get_blob(brand, name) for name in manifest.hashes("tea", "message.text"))
    assert bucket is not None
    assert {each.rule_id for each in bucket.entries} == {"hello", "bye"}
    assert ports.rulesets.get_heads(brand, ["hello", "none"]) == {"hello": head()}


def test_of_two_who_publish_at_once_one_has_to_begin_anew(ports: Ports, brand: str) -> None:
    first = build(brand, [HELLO])
    ports.rulesets.put_blobs(brand, first.blobs, version=first.manifest.version)
    ports.rulesets.swap(first.manifest, [head()])
    with pytest.raises(RulesetConflictError):
        ports.rulesets.swap(first.manifest, [])
    second = publish(first.manifest, [Change(None, BYE)], lambda name: ports.rulesets.get_blob(brand, name))
    ports.rulesets.put_blobs(brand, second.blobs, version=second.manifest.version)
    ports.rulesets.swap(second.manifest, [])
    with pytest.raises(RulesetConflictError):
        ports.rulesets.swap(second.manifest, [])
    assert ports.rulesets.get_manifest(brand) == second.manifest


def test_a_chunk_that_is_retired_is_there_until_its_moment_and_can_be_stored_again(ports: Ports, brand: str) -> None:
    made = build(brand, [HELLO])
    (name,) = made.blobs
    ports.rulesets.put_blobs(brand, made.blobs, version=1)
    ports.rulesets.retire(brand, [name, "none"], version=2, expires_at=NOW)
    assert ports.rulesets.get_blob(brand, name) == made.blobs[name]
    ports.rulesets.put_blobs(brand, made.blobs, version=3)
    assert ports.rulesets.get_blob(brand, name) == made.blobs[name]
