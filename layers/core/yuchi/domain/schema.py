"""The JSON schema of a rule item, for editors and for other programs that write rules.

It is made from the tables of columns and actions. What only the checks know (conditions, references, lengths in bytes) it
does not say: an item that fits it may still be refused, one that does not fit it may still be understood.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel

from yuchi.domain.actions import ACTIONS, MAX_ACTIONS, BaseAction, Reply, Send
from yuchi.domain.actions.wording import form_model
from yuchi.domain.draft import DEFAULT_PRIORITY
from yuchi.domain.draft_columns import MAX_CONDITION, MAX_EVENT_TYPES, MAX_NAME, MAX_PRIORITY, SYSTEM_COLUMNS

ADDRESS: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final[dict[str, Any]] = {"type": "string"}
_SWITCH: Final = {"anyOf": [{"type": "boolean"}, {"enum": ["是", "否", "true", "false"]}]}
_TYPE_PATTERN: Final = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"

_TRIGGER: Final[dict[str, Any]] = {
    "pattern": r"^(no\s|date\b|日期)|没有|未",
    "examples": ["no order.completed for 30d", "30天没有 order.completed", "date 生日 - 3d", "日期 生日 前3天 09:30"],
}


def rule_schema() -> dict[str, Any]:
    """The schema, as JSON values."""
    definitions: dict[str, Any] = {}
    action = {"anyOf": [_TEXT, *(_map_of(model, definitions) for model in ACTIONS.values())]}
    event_type = {"type": "string", "anyOf": [{"pattern": _TYPE_PATTERN}, _TRIGGER]}
    properties: dict[str, Any] = {
        "brand": _described({"type": "string", "pattern": "^[a-z0-9][a-z0-9-]{0,39}$"}, "品牌编号", "id of the brand"),
        "rule_id": _described(
            {"type": "string", "pattern": r"^\w[\w.-]{0,79}$"},
            "规则编号，品牌内唯一",
            "id of the rule within the brand",
        ),
        "account": _described(
            {"type": "string", "default": "*"},
            "账号编号，* 表示品牌的全部账号",
            "id of an account, * for all of the brand",
        ),
        "name": _described({"type": "string", "maxLength": MAX_NAME}, "给人看的名称", "a name for people"),
        "enabled": _described({**_SWITCH, "default": True}, "是否启用", "whether it runs"),
        "on": _described(
            {
                "anyOf": [
                    _TEXT,
                    {"type": "array", "items": event_type, "minItems": 1, "maxItems": MAX_EVENT_TYPES},
                ]
            },
            "事件类型或时间，一个或多个",
            "event type, absence or date, one or several",
        ),
        "when": _described(
            {"type": "string", "maxLength": MAX_CONDITION, "default": "true"},
            "条件；不写表示总是成立",
            "the condition; none means always",
        ),
        "then": _described(
            {"anyOf": [_TEXT, {"type": "array", "items": action, "minItems": 1, "maxItems": MAX_ACTIONS}]},
            "动作，一行一个",
            "what to do, one action a line",
        ),
        "limit": _described(
            {"type": "string", "examples": ["once", "3/day", "1/30d"]}, "每人次数限制", "how often per person"
        ),
        "priority": _described(
            {"type": "integer", "minimum": -MAX_PRIORITY, "maximum": MAX_PRIORITY, "default": DEFAULT_PRIORITY},
            "优先级",
            "the order among rules",
        ),
        "stop": _described(
            {**_SWITCH, "default": False}, "匹配后不再执行后面的规则", "no later rule fires after this one"
        ),
        "starts_at": _described(
            {"type": "string", "examples": ["2026-05-01 10:00"]},
            "开始时间（北京时间）",
            "when it starts (Beijing time)",
        ),
        "ends_at": _described(
            {"type": "string", "examples": ["2026-05-31"]},
            "结束时间（北京时间），只写日期则包含当天",
            "when it ends (Beijing time); a date alone includes that day",
        ),
        **{
            column: _described({"readOnly": True}, "由系统填写", "written by the system")
            for column in sorted(SYSTEM_COLUMNS)
        },
    }
    return {
        "$schema": ADDRESS,
        "$id": "rule.schema.json",
        "title": "Yuchi rule",
        "type": "object",
        "properties": properties,
        "required": ["rule_id", "on", "then"],
        "additionalProperties": False,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The content of ``rules/rule.schema.json``."""
    return json.dumps(rule_schema(), ensure_ascii=False, indent=2) + "\n"


def _described(schema: Mapping[str, Any], zh: str, en: str) -> dict[str, Any]:
    return {"description": f"{zh} / {en}", **schema}


def _map_of(model: type[BaseAction], definitions: dict[str, Any]) -> dict[str, Any]:
    """``{verb: ...}``."""
    if issubclass(model, Reply | Send):
        forms = [_one_key(form, _form_schema(form, definitions)) for form in model.forms]
        argument: dict[str, Any] = {"anyOf": [_TEXT, *forms]}
    else:
        argument = {"anyOf": [*_SHORT_FORMS.get(model.verb, [_TEXT]), _fields(model, definitions)]}
    return _described(_one_key(model.verb, argument), model.zh, model.en)


def _one_key(key: str, value: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


def _form_schema(form: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """A message of one kind; where one field says all, also that field alone."""
    model, single = form_model(form)
    fields = _fields(model, definitions)
    if single is None:
        return fields
    return {"anyOf": [fields["properties"][single], fields]}


def _fields(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="validation", ref_template="#/$defs/{model}")
    for name, definition in schema.pop("$defs", {}).items():
        definitions[name] = _without_titles(definition)
    for hidden in ("kind", "type"):
        if "const" in schema["properties"].get(hidden, {}):
            del schema["properties"][hidden]
    schema.pop("description", None)
    result: dict[str, Any] = _without_titles(schema)
    return result


def _without_titles(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_titles(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _without_titles(each) for name, each in value.items()}
        if key == "properties"
        else _without_titles(value)
        for key, value in schema.items()
        if key != "title"
    }


_NAMES: Final[list[dict[str, Any]]] = [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]
_SHORT_FORMS: Final[Mapping[str, list[dict[str, Any]]]] = {
    "tag": _NAMES,
    "untag": _NAMES,
    "set": [
        _TEXT,
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        },
    ],
    "score": [
        _TEXT,
        {"type": "integer"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"type": ["integer", "string"]},
        },
    ],
}
"""What may stand behind a verb beside its fields."""
