"""The view of a person whose fields are read when they are asked for."""

import pytest

from tests.contract.examples import NOW, rich_profile
from yuchi.domain.language import Context, parse_condition
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import PersonView, profile_view
from yuchi.domain.standard.model import DEFAULT_SCHEMA


def a_person() -> Profile:
    return rich_profile("demo")


def test_a_view_read_when_asked_says_the_same_as_the_whole_view() -> None:
    whole = profile_view(a_person(), "tea", NOW, schema=DEFAULT_SCHEMA)
    view = PersonView(a_person(), "tea", NOW, schema=DEFAULT_SCHEMA)
    assert {name: view.get(name) for name in whole} == whole
    assert view.get("never heard of", 7) == 7


@pytest.mark.parametrize(
    "when",
    [
        '"tags" in profile',
        "size(profile) > 3",
        'profile.exists(name, name == "stage")',
        'profile["version"] == null',
        "profile == profile",
        '[profile].exists(each, "score" in each)',
    ],
)
def test_conditions_on_the_whole_person_see_every_field(when: str) -> None:
    condition = parse_condition(when)
    views = [kind(a_person(), "tea", NOW, schema=DEFAULT_SCHEMA) for kind in (profile_view, PersonView)]
    answers = [condition.matches(Context(event={}, profile=view, account={}, now=NOW)) for view in views]
    assert answers == [True, True]


def test_twin_a_view_that_is_a_plain_dict_inside_is_empty_to_them() -> None:
    class Plain(PersonView):
        __contains__ = dict.__contains__

    view = Plain(a_person(), "tea", NOW, schema=DEFAULT_SCHEMA)
    assert not parse_condition('"tags" in profile').matches(Context(event={}, profile=view, account={}, now=NOW))


def test_fields_that_nobody_asks_for_are_not_read() -> None:
    view = PersonView(a_person(), "tea", NOW, schema=DEFAULT_SCHEMA)
    view.get("tags")
    assert dict.__len__(view) == 1
