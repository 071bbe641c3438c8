"""The two READMEs say the same, and what they say is there."""

import json
import tomllib
from dataclasses import fields
from typing import Any

import yaml

from docs.making import flow, rule_item
from docs.making.markdown import yaml_item
from infra.local.description import AccountDescription, StackDescription
from tests.unit.docs.pages import ROOT, blocks, headings, links, read

ENGLISH, CHINESE = read("README.md"), read("README.zh-CN.md")


def shape(text: str) -> dict[str, Any]:
    """What both must share: sections by level, code without comments, where links lead."""
    code = [
        (block.language, "\n".join(line.partition("#")[0].rstrip() for line in block.text.splitlines()))
        for block in blocks(text)
    ]
    targets = [link.replace("README.zh-CN.md", "README.md").replace("flow.zh-CN", "flow") for link in links(text)]
    return {"sections": [level for level, _ in headings(text)], "code": code, "links": targets}


def test_both_have_the_same_sections_commands_and_links() -> None:
    assert shape(ENGLISH) == shape(CHINESE)


def test_a_missing_command_or_section_is_noticed() -> None:
    assert shape(ENGLISH.replace("yuchi doctor", "")) != shape(CHINESE)
    assert shape(ENGLISH.replace("## Deploy\n", "")) != shape(CHINESE)


def test_the_rule_is_the_one_of_the_guide() -> None:
    block, _campaign = blocks(ENGLISH, "yaml")
    assert yaml.load(block.text, Loader=yaml.BaseLoader)["on"] == rule_item.EXAMPLE["on"]
    assert block.text == yaml_item(dict(rule_item.EXAMPLE)) + "\n"


def test_the_description_of_the_local_stack_has_its_fields() -> None:
    (block,) = blocks(ENGLISH, "json")
    shown = json.loads(block.text)
    assert list(shown) == [field.name for field in fields(StackDescription)]
    assert list(shown["accounts"][0]) == [field.name for field in fields(AccountDescription)]


def test_the_picture_is_described_in_words() -> None:
    assert f'alt="{flow.ALT["en"]}"' in ENGLISH
    assert f'alt="{flow.ALT["zh"]}"' in CHINESE


def test_the_licence_is_the_one_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert read("LICENSE").startswith(f"{project['license']} License")
    assert f"[{project['license']} licence](LICENSE)" in ENGLISH
