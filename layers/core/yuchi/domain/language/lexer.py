"""From the text of a condition to tokens. What is written wrongly but clearly meant is reported and read as it was meant,
so that one look at a rule finds everything that is wrong with it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from sys import intern, maxunicode
from typing import Any, Final

from yuchi.domain.language.lookalikes import (
    ASCII_OPERATORS,
    CLOSING_QUOTES,
    ODD_SPACES,
    OPENING_QUOTES,
    WIDE_OPERATORS,
    WORD_CONSTANTS,
    WORD_OPERATORS,
)
from yuchi.domain.language.messages import Problem, make_problem
from yuchi.domain.language.tree import ROOTS

Value = str | int | float | bool | None

# Each alternative begins with characters that no other one does (a path is tried before a word), and no repetition that
# could give back what it took holds another: linear in the text. The last name before a bracket is a method's, and no
# part of a path.
_TOKEN: Final = re.compile(
    r"""[ \t\r\n\f]*(?:
      (?P<path>(?:event|profile|account)
        (?:\.(?!(?:in|true|false|null)\b)[A-Za-z_][A-Za-z0-9_]*+(?!\w|[ \t\r\n\f]*+\())++)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)(?!\w)
    | (?P<text>"[^"\\\n\r]*"|'[^'\\\n\r]*')
    | (?P<operator>&&(?!&)|\|\|(?!\|)|==(?!=)|!=(?!=)|<=|>=(?!=)|<(?![=>])|>(?!=)|[!](?!=)|[-+*/%?:,()\[\]]|\.(?![0-9]))
    | (?P<number>(?:[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!\w)
    | (?P<escaped>"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_ODD_WORD: Final = re.compile(r"\w+")
_ESCAPE: Final = re.compile(
    r"\\(?:x[0-9A-Fa-f]{2}|X[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[0-3][0-7]{2}|.)", re.DOTALL
)
_SIMPLE_ESCAPES: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "?": "?", '"': '"', "'": "'", "`": "`",
}  # fmt: skip
_SURROGATES: Final = range(0xD800, 0xE000)
_CONSTANTS: Final[dict[str, Value]] = {"true": True, "false": False, "null": None}
_UNITS: Final = {
    "天": "d",
    "日": "d",
    "小时": "h",
    "时": "h",
    "分钟": "m",
    "分": "m",
    "秒": "s",
    "周": "w",
    "星期": "w",
}
_MAX_DIGITS: Final = 20
MAX_INTEGER: Final = 2**63 - 1


@dataclass(slots=True)
class Tokens:
    """Tokens side by side. A kind is an operator as it is written, ``word``, ``path`` (``event.key``, as most fields are
    written: one token instead of three), ``constant``, or ``end``, which is the last.

    ``values``: the word, the names of the path, or the constant's value. ``problems``: what had to be guessed.
    """

    kinds: list[str]
    values: list[Any]
    starts: list[int]
    ends: list[int]
    problems: list[Problem]

    def add(self, kind: str, value: Value, start: int, end: int) -> None:
        """One more token, in the place of what is none."""
        self.kinds.append(kind)
        self.values.append(value)
        self.starts.append(start)
        self.ends.append(end)


def scan(text: str) -> Tokens:
    """The tokens of ``text``."""
    tokens = Tokens([], [], [], [], [])
    kinds = tokens.kinds
    # Called for each token of thousands of rules: looked up once.
    add_kind, add_value, add_start, add_end = (
        kinds.append,
        tokens.values.append,
        tokens.starts.append,
        tokens.ends.append,
    )
    match = _TOKEN.match
    position = 0
    kind = ""
    value: Any
    while kind != "end":
        found = match(text, position)
        if found is None:
            position = _mend(text, _skip_space(text, position), tokens)
            kind = kinds[-1] if kinds else ""
            continue
        after_dot = kind == "."
        group = found.lastgroup or ""
        start, position = found.span(group)
        kind, value = group, None
        if group == "operator":
            kind = text[start:position]
        elif group == "path":
            value = _read_path(text[start:position])
            if after_dot:  # `x.event.key`: its first name is a field like any other
                kind, value = "word", value[0]
                position = start + len(value)
        elif group == "word":
            kind, value = _read_word(text[start:position], start, tokens.problems, after_dot=after_dot)
        elif group == "text":
            # Thousands of rules share their words; shared strings stay in the processor's cache.
            kind, value = "constant", intern(text[start + 1 : position - 1])
        elif group == "number":
            kind, value = "constant", _read_number(text[start:position], start, tokens.problems)
        elif group == "escaped":
            kind, value = "constant", _unescape(text[start + 1 : position - 1], start + 1, tokens.problems)
        add_kind(kind)
        add_value(value)
        add_start(start)
        add_end(position)
    return tokens


def _skip_space(text: str, position: int) -> int:
    while text[position] in " \t\r\n\f":
        position += 1
    return position


def _read_word(word: str, start: int, problems: list[Problem], *, after_dot: bool) -> tuple[str, Value]:
    """A word of ASCII letters; words of other languages that stand where no name can are read as operators."""
    if word in ROOTS:
        return "word", word
    if word in _CONSTANTS:
        return "constant", _CONSTANTS[word]
    if word == "in":
        return "in", None
    if not after_dot:
        lower = word.lower()
        if lower in WORD_OPERATORS:
            operator = WORD_OPERATORS[lower]
            problems.append(make_problem("operator.word", start + 1, found=word, suggestion=operator))
            return operator, None
        if lower in WORD_CONSTANTS:
            constant = WORD_CONSTANTS[lower]
            problems.append(make_problem("word.case", start + 1, suggestion=constant))
            return "constant", _CONSTANTS[constant]
    return "word", intern(word)


@lru_cache(maxsize=1_000)
def _read_path(written: str) -> tuple[str, ...]:
    """Remembered, for thousands of rules share their fields."""
    return tuple(map(intern, written.split(".")))


def _read_number(digits: str, start: int, problems: list[Problem]) -> int | float:
    if digits.isdigit():
        # One more than the largest is fine behind a minus; the parser looks.
        number: int | float = int(digits) if len(digits) <= _MAX_DIGITS else MAX_INTEGER + 2
        too_large = number > MAX_INTEGER + 1
    else:
        number = float(digits)
        too_large = number == float("inf")
    if too_large:
        problems.append(make_problem("number.large", start + 1, found=digits))
    return number


def _unescape(body: str, start: int, problems: list[Problem]) -> str:
    def replace(found: re.Match[str]) -> str:
        code = found.group()[1:]
        if code in _SIMPLE_ESCAPES:
            return _SIMPLE_ESCAPES[code]
        if len(code) > 1:
            number = int(code, 8) if code.isdigit() else int(code[1:], 16)
            if number <= maxunicode and number not in _SURROGATES:
                return chr(number)
        problems.append(
            make_problem(
                "escape.unknown", start + found.start() + 1, found=found.group(), suggestion="\\" + found.group()
            )
        )
        return ""

    return _ESCAPE.sub(replace, body)


# --- what is no token


def _mend(text: str, start: int, tokens: Tokens) -> int:
    """Report what stands at ``start``, add the token that was meant, and return where to go on."""
    character = text[start]
    if character in ODD_SPACES:
        end = start + 1
        while end < len(text) and text[end] in ODD_SPACES:
            end += 1
        tokens.problems.append(make_problem("character.space", start + 1))
        return end
    if character in OPENING_QUOTES:
        return _mend_wide_quotes(text, start, tokens)
    if character in "\"'":
        return _mend_open_quote(text, start, tokens)
    if character in CLOSING_QUOTES:
        tokens.problems.append(make_problem("quotes.open", start + 1))
        return start + 1
    if character.isalnum() or character == "_":
        return _mend_word(text, start, tokens)
    return _mend_operator(text, start, tokens)


def _mend_wide_quotes(text: str, start: int, tokens: Tokens) -> int:
    end = next((place for place in range(start + 1, len(text)) if text[place] in CLOSING_QUOTES), None)
    if end is None:
        tokens.problems.append(make_problem("quotes.open", start + 1))
        tokens.add("constant", text[start + 1 :], start, len(text))
        return len(text)
    content = text[start + 1 : end]
    tokens.problems.append(make_problem("quotes.wide", start + 1, suggestion=quoted(content)))
    tokens.add("constant", content, start, end + 1)
    return end + 1


def _mend_open_quote(text: str, start: int, tokens: Tokens) -> int:
    """A half-width quotation mark without a second one: often the second one is full-width, here or in a text before."""
    wide = CLOSING_QUOTES.replace('"', "").replace("'", "")
    end = next((place for place in range(start + 1, len(text)) if text[place] in wide), None)
    if end is not None:
        content = text[start + 1 : end]
        tokens.problems.append(make_problem("quotes.wide", end + 1, suggestion=quoted(content)))
        tokens.add("constant", content, start, end + 1)
        return end + 1
    for begin, finish in zip(reversed(tokens.starts), reversed(tokens.ends), strict=True):
        if text[begin] == text[start]:
            inner = next((place for place in range(begin + 1, finish - 1) if text[place] in wide), None)
            if inner is not None:
                suggestion = quoted(text[begin + 1 : inner])
                tokens.problems.append(make_problem("quotes.wide", inner + 1, suggestion=suggestion))
                tokens.add("constant", text[start + 1 :], start, len(text))
                return len(text)
    tokens.problems.append(make_problem("quotes.open", start + 1))
    tokens.add("constant", text[start + 1 :], start, len(text))
    return len(text)


def _mend_word(text: str, start: int, tokens: Tokens) -> int:
    found = _ODD_WORD.match(text, start)
    word = found.group() if found else text[start]
    end = start + len(word)
    plain = unicodedata.normalize("NFKC", word)
    if plain != word and plain.isascii():
        tokens.problems.append(make_problem("character.wide", start + 1, found=word, suggestion=plain))
        tokens.add(*_plain_word(plain), start, end)
        return end
    if word[0] in "0123456789":
        digits = re.match(r"[0-9]+", word)
        number = digits.group() if digits else ""
        unit = word[len(number) :]
        suggestion = f'"{number}{_UNITS.get(unit, unit)}"' if unit in _UNITS or unit in _UNITS.values() else ""
        tokens.problems.append(make_problem("number.unit", start + 1, suggestion=suggestion))
        tokens.add("constant", suggestion.strip('"') if suggestion else 0, start, end)
        return end
    after_dot = bool(tokens.kinds) and tokens.kinds[-1] == "."
    if after_dot:
        # The parser knows what stands before the dot.
        tokens.add("word", word, start, end)
        return end
    for table, constant in ((WORD_OPERATORS, False), (WORD_CONSTANTS, True)):
        if word in table:
            tokens.problems.append(make_problem("operator.word", start + 1, found=word, suggestion=table[word]))
            if constant:
                tokens.add("constant", _CONSTANTS[table[word]], start, end)
            else:
                tokens.add(table[word], None, start, end)
            return end
    tokens.problems.append(make_problem("word.unquoted", start + 1, found=word, suggestion=quoted(word)))
    tokens.add("constant", word, start, end)
    return end


def _plain_word(plain: str) -> tuple[str, Value]:
    if plain in _CONSTANTS:
        return "constant", _CONSTANTS[plain]
    if plain.isdigit():
        return "constant", int(plain[:18])
    return ("in", None) if plain == "in" else ("word", plain)


def _mend_operator(text: str, start: int, tokens: Tokens) -> int:
    for length in (3, 2, 1):
        written = text[start : start + length]
        operator = ASCII_OPERATORS.get(written)
        if operator is not None and len(written) == length:
            wide = not written.isascii()
            code = "character.wide" if wide else "operator.single" if written == "=" else "operator.other"
            tokens.problems.append(make_problem(code, start + 1, found=written, suggestion=operator))
            tokens.add(operator, None, start, start + length)
            return start + length
    character = text[start]
    operator = WIDE_OPERATORS.get(character)
    if operator is not None:
        tokens.problems.append(make_problem("character.wide", start + 1, found=character, suggestion=operator))
        tokens.add(operator, None, start, start + 1)
        return start + 1
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    tokens.problems.append(make_problem("character.unknown", start + 1, found=shown))
    return start + 1


def quoted(content: str) -> str:
    """``content`` as a text in the language."""
    escaped = content.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
