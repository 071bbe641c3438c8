"""The template and its children as CloudFormation would see them, resolved to plain values.

A reference to a resource becomes a text in braces: ``{Storage.Rules}`` is what ``!Ref`` gives for the table ``Rules``
of the nested stack ``Storage``, ``{Storage.Rules.Arn}`` is its ARN. So rules compare texts, across nested stacks.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT: Final = Path(__file__).parents[2]
ACCOUNT: Final = "123456789012"
CHINA: Final = "cn-north-1"
_NOTHING: Final = object()

Json = dict[str, Any]


def read_templates(root: Path = ROOT) -> dict[str, Json]:
    """The raw templates: ``""`` is the one that is deployed, each other one is named by its nested stack."""
    main = _read(root / "template.yaml")
    nested = {
        name: _read(root / resource["Properties"]["TemplateURL"])
        for name, resource in main["Resources"].items()
        if resource["Type"] == "AWS::CloudFormation::Stack"
    }
    return {"": main, **nested}


def _read(path: Path) -> Json:
    # Through JSON, so that what YAML anchors share is shared no more.
    plain: Json = json.loads(json.dumps(yaml_parse(path.read_text(encoding="utf-8"))))
    return plain


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource. ``path`` is ``Id`` or ``NestedStack.Id``; ``properties`` are resolved."""

    path: str
    type: str
    properties: Json
    deletion_policy: str | None
    update_replace_policy: str | None

    def get(self, *names: str) -> Any:
        """The property under ``names``, or None."""
        value: Any = self.properties
        for name in names:
            if not isinstance(value, Mapping):
                return None
            value = value.get(name)
        return value


@dataclass
class System:
    """All resources of a deployment in one region with ``parameters`` (the others have their defaults)."""

    templates: dict[str, Json]
    region: str = "eu-west-1"
    parameters: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def resources(self) -> dict[str, Resource]:
        """Every resource of every stack by its path; nested stacks themselves are left out."""
        return {each.path: each for stack in self._stacks() for each in stack.resources()}

    @cached_property
    def outputs(self) -> Json:
        """The outputs of the whole."""
        return self._main.outputs()

    def of_type(self, kind: str) -> list[Resource]:
        """The resources of type ``AWS::<kind>``."""
        return [each for each in self.resources.values() if each.type == f"AWS::{kind}"]

    def in_region(self, region: str) -> "System":
        """The same templates elsewhere."""
        return System(self.templates, region=region, parameters=self.parameters)

    def function(self, service: str) -> Resource:
        """The function whose folder is ``service``."""
        return self.resources["".join(part.capitalize() for part in service.split("_"))]

    @cached_property
    def _main(self) -> "_Stack":
        template = _translate(self.templates[""], self.region)
        values = {name: each.get("Default") for name, each in template.get("Parameters", {}).items()}
        return _Stack(self, "", template, {**values, **self.parameters})

    def _stacks(self) -> Iterator["_Stack"]:
        yield self._main
        for name, resource in self._main.template["Resources"].items():
            if resource["Type"] == "AWS::CloudFormation::Stack" and self._main.exists(resource):
                yield self._main.nested(name)


