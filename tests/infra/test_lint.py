"""cfn-lint over all templates, for a region of each partition."""

import json
from pathlib import Path

import pytest
from cfnlint.api import ManualArgs, lint, lint_file

from tests.infra.system import ROOT, Json, read_templates

TEMPLATES = ("template.yaml", *sorted(f"infra/{path.name}" for path in (ROOT / "infra").glob("*.yaml")))
REGIONS = ["us-east-1", "cn-north-1", "cn-northwest-1"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_cfn_lint_has_nothing_to_say(template: str) -> None:
    found = lint_file(ROOT / template, config=ManualArgs(regions=REGIONS))
    assert [str(match) for match in found] == []


def test_cfn_lint_finds_a_typing_error() -> None:
    bad = (ROOT / "infra/queues.yaml").read_text(encoding="utf-8").replace("FifoQueue", "FifoQeue")
    assert lint(bad, config=ManualArgs(regions=REGIONS))


def test_every_template_under_infra_is_deployed(templates: dict[str, Json]) -> None:
    assert len(TEMPLATES) == len(templates)


def test_templates_stay_under_cloudformations_limits(templates: dict[str, Json]) -> None:
    for template in templates.values():
        assert len(json.dumps(template, ensure_ascii=False).encode()) < 1_000_000
        assert len(template["Resources"]) < 200
        assert len(template.get("Outputs", {})) < 200


def test_templates_are_read_from_where_they_are_deployed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_templates(tmp_path)
