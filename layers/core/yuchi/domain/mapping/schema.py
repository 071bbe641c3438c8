"""The JSON schema of a mapping, for editors: made from the forms that people's mappings are read by."""

import json
from typing import Any, Final

from pydantic import TypeAdapter

from yuchi.domain.mapping.written import WrittenMapping

ADDRESS: Final = "https://json-schema.org/draft/2020-12/schema"
_SHORT: Final = ("WrittenValue", "WrittenTime")
"""Forms that the name of a column alone, or a list of names, may stand for."""


def mapping_schema() -> dict[str, Any]:
    """The schema, as JSON values."""
    schema: dict[str, Any] = _plain(TypeAdapter(WrittenMapping).json_schema(by_alias=True, mode="validation"))
    definitions: dict[str, Any] = schema.pop("$defs")
    short = [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
    for name in _SHORT:
        definitions[name] = {"anyOf": [*short, definitions[name]]}
    for name in ("tags", "untags", "exact_tags"):
        tags = schema["properties"][name]
        schema["properties"][name] = {**tags, "type": ["array", "string", "object"]}
    for form in (schema, *(each for each in definitions.values())):
        _loosen(form)
    return {
        "$schema": ADDRESS,
        "$id": "mapping.schema.json",
        "title": "Yuchi field mapping",
        **{key: value for key, value in schema.items() if key not in {"title", "description"}},
        "$defs": dict(sorted(definitions.items())),
    }


def mapping_schema_text() -> str:
    """The content of ``rules/mapping.schema.json``."""
    return json.dumps(mapping_schema(), ensure_ascii=False, indent=2) + "\n"


def _plain(schema: Any) -> Any:
    """Without the titles that pydantic makes of names."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _plain(each) for name, each in value.items()} if key in {"properties", "$defs"} else _plain(value)
        for key, value in schema.items()
        if key != "title"
    }


def _loosen(form: Any) -> None:
    """One thing may stand where a list is meant, as the forms read it."""
    for part in form.get("anyOf", [form]):
        for name, value in part.get("properties", {}).items():
            if name in _LISTS and value.get("type") == "array":
                part["properties"][name] = {"anyOf": [value["items"], value]}
            elif name in _LISTS and "anyOf" in value:
                value["anyOf"] += [each["items"] for each in value["anyOf"] if each.get("type") == "array"]


_LISTS: Final = frozenset({"from", "id", "formats", "empty"})
