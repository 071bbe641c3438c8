"""The two locks agree, and the layer carries the models of every client that the functions make."""

import ast
import re
from pathlib import Path

import pytest

from infra.local.paths import ROOT

DEV = ROOT / "requirements" / "dev.lock"
LAYER = ROOT / "layers" / "dependencies" / "requirements.lock"


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock, flags=re.MULTILINE))


def test_what_is_shipped_is_what_is_tested() -> None:
    layer, dev = pins(LAYER.read_text()), pins(DEV.read_text())

    assert layer
    assert {name: dev.get(name) for name in layer} == layer


@pytest.mark.parametrize("lock", [DEV, LAYER], ids=["dev", "layer"])
def test_every_package_is_pinned_by_hash_and_no_host_is_named(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"\n(?=\S)", "\n".join(line for line in text.splitlines() if not line.startswith("#")))

    assert all("--hash=sha256:" in entry for entry in entries if entry.strip())
    assert "://" not in text


def test_the_layer_has_the_model_of_every_client() -> None:
    tree = ast.parse((ROOT / "layers" / "dependencies" / "build.py").read_text())
    (services,) = (
        {constant.value for constant in ast.walk(node) if isinstance(constant, ast.Constant)}
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "SERVICES"
    )
    sources = [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "core").rglob("*.py")]
    shipped = [source.read_text() for source in sources if not {"cli", "admin"} & set(source.parts)]
    made = {name for text in shipped for name in re.findall(r"\bclient\(\s*\"([a-z0-9-]+)\"", text)}

    assert {"dynamodb", "sqs"} <= made <= services
