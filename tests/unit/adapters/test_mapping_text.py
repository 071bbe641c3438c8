"""Mappings as YAML: `on` and `yes` are no booleans, and what is no YAML is told with its line."""

import pytest

from yuchi.adapters.mapping_text import MAX_CHARACTERS, read_mapping_text
from yuchi.domain.mapping import Mapped
from yuchi.domain.problem import Locale, RuleProblemError

GOOD = "type: person.identified\nidentities: {member: on}\nattributes: {常客: {from: yes, values: {on: no}}}\n"


def test_words_stay_words() -> None:
    outcome = read_mapping_text(GOOD).apply({"on": "M1", "yes": "on"})
    assert isinstance(outcome, Mapped)
    assert outcome.attributes == {"常客": "no"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "mapping.unreadable"),
        ("a: [b", "mapping.yaml"),
        ("a: 1\n\tb: 2", "mapping.yaml"),
        ("type: !!python/object/apply:os.system [ls]", "mapping.yaml"),
        ("- a", "mapping.unreadable"),
        ("x" * (MAX_CHARACTERS + 1), "mapping.long"),
    ],
)
def test_what_is_no_mapping(text: str, code: str) -> None:
    with pytest.raises(RuleProblemError) as caught:
        read_mapping_text(text)
    assert [problem.code for problem in caught.value.problems] == [code]
    assert all(problem.text(locale) for problem in caught.value.problems for locale in Locale)