def _translate(template: Json, region: str) -> Json:
    """What SAM makes of ``template``; code is said to be uploaded already."""
    copy: Json = json.loads(json.dumps(template))
    for resource in copy["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = f"s3://code/{resource['Properties'][name]}"
    session = boto3.Session(region_name=region)
    translated: Json = Translator({}, Parser(), boto_session=session).translate(copy, {})
    return translated


@dataclass
class _Stack:
    system: System
    name: str
    template: Json
    parameters: Mapping[str, Any]
    _nested: dict[str, "_Stack"] = field(default_factory=dict)

    def resources(self) -> Iterator[Resource]:
        for name, resource in self.template["Resources"].items():
            if resource["Type"] != "AWS::CloudFormation::Stack" and self.exists(resource):
                yield Resource(
                    path=self._path(name),
                    type=resource["Type"],
                    properties=self.resolve(resource.get("Properties", {})),
                    deletion_policy=resource.get("DeletionPolicy"),
                    update_replace_policy=resource.get("UpdateReplacePolicy"),
                )

    def outputs(self) -> Json:
        declared = self.template.get("Outputs", {})
        return {name: self.resolve(each["Value"]) for name, each in declared.items() if self.exists(each)}

    def exists(self, declared: Json) -> bool:
        return "Condition" not in declared or self._holds({"Condition": declared["Condition"]})

    def nested(self, name: str) -> "_Stack":
        if name not in self._nested:
            given = self.resolve(self.template["Resources"][name]["Properties"].get("Parameters", {}))
            self._nested[name] = _Stack(self.system, name, self.system.templates[name], given)
        return self._nested[name]

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](self, argument)
        resolved = {name: self.resolve(each) for name, each in value.items()}
        return {name: each for name, each in resolved.items() if each is not _NOTHING}

    def _path(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name.startswith("AWS::"):
            return self._pseudo()[name]
        if name in self.parameters:
            return self.parameters[name]
        return f"{{{self._path(name)}}}"

    def _pseudo(self) -> dict[str, str]:
        china = self.system.region.startswith("cn-")
        partition, stack = ("aws-cn" if china else "aws"), f"yuchi-{self.name}" if self.name else "yuchi"
        identifier = "0a1b2c3d-1111-2222-3333-444455556666"
        return {
            "AWS::Partition": partition,
            "AWS::Region": self.system.region,
            "AWS::AccountId": ACCOUNT,
            "AWS::URLSuffix": "amazonaws.com.cn" if china else "amazonaws.com",
            "AWS::StackName": stack,
            "AWS::StackId": f"arn:{partition}:cloudformation:{self.system.region}:{ACCOUNT}:stack/{stack}/{identifier}",
        }

    def _get_att(self, argument: Any) -> Any:
        name, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
        if attribute.startswith("Outputs."):
            child = self.nested(name)
            return child.resolve(child.template["Outputs"][attribute.removeprefix("Outputs.")]["Value"])
        return f"{{{self._path(name)}.{attribute}}}"

    def _sub(self, argument: Any) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})
        variables = self.resolve(given)

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name in variables:
                return str(variables[name])
            return str(self._get_att(name) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^!][^}]*)\}", replace, text).replace("${!", "${")

    def _find_in_map(self, argument: list[Any]) -> Any:
        table, first, second = map(self.resolve, argument)
        return self.template["Mappings"][table][first][second]

    def _holds(self, condition: Any) -> bool:
        ((name, argument),) = condition.items()
        match name:
            case "Condition":
                return self._holds(self.template["Conditions"][argument])
            case "Fn::Equals":
                first, second = map(self.resolve, argument)
                return bool(first == second)
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(map(self._holds, argument))
            case "Fn::Or":
                return any(map(self._holds, argument))
        raise NotImplementedError(name)

    def _if(self, argument: list[Any]) -> Any:
        condition, then, otherwise = argument
        return self.resolve(then if self._holds({"Condition": condition}) else otherwise)


_FUNCTIONS: Final[Mapping[str, Any]] = {
    "Ref": _Stack._ref,
    "Fn::GetAtt": _Stack._get_att,
    "Fn::Sub": _Stack._sub,
    "Fn::If": _Stack._if,
    "Fn::FindInMap": _Stack._find_in_map,
    "Fn::Join": lambda stack, argument: argument[0].join(map(str, stack.resolve(argument[1]))),
    "Fn::Select": lambda stack, argument: stack.resolve(argument[1])[int(argument[0])],
    "Fn::Split": lambda stack, argument: stack.resolve(argument[1]).split(argument[0]),
    "Fn::Base64": lambda stack, argument: b64encode(str(stack.resolve(argument)).encode()).decode(),
    "Fn::GetAZs": lambda stack, _: [f"{stack.system.region}a", f"{stack.system.region}b"],
}
