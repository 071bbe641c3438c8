"""The operators' command line against the deployed stack."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.paths import ROOT
from infra.local.stack import LocalStack

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]

RULES = """
- rule_id: flow-cli
  name: 命令行
  on: menu.clicked
  when: event.key == "FLOW-CLI" && profile.score < 3
  then:
    - tag 用过命令行
    - score +3
"""


def yuchi(stack: LocalStack, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command line as an operator does, in English, on this stack."""
    command = [str(Path(sys.executable).parent / "yuchi"), "--locale", "en"]
    command += ["--stack-file", str(stack.settings.folder.stack)]
    return subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_rules_are_pushed_explained_and_taken_back_and_a_person_is_shown(stack: LocalStack, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    try:
        pushed = yuchi(stack, "rules", "push", str(file), "--yes")
        assert pushed.returncode == 0, pushed.stderr
        assert "live" in pushed.stdout

        fan = stack.pusher().fan()

        def tagged() -> bool:
            """Containers take up new rules within seconds; until then a click does nothing."""
            fan.click("FLOW-CLI")
            stack.wait_until_idle()
            return any("用过命令行" in item.get("tags", {}) for item in stack.items("Profiles"))

        stack.wait_until(tagged, what="the pushed rule to fire")
        shown = yuchi(stack, "profile", "show", fan.openid, "--json")
        assert shown.returncode == 0, shown.stderr
        assert "flow-cli" in json.dumps(json.loads(shown.stdout))

        event = tmp_path / "event.json"
        event.write_text(json.dumps({"type": "menu.clicked", "data": {"key": "FLOW-CLI"}}))
        explained = yuchi(stack, "rules", "explain", "flow-cli", "--event", str(event), "--profile", fan.openid)
        assert "profile.score < 3" in explained.stdout + explained.stderr

        pulled = tmp_path / "pulled"
        assert yuchi(stack, "rules", "pull", str(pulled)).returncode == 0
        assert 'event.key == "FLOW-CLI"' in "".join(each.read_text() for each in pulled.rglob("*.yaml"))
    finally:
        stack.table("Rules").delete_item(Key={"brand": "demo", "rule_id": "flow-cli"})


def test_a_wrong_file_is_refused_with_the_place_and_a_suggestion(stack: LocalStack, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES.replace("event.key", "event.kye"))
    checked = yuchi(stack, "rules", "check", str(file))
    assert checked.returncode == 1
    assert "event.key" in checked.stdout + checked.stderr


def test_the_doctor_finds_a_healthy_stack_and_a_missing_secret(stack: LocalStack) -> None:
    healthy = yuchi(stack, "doctor")
    assert healthy.returncode == 0, healthy.stdout

    account = next(iter(stack.accounts))
    name = f"{stack.outputs['ParameterPrefix']}/accounts/{account}"
    ssm = stack.client("ssm")
    secret = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    ssm.delete_parameter(Name=name)
    try:
        sick = yuchi(stack, "doctor")
        assert sick.returncode == 1
        assert account in sick.stdout + sick.stderr
    finally:
        ssm.put_parameter(Name=name, Value=secret, Type="SecureString", Overwrite=True)
