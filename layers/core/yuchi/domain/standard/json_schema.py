"""The JSON schema of an item of ``Schema``, for editors and for programs that write definitions. Made from the columns."""

import json
from typing import Any, Final

from yuchi.domain.schema import ADDRESS
from yuchi.domain.standard.columns import COLUMNS_OF, REVIEW_COLUMNS
from yuchi.domain.standard.items import Kind, pattern_of

_BRAND: Final = {"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$", "description": "品牌编号 / id of the brand"}


def definition_schema() -> dict[str, Any]:
    """The schema, as JSON values: one form for each kind."""
    return {
        "$schema": ADDRESS,
        "$id": "definition.schema.json",
        "title": "Yuchi definition",
        "oneOf": [_form(kind) for kind in Kind],
    }


def definition_schema_text() -> str:
    """The content of ``rules/definition.schema.json``."""
    return json.dumps(definition_schema(), ensure_ascii=False, indent=2) + "\n"


def _form(kind: Kind) -> dict[str, Any]:
    columns = COLUMNS_OF[kind]
    properties: dict[str, Any] = {"brand": _BRAND, "item": {"type": "string", "pattern": pattern_of(kind)}}
    for name, column in columns.items():
        read_only = {"readOnly": True} if column.by_system else {}
        properties[name] = {"description": f"{column.zh} / {column.en}", **column.schema, **read_only}
    for name in sorted(REVIEW_COLUMNS):
        properties[name] = {"description": "由系统填写 / written by the system", "readOnly": True}
    return {
        "title": kind.value,
        "type": "object",
        "properties": properties,
        "required": ["item", *(name for name, column in columns.items() if column.required)],
        "additionalProperties": False,
    }
