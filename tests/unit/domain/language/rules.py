"""Generated rule sets over a small vocabulary, so that events often match."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.unit.domain.language.strategies import WORDS, anything, texts
from yuchi.domain.language import Entry
from yuchi.domain.language.access import access_of
from yuchi.domain.language.lexer import quoted
from yuchi.domain.language.parser import parse

_words = st.sampled_from(WORDS).map(quoted)
_fields = st.sampled_from(
    [
        "event.key",
        "event.content",
        "profile.scene",
        'profile.attributes["城市"]',
        "event.content.trim()",
        "event.key.lowerAscii()",
    ]
)
_numbers = st.sampled_from(["0", "1", "-1", "2", "1.0", "1.5", "-0.5"])
_constants = _words | _numbers | st.sampled_from(["true", "false", "null"])
_fields_or_numbers = _fields | st.sampled_from(["event.n", "profile.score"])

_common = st.sampled_from(['""', '"a"', '"试用"', "1"])
_elements = st.sampled_from([_common, _common, _common, _constants]).flatmap(lambda chosen: chosen)
ATOMS: dict[str, st.SearchStrategy[str]] = {
    "is": st.builds("{} == {}".format, _fields_or_numbers, _constants)
    | st.builds("{} == {}".format, _constants, _fields_or_numbers)
    | st.builds("{} in [{}, {}]".format, _fields_or_numbers, _constants, _constants)
    | st.sampled_from(["event.flag", "profile.subscribed == true"]),
    "in": st.builds(
        "{} in {}".format,
        _elements,
        st.sampled_from(["profile.tags", "event.words"]),
    ),
    "starts": st.builds("{}.startsWith({})".format, _fields, _words),
    "ends": st.builds("{}.endsWith({})".format, _fields, _words),
    "word": st.builds("{}.contains({})".format, _fields, _words)
    | st.builds("{}.containsAny([{}, {}])".format, _fields, _words, _words),
    **{
        operator: st.builds(
            "{} {} {}".format, st.sampled_from(["event.n", "profile.score"]), st.just(operator), _numbers
        )
        | st.builds("{} {} {}".format, _numbers, st.just(mirrored), st.sampled_from(["event.n", "profile.score"]))
        for operator, mirrored in ((">", "<"), (">=", "<="), ("<", ">"), ("<=", ">="))
    },
}
"""For each kind of atom of the index, parts of conditions that lead to it."""
_unindexed = st.builds("{} != {}".format, _fields_or_numbers, _constants) | st.sampled_from(
    ["event.n * 2 > 1", 'count("a.b") > 0', "has(event.key)"]
)
atoms = st.one_of(*ATOMS.values(), _unindexed)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    ),
    max_leaves=5,
)


@st.composite
def entries(draw: st.DrawFn, written_as: st.SearchStrategy[str] = conditions) -> list[Entry]:
    """Rules as they come back from the store."""
    written = draw(st.lists(written_as, min_size=1, max_size=12))
    return [
        Entry(f"r{number}", when, stored_access(when), priority=draw(st.integers(0, 3)))
        for number, when in enumerate(written)
    ]


def stored_access(when: str) -> Any:
    """The access of a condition after a journey through JSON."""
    return json.loads(json.dumps(access_of(parse(when), when)))


_tame = st.fixed_dictionaries(
    {},
    optional={
        "key": texts,
        "content": st.lists(texts, max_size=3).map("".join),
        "n": st.sampled_from([0, 1, -1, 2, 1.0, 1.5, -0.5, True, False, float("nan")]),
        "flag": st.booleans(),
        "words": st.lists(
            st.sampled_from(["", "a", "试用"]) | st.sampled_from([0, 1, 1.0, True, None, [1]]), max_size=3
        ),
    },
)


@st.composite
def views(draw: st.DrawFn) -> dict[str, Any]:
    """Data that often matches, with strange values among it."""
    event = draw(_tame)
    if draw(st.booleans()):
        event |= draw(st.dictionaries(st.sampled_from(["key", "content", "n", "words", "flag"]), anything, max_size=2))
    profile: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "tags": st.dictionaries(st.sampled_from(WORDS), st.just({}), max_size=9) | anything,
                "score": st.sampled_from([0, 1, -1, 2.0, 1.5, True, "1", None]) | anything,
                "scene": texts | anything,
                "subscribed": st.booleans() | st.just(1),
                "attributes": st.dictionaries(st.just("城市"), texts | anything, max_size=1) | anything,
            },
        )
    )
    return {"event": event, "profile": profile, "account": {}}
