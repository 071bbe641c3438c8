"""Variants by hash: stable, fair, independent."""

from collections import Counter

import pytest

from yuchi.domain.campaign.assignment import assign
from yuchi.domain.campaign.model import HOLDOUT, UNDECIDED, Campaign, Contest, Variant

CONTENTS = {"mass": {"type": "text", "text": "新茶到店"}}
PERSONS = [f"p{number:05d}" for number in range(20_000)]


def campaign(**changes: object) -> Campaign:
    """A campaign with variants 30 : 70."""
    variants = [Variant(name="a", share=30, contents=CONTENTS), Variant(name="b", share=70, contents=CONTENTS)]
    return Campaign.model_validate(
        {"brand": "tea", "campaign_id": "spring", "audience": "true", "variants": variants} | changes
    )


def shares(one: Campaign) -> dict[str, float]:
    """Percent of each group among many persons."""
    counts = Counter(assign(one, person) for person in PERSONS)
    return {name: 100 * count / len(PERSONS) for name, count in counts.items()}


def test_shares_are_kept() -> None:
    """Within what chance allows for 20,000."""
    assert shares(campaign()) == pytest.approx({"a": 30, "b": 70}, abs=1)


def test_the_holdout_takes_the_same_part_of_each_variant() -> None:
    """So that it can be compared with each of them."""
    found = shares(campaign(holdout=10))
    assert found == pytest.approx({HOLDOUT: 10, "a": 27, "b": 63}, abs=1)


def test_a_contest_leaves_most_undecided() -> None:
    """Those wait for the winner."""
    found = shares(campaign(contest=Contest(share=20, after=3_600)))
    assert found == pytest.approx({UNDECIDED: 80, "a": 6, "b": 14}, abs=1)


def test_a_person_keeps_the_variant_and_campaigns_differ() -> None:
    """The same campaign says the same to a person in each run; another campaign draws anew."""
    one, other = campaign(holdout=10), campaign(holdout=10, campaign_id="autumn")
    assert [assign(one, person) for person in PERSONS] == [assign(one, person) for person in PERSONS]
    same = sum(assign(one, person) == assign(other, person) for person in PERSONS) / len(PERSONS)
    assert same == pytest.approx(0.1**2 + 0.27**2 + 0.63**2, abs=0.02)


def test_one_variant_needs_no_draw() -> None:
    """Its name is what it is called."""
    one = campaign(variants=[Variant(contents=CONTENTS)])
    assert {assign(one, person) for person in PERSONS} == {""}
