"""Tracked links, and what came of runs: in memory and on DynamoDB; and the key of links in SSM."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.aws import CONFIG, aws
from tests.fakes.links import FakeLinkBook, FakeOutcomes
from yuchi.adapters.dynamodb.links import DynamoDBLinkBook
from yuchi.adapters.dynamodb.outcomes import DynamoDBOutcomes
from yuchi.adapters.link_marks import ParameterMarks
from yuchi.domain.campaign.links import Link
from yuchi.services.ports_links import LinkBook, NoLinkKeyError, OutcomeKind, Outcomes, StoredOutcome

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
LINK = Link("q3Zr0mV5TjC1xk8yN2bWdA", "tea#spring#0123456789ab", "shop", "甲", "https://shop.example.com/茶?a=1")
CLICK = StoredOutcome("f" * 16, OutcomeKind.CLICKED, "p1", "甲", NOW)
ORDER = replace(CLICK, kind=OutcomeKind.REVENUE, event="e1", amount=12_900)


@dataclass
class Ports:
    """One implementation of each."""

    links: LinkBook
    outcomes: Outcomes


@pytest.fixture(params=["memory", "aws"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    if request.param == "memory":
        yield Ports(FakeLinkBook(), FakeOutcomes())
        return
    with aws() as session:
        client: Any = session.client("dynamodb", config=CONFIG)
        yield Ports(DynamoDBLinkBook(client, "Links"), DynamoDBOutcomes(client, "Outcomes"))


def test_links_are_found_until_their_time(ports: Ports) -> None:
    assert ports.links.get(LINK.id, now=NOW) is None
    ports.links.put([LINK, LINK._replace(id="B" * 22)], now=NOW)
    ports.links.put([LINK], now=NOW)
    assert ports.links.get(LINK.id, now=NOW) == LINK
    assert ports.links.get(LINK.id, now=NOW + timedelta(days=400, seconds=1)) is None


def test_outcomes_are_kept_once_and_the_earliest_counts(ports: Ports) -> None:
    assert ports.outcomes.put(CLICK, now=NOW)
    assert not ports.outcomes.put(CLICK, now=NOW)
    assert not ports.outcomes.put(replace(CLICK, at=NOW + timedelta(minutes=1)), now=NOW)
    earlier = replace(CLICK, at=NOW - timedelta(minutes=1))
    assert ports.outcomes.put(earlier, now=NOW)
    assert list(ports.outcomes.of_run(CLICK.run)) == [earlier]


def test_outcomes_of_a_run_are_all_found(ports: Ports) -> None:
    many = [replace(CLICK, person=f"p{number}") for number in range(40)]
    more = [ORDER, replace(ORDER, event="e2", amount=100), replace(CLICK, kind=OutcomeKind.UNSUBSCRIBED)]
    for each in [*many, *more, replace(CLICK, run="e" * 16)]:
        assert ports.outcomes.put(each, now=NOW)
    found = list(ports.outcomes.of_run(CLICK.run))
    assert sorted(found, key=repr) == sorted([*many, *more], key=repr)


def test_outcomes_of_a_person_are_found_and_removed(ports: Ports) -> None:
    other = replace(CLICK, person="p11")
    for each in (CLICK, ORDER, other):
        ports.outcomes.put(each, now=NOW)
    mine = list(ports.outcomes.of_persons(CLICK.run, ["p1", "p2"]))
    assert sorted(mine, key=repr) == sorted([CLICK, ORDER], key=repr)
    for each in mine:
        ports.outcomes.remove(each)
        ports.outcomes.remove(each)
    assert list(ports.outcomes.of_run(CLICK.run)) == [other]


def test_taps_of_nobody_known_are_added_up(ports: Ports) -> None:
    for link in ("a", "a", "b"):
        ports.outcomes.add_taps(CLICK.run, "甲", link, now=NOW)
    ports.outcomes.add_taps("e" * 16, "", "a", now=NOW)
    assert ports.outcomes.taps(CLICK.run) == {("甲", "a"): 2, ("甲", "b"): 1}
    assert list(ports.outcomes.of_run(CLICK.run)) == []


def test_the_key_of_links_is_made_once() -> None:
    with aws() as session:
        ssm: Any = session.client("ssm")
        marks = ParameterMarks(lambda: ssm, "/yuchi/dev")
        with pytest.raises(NoLinkKeyError):
            marks.link_id("a")
        assert marks.make_key()
        mark = marks.seal(LINK.id, "o1")
        assert not ParameterMarks(lambda: ssm, "/yuchi/dev").make_key()
        assert ParameterMarks(lambda: ssm, "/yuchi/dev").open(LINK.id, mark) == "o1"
        assert "_marks" not in repr(marks)
