"""The body of a push, XML or JSON, as plain nested dicts whose leaves are stripped text."""

import json
from typing import Any, Final, NoReturn
from xml.parsers import expat

MAX_BODY: Final = 64 * 1024
"""Bytes of a body that are looked at; a real push has at most a few kilobytes."""

MAX_NODES: Final = 2_000
MAX_DEPTH: Final = 12


class MalformedPayloadError(Exception):
    """The bytes are no XML or JSON of the shape that WeChat pushes."""


def read_payload(body: bytes) -> dict[str, Any]:
    """The fields of a push. Each value is text, a dict of the same kind, or a list of both (a repeated element).

    Numbers of a JSON push stay the text they were written as, so that 64-bit ids keep all their digits.
    Raises :class:`MalformedPayloadError` and nothing else.
    """
    if len(body) > MAX_BODY:
        raise MalformedPayloadError
    return _read_json(body) if body.lstrip()[:1] == b"{" else _read_xml(body)


def _read_xml(body: bytes) -> dict[str, Any]:
    reader = _XmlReader()
    try:
        return reader.read(body)
    except (expat.ExpatError, ValueError, LookupError):
        raise MalformedPayloadError from None


class _XmlReader:
    """Expat with limits: no DOCTYPE (so no entities), bounded depth and number of elements."""

    def __init__(self) -> None:
        self._nodes = 0
        self._children: list[dict[str, Any]] = [{}]
        self._texts: list[list[str]] = [[]]
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def read(self, body: bytes) -> dict[str, Any]:
        self._parser.Parse(body, True)  # noqa: FBT003 - expat takes no keywords
        root = self._children[0].get("xml")
        if not isinstance(root, dict):
            raise MalformedPayloadError
        return root

    def _refuse(self, *_: object) -> NoReturn:
        raise MalformedPayloadError

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(self._children) > MAX_DEPTH:
            raise MalformedPayloadError
        self._children.append({})
        self._texts.append([])

    def _end(self, name: str) -> None:
        children, text = self._children.pop(), "".join(self._texts.pop()).strip()
        value: Any = children or text
        parent = self._children[-1]
        if name not in parent:
            parent[name] = value
        elif isinstance(parent[name], list):
            parent[name].append(value)
        else:
            parent[name] = [parent[name], value]

    def _text(self, text: str) -> None:
        self._texts[-1].append(text)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body.decode(), parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise MalformedPayloadError from None
    cleaned = _JsonCleaner().clean(document, depth=1)
    if not isinstance(cleaned, dict):
        raise MalformedPayloadError
    return cleaned


_JSON_WORDS: Final = {True: "true", False: "false", None: ""}


class _JsonCleaner:
    def __init__(self) -> None:
        self._nodes = 0

    def clean(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise MalformedPayloadError
        if isinstance(value, dict):
            return {_sound(name): self.clean(item, depth + 1) for name, item in value.items()}
        if isinstance(value, list):
            return [self.clean(item, depth + 1) for item in value]
        return _sound(value) if isinstance(value, str) else _JSON_WORDS[value]


def _sound(text: str) -> str:
    """Text without what a JSON escape can smuggle in and no store takes: half surrogates and NUL."""
    return text.encode(errors="replace").decode().replace("\0", "").strip()
