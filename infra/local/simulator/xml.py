"""The XML of pushes and replies: one level of fields, some with fields of their own."""

import xml.etree.ElementTree as ET  # reads only what this machine's own stack wrote
from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]
"""Text, a number, a mapping of fields, or a list of mappings (each becomes an ``item``)."""


def write(fields: Fields, *, root: str = "xml") -> str:
    """Fields as WeChat writes them: text in CDATA, numbers bare."""
    return f"<{root}>{''.join(_element(name, value) for name, value in fields.items())}</{root}>"


def read(text: str | bytes) -> dict[str, Any]:
    """The inverse of :func:`write`, with every value as text. Raises ``ET.ParseError``."""
    content = _content(ET.fromstring(text))
    return content if isinstance(content, dict) else {}


def _element(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        return write(value, root=name)
    if isinstance(value, list):
        return f"<{name}>{''.join(write(item, root='item') for item in value)}</{name}>"
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{str(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def _content(element: ET.Element) -> Any:
    if not len(element):
        return element.text or ""
    if {child.tag for child in element} == {"item"}:
        return [_content(child) for child in element]
    return {child.tag: _content(child) for child in element}
