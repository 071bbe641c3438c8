"""Generated expressions and data for the rule language.

``Typed`` expressions name only fields that are there and have the right kind, so that CEL has an answer; ``wild`` data has
anything anywhere.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from yuchi.domain.language.lexer import quoted

NOW = datetime(2026, 3, 8, 6, 30, 15, 250_000, tzinfo=UTC)
LETTERS = "abAB 试用装领取ß\u3000\\\"'\n"
WORDS = ("", "a", "A", "ab", "试用", "试用装", "领取", " 试 ", 'say "a"', "a\\b", "ß", "VIP")

texts = st.sampled_from(WORDS) | st.text(LETTERS, max_size=8)
small = st.integers(-7, 7) | st.integers(-1, 1) | st.sampled_from([2**63 - 1, -(2**63), 1000])
floats = st.sampled_from([0.0, -0.0, 0.5, 1.0, -2.5, 3.0, 1e300, 2.0**53]) | st.floats(-10, 10, width=16)
moments = st.datetimes(datetime(1985, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@st.composite
def typed_data(draw: st.DrawFn) -> dict[str, Any]:
    """Views with every field that ``typed`` expressions name."""
    return {
        "event": {
            "key": draw(texts),
            "content": draw(texts),
            "n": draw(small),
            "m": draw(small),
            "f": draw(floats),
            "flag": draw(st.booleans()),
            "words": draw(st.lists(texts, max_size=4)),
            "numbers": draw(st.lists(st.integers(-3, 3) | st.sampled_from([1.0, 2.5]), max_size=4)),
            "when": draw(moments).isoformat().replace("+00:00", "Z"),
            "nothing": None,
        },
        "profile": {
            "tags": {word: {"count": draw(st.integers(0, 3))} for word in draw(st.sets(texts, max_size=4))},
            "score": draw(small),
            "attributes": {"城市": draw(texts), "age": draw(st.integers(0, 90))},
        },
        "account": {"id": "tea"},
    }


# --- typed expressions: each function gives the source of one kind, at most ``depth`` deep


@cache
def bools(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        ["true", "false", "event.flag", "has(event.key)", "has(profile.missing)", "(event.nothing == null)"]
    )
    if depth == 0:
        return simple
    lower = depth - 1
    return st.one_of(
        simple,
        _join(bools(lower), st.sampled_from(["&&", "||"]), bools(lower)),
        _join(bools(lower), st.sampled_from(["&&", "||"]), bools(lower)),
        bools(lower).map(lambda each: f"!({each})"),
        _compare(integers(lower), integers(lower)),
        _compare(doubles(lower), doubles(lower)),
        _compare(st.sampled_from(["event.n", "event.f", "profile.score"]), doubles(lower) | integers(lower)),
        _compare(strings(lower), strings(lower)),
        _compare(times(lower), times(lower)),
        _compare(spans(lower), spans(lower)),
        _compare(bools(lower), bools(lower), ["==", "!="]),
        st.builds(
            "{}.{}({})".format, strings(lower), st.sampled_from(["contains", "startsWith", "endsWith"]), strings(lower)
        ),
        st.builds(
            "({} in {})".format, strings(lower), st.just("event.words") | _list(strings(0)) | st.just("profile.tags")
        ),
        st.builds("({} in {})".format, integers(lower), st.just("event.numbers") | _list(integers(0))),
        st.builds("({} in event.numbers)".format, doubles(0)),
        st.builds("event.words.{}(x, {})".format, _QUANTIFIERS, _about_text("x")),
        st.builds("event.numbers.{}(y, {})".format, _QUANTIFIERS, _about_number("y")),
        st.builds("profile.tags.{}(t, {})".format, _QUANTIFIERS, _about_text("t")),
        st.builds("({} ? {} : {})".format, bools(lower), bools(lower), bools(lower)),
        st.builds("(event.words {} {})".format, st.sampled_from(["==", "!="]), _list(strings(0))),
    )


_QUANTIFIERS = st.sampled_from(["exists", "all"])


def _about_text(name: str) -> st.SearchStrategy[str]:
    return _compare(st.just(name), strings(0)) | strings(0).map(lambda each: f"{name}.contains({each})")


def _about_number(name: str) -> st.SearchStrategy[str]:
    return _compare(st.just(name), integers(0)) | st.just(f"{name} in event.numbers")


@cache
def integers(depth: int) -> st.SearchStrategy[str]:
    literal = small.map(str)
    fields = st.sampled_from(["event.n", "event.m", "profile.score", 'profile.attributes["age"]'])
    if depth == 0:
        return literal | fields
    lower = depth - 1
    return st.one_of(
        literal,
        fields,
        fields.map(lambda each: f"-{each}"),
        _join(integers(lower), st.sampled_from("+-*/%"), integers(lower)),
        strings(lower).map(lambda each: f"size({each})"),
        st.sampled_from(["event.words.size()", "size(event.numbers)", "size(profile.tags)"]),
        st.builds("{}.{}({})".format, times(lower), st.sampled_from(CLOCKS), st.sampled_from(ZONES)),
        st.builds(
            "{}.{}()".format, spans(lower), st.sampled_from(["getHours", "getMinutes", "getSeconds", "getMilliseconds"])
        ),
        st.builds("({} ? {} : {})".format, bools(lower), integers(lower), integers(lower)),
    )


CLOCKS = [
    "getHours", "getMinutes", "getSeconds", "getMilliseconds", "getDayOfWeek", "getDate", "getDayOfMonth", "getDayOfYear",
    "getMonth", "getFullYear",
]  # fmt: skip
ZONES = ["", '"Asia/Shanghai"', '"America/New_York"', '"+08:00"', '"-03:30"', '"UTC"']


@cache
def doubles(depth: int) -> st.SearchStrategy[str]:
    literal = floats.map(lambda each: repr(each) if "e" in repr(each) or "." in repr(each) else f"{each}.0")
    if depth == 0:
        return literal | st.just("event.f")
    return st.one_of(
        literal,
        st.just("event.f"),
        _join(doubles(depth - 1), st.sampled_from("+-*/"), doubles(depth - 1)),
        st.builds("({} ? {} : {})".format, bools(depth - 1), doubles(depth - 1), doubles(depth - 1)),
    )


@cache
def strings(depth: int) -> st.SearchStrategy[str]:
    simple = texts.map(quoted) | st.sampled_from(
        ["event.key", "event.content", 'event["key"]', 'profile.attributes["城市"]', "account.id"]
    )
    if depth == 0:
        return simple
    lower = depth - 1
    return st.one_of(
        simple,
        _join(strings(lower), st.just("+"), strings(lower)),
        st.builds("{}.{}()".format, strings(lower), st.sampled_from(["lowerAscii", "trim"])),
        st.builds("({} ? {} : {})".format, bools(lower), strings(lower), strings(lower)),
    )


@cache
def times(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        [
            "now",
            "timestamp(event.when)",
            'timestamp("2026-03-08T06:30:15.250Z")',
            'timestamp("2026-03-08T14:30:15+08:00")',
            "timestamp(1700000000)",
        ]
    )
    if depth == 0:
        return simple
    return simple | _join(times(depth - 1), st.sampled_from("+-"), spans(depth - 1))


@cache
def spans(depth: int) -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        [
            'duration("72h")',
            'duration("-1h30m")',
            'duration("1.5h")',
            'duration("90s")',
            'duration("250ms")',
            'duration("0")',
        ]
    )
    if depth == 0:
        return simple
    lower = depth - 1
    return st.one_of(
        simple,
        _join(times(lower), st.just("-"), times(lower)),
        _join(spans(lower), st.sampled_from("+-"), spans(lower)),
    )


def _join(
    left: st.SearchStrategy[str], operator: st.SearchStrategy[str], right: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.builds("({} {} {})".format, left, operator, right)


def _compare(
    left: st.SearchStrategy[str], right: st.SearchStrategy[str], operators: list[str] | None = None
) -> st.SearchStrategy[str]:
    return _join(left, st.sampled_from(operators or ["==", "!=", "<", "<=", ">", ">="]), right)


def _list(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=3).map(lambda each: f"[{', '.join(each)}]")


# --- each operator by itself


def computing(*operators: str) -> st.SearchStrategy[str]:
    """Whole numbers joined by one of ``operators``."""
    few = st.integers(-7, 7).map(str)
    return _join(few | integers(0), st.sampled_from(operators), few | integers(0))


memberships = st.one_of(
    st.builds("({} in {})".format, strings(0), st.just("event.words") | _list(strings(0)) | st.just("profile.tags")),
    st.builds("({} in {})".format, integers(0) | doubles(0), st.just("event.numbers")),
    st.builds("({} in {})".format, integers(0), _list(integers(0))),
)


def comparing(*operators: str) -> st.SearchStrategy[str]:
    """Comparisons by one of ``operators``, of values that are often equal."""
    few = st.integers(-2, 2).map(str)
    fields = st.sampled_from(["event.n", "event.f", "event.m", "profile.score"])
    names = list(operators)
    return st.one_of(
        _compare(integers(0), integers(0), names),
        _compare(few, few, names),
        _compare(fields, fields, names),
        _compare(fields, few | st.sampled_from(["0.0", "1.0", "-1.0", "1.5"]), names),
        _compare(strings(0), strings(0), names),
        _compare(times(1), times(1), names),
        _compare(spans(0), spans(0), names),
    )


# --- wild data: anything anywhere, for what must never raise

surrogates = st.just("试\ud800用") | st.just("\udfff")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    small,
    st.floats(),
    st.just(10**400),
    texts,
    surrogates,
    moments,
    st.datetimes(),
    st.timedeltas(),
    st.just("2026-03-08T06:30:15Z"),
    st.just("1990-05-01"),
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
FIELDS = ("key", "content", "n", "f", "flag", "words", "numbers", "when", "nothing", "scene")


@st.composite
def wild_data(draw: st.DrawFn) -> dict[str, Any]:
    """Views in which any field may be missing or of any kind."""
    event = draw(st.dictionaries(st.sampled_from(FIELDS), anything, max_size=6))
    profile: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "tags": anything | st.dictionaries(texts, st.just({}), max_size=4),
                "score": anything,
                "attributes": anything | st.dictionaries(st.sampled_from(["城市", "age"]), anything),
            },
        )
    )
    return {"event": event, "profile": profile, "account": draw(st.just({}) | st.just({"id": "tea"}))}
