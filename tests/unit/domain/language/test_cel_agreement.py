"""On data where every named field is there and well-typed, a condition means what Google's CEL runtime says it means."""

from collections.abc import Callable
from typing import Any

import pytest
from cel_expr_python import cel
from cel_expr_python.ext import ext_strings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.unit.domain.language.strategies import (
    NOW,
    bools,
    comparing,
    computing,
    doubles,
    integers,
    memberships,
    spans,
    strings,
    times,
    typed_data,
)
from yuchi.domain.language import Context, values
from yuchi.domain.language.compiler import compile_tree
from yuchi.domain.language.interpreter import OPERATORS, evaluate
from yuchi.domain.language.parser import parse

pytestmark = pytest.mark.peer

Engine = Callable[[str, Context], Any]
QUICK = settings(
    max_examples=300,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)

BRIEF = settings(QUICK, max_examples=100)
LONG = settings(QUICK, max_examples=1_000)


def interpreted(text: str, context: Context) -> Any:
    return evaluate(parse(text), context)


def compiled(text: str, context: Context) -> Any:
    # Every kind of value is compared through a condition on it elsewhere; here it must be a condition itself.
    return compile_tree(parse(text))(context)


@pytest.fixture(scope="module")
def environment() -> Any:
    fields = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
    return cel.NewEnv(
        variables={"event": fields, "profile": fields, "account": fields, "now": cel.Type.TIMESTAMP},
        extensions=[ext_strings.ExtStrings()],
    )


def disagreements(
    environment: Any, engine: Engine, expressions: st.SearchStrategy[str], options: settings
) -> list[str]:
    found: list[str] = []
    answered = 0

    @options
    @given(expressions, typed_data())
    def compare(text: str, data: dict[str, Any]) -> None:
        nonlocal answered
        theirs = compile_cel(environment, text).eval(data={**data, "now": NOW})
        ours = engine(text, Context(**data, now=NOW))
        # An error of CEL (overflow, division by zero) is a null of ours, which has no counterpart to compare with.
        if theirs.type() != cel.Type.ERROR:
            answered += 1
            if not same(ours, theirs.plain_value()):
                found.append(f"{text} on {data}: ours {ours!r}, CEL {theirs.plain_value()!r}")

    compare()
    assert answered > options.max_examples / 3
    return found


def compile_cel(environment: Any, text: str) -> Any:
    try:
        return environment.compile(text)
    except RuntimeError:
        # Its type checker takes the sum of two fields for a whole number; the evaluation knows better.
        return environment.compile(text, disable_check=True)


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return repr(ours) == repr(theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


@pytest.mark.parametrize("engine", [compiled, interpreted])
def test_conditions_mean_what_cel_says(environment: Any, engine: Engine) -> None:
    assert disagreements(environment, engine, bools(4), QUICK) == []


@pytest.mark.parametrize("kind", [integers, doubles, strings, times, spans])
def test_values_are_those_of_cel(environment: Any, kind: Callable[[int], st.SearchStrategy[str]]) -> None:
    assert disagreements(environment, interpreted, kind(3), BRIEF) == []


@pytest.mark.parametrize(
    "operations",
    [computing("+", "-", "*", "/", "%"), memberships, comparing("==", "!=", "<", "<=", ">", ">=")],
    ids=["sums", "memberships", "comparisons"],
)
def test_each_operator_does_what_cel_does(environment: Any, operations: st.SearchStrategy[str]) -> None:
    assert disagreements(environment, interpreted, operations, BRIEF) == []


@pytest.mark.nightly
@pytest.mark.parametrize("engine", [compiled, interpreted])
def test_many_conditions_mean_what_cel_says(environment: Any, engine: Engine) -> None:
    assert disagreements(environment, engine, bools(5), settings(QUICK, max_examples=2_000)) == []


@pytest.mark.parametrize(
    ("operator", "operations", "defect"),
    [
        ("/", computing("/"), lambda left, right: left // right if right else None),
        ("%", computing("%"), lambda left, right: left % right if right else None),
        ("+", computing("+"), lambda left, right: abs(left + right)),
        ("==", comparing("=="), lambda left, right: left is right),
        ("<", comparing("<"), values.less_equal),
        (">", comparing(">"), values.greater_equal),
        ("in", memberships, lambda element, container: any(element is each for each in container)),
    ],
)
def test_a_planted_defect_is_found(
    environment: Any,
    monkeypatch: pytest.MonkeyPatch,
    operator: str,
    operations: st.SearchStrategy[str],
    defect: Callable[[Any, Any], Any],
) -> None:
    monkeypatch.setitem(OPERATORS, operator, defect)
    rounds = (disagreements(environment, interpreted, operations, options) for options in (BRIEF, LONG))
    assert any(rounds)
