"""No expression names an attribute by a word that DynamoDB reserves.

DynamoDB refuses such an expression at run time, the emulators only sometimes. The list is the one that moto ships.
"""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

import yuchi.adapters.dynamodb

ADAPTERS = sorted(Path(yuchi.adapters.dynamodb.__path__[0]).glob("*.py"))
RESERVED = set(files("moto.dynamodb.parsing").joinpath("reserved_keywords.txt").read_text().split())
SYNTAX = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"}
EXPRESSION = re.compile(
    r"(Key|Condition|Update|Filter|Projection)\w*Expression|^(SET|ADD|REMOVE) |= :|<= :|< :|attribute_(not_)?exists"
)


def reserved_in(source: str) -> set[str]:
    """The reserved words that expressions in ``source`` use as names."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    expressions = [text for text in texts if EXPRESSION.search(text) and "``" not in text]
    words = {word for text in expressions for word in re.findall(r"(?<![#:\w])[A-Za-z_]+(?![\w(])", text)}
    return {word for word in words if word.upper() in RESERVED - SYNTAX}


@pytest.mark.parametrize("path", ADAPTERS, ids=lambda path: path.stem)
def test_no_reserved_word(path: Path) -> None:
    assert reserved_in(path.read_text()) == set()


def test_the_planted_one_is_found() -> None:
    assert reserved_in('query(KeyConditionExpression="shard = :shard AND due < :now")') == {"shard"}
