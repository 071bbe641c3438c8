"""References that point nowhere: no linter follows them into nested stacks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from re import findall
from typing import Any

from cfnlint.decode import decode

Templates = Mapping[str, Mapping[str, Any]]


def read(root: Path) -> Templates:
    """The main template under "", each nested one under the id of its stack."""
    main = _decode(root / "template.yaml")
    stacks = {name: each for name, each in main["Resources"].items() if each["Type"] == "AWS::CloudFormation::Stack"}
    return {"": main, **{name: _decode(root / each["Properties"]["TemplateURL"]) for name, each in stacks.items()}}


def dangling(templates: Templates) -> Iterator[str]:
    """Every reference to a resource, parameter, mapping, condition or output that does not exist."""
    for stack, template in templates.items():
        there = {
            "Condition": template.get("Conditions", {}),
            "Map": template.get("Mappings", {}),
            "Resource": {*template["Resources"], *template.get("Parameters", {})},
        }
        for kind, target in references(template):
            name, _, attribute = target.partition(".")
            outputs = templates[name].get("Outputs", {}) if attribute and not stack and name in templates else None
            known = name in there.get(kind, there["Resource"]) or name.startswith("AWS::")
            if not known or (outputs is not None and attribute.removeprefix("Outputs.") not in outputs):
                yield f"{stack or 'template'}: {target}"
    for stack in templates.keys() - {""}:
        given = templates[""]["Resources"][stack]["Properties"].get("Parameters", {}).keys()
        yield from (f"{stack}: parameter {name}" for name in given ^ templates[stack].get("Parameters", {}).keys())


def _decode(path: Path) -> Mapping[str, Any]:
    template: Mapping[str, Any] | None = decode(str(path))[0]
    if template is None:
        raise ValueError(f"{path.name} is not a template")
    return template


def references(value: Any) -> Iterator[tuple[str, str]]:
    """(kind, target) of every reference under ``value``."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        for key, argument in value.items():
            yield from _reference(key, argument)
            yield from references(argument)


def _reference(key: str, argument: Any) -> Iterator[tuple[str, str]]:
    match key, argument:
        case (("Ref" | "Condition"), str()):
            yield key, argument
        case "Fn::GetAtt", _:
            yield "GetAtt", ".".join(argument) if isinstance(argument, list) else argument
        case "Fn::Sub", _:
            text, own = argument if isinstance(argument, list) else (argument, {})
            yield from (("Sub", name) for name in findall(r"\$\{([^!}]+)\}", text) if name not in own)
        case "Fn::If", [condition, *_]:
            yield "Condition", condition
        case "Fn::FindInMap", [str() as table, *_]:
            yield "Map", table
        case "DependsOn", _:
            yield from (("DependsOn", name) for name in ([argument] if isinstance(argument, str) else argument))
