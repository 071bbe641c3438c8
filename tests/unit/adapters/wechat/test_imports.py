"""What the receive path may import: WeChat waits five seconds, a cold start included."""

import json
import subprocess
import sys

HEAVY = ["wechatpy", "requests", "urllib3", "xmltodict"]


def imported_by(module: str) -> set[str]:
    code = f"import sys, json, {module}; print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True, env=_environment())
    return set(json.loads(done.stdout))


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": "layers/core"}


def test_the_receive_path_imports_no_http_client() -> None:
    assert imported_by("yuchi.adapters.wechat.gate") == set()


def test_twin_wechatpys_cipher_brings_all_of_it() -> None:
    assert imported_by("wechatpy.crypto") >= {"wechatpy", "requests", "urllib3"}
