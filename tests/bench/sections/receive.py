"""receive_callback: what a cold start imports, and what a warm push costs, beside Flask with wechatpy and WeRoBot."""

import hashlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from tests.bench import charts
from tests.bench.aws import Memory
from tests.bench.measure import Work, compare
from tests.bench.results import Section, Target, number, table
from tests.bench.sections.process import Pipeline
from tests.bench.world import ENVIRONMENT, first_pushes, pushes
from tests.unit.adapters.wechat.sealing import ACCOUNT, APPID, KEY, SECRETS, TOKEN

ROOT: Final = Path(__file__).parents[3]
LAYERS: Final = ROOT / ".cache" / "bench" / "layers"
STARTS: Final = 7
IMPORT: Final = """
import sys, time
started = time.perf_counter()
sys.path[:0] = sys.argv[1:3]
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("app", sys.argv[3])
module = module_from_spec(spec)
spec.loader.exec_module(module)
print(time.perf_counter() - started, len(sys.modules))
"""
REPLY: Final = "关于优惠，请看菜单。"


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    step("layers, as `sam build` makes them")
    dependencies, core = _layers()
    functions = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    functions.sort(key=lambda name: name != "receive_callback")
    imports = _import_times(functions, dependencies, core, starts=2 if quick else STARTS, step=step)
    step("warm pushes")
    warm = _warm(100 if quick else 400)
    return _section(imports, warm)


def _layers() -> tuple[Path, Path]:
    """Both layers for this Python, byte-compiled by the makefiles that `sam build` runs; kept while the lock stays."""
    lock = (ROOT / "layers" / "dependencies" / "requirements.lock").read_bytes()
    build = (ROOT / "layers" / "dependencies" / "build.py").read_bytes()
    name = hashlib.sha256(lock + build + sys.version.encode()).hexdigest()[:12]
    dependencies, core = LAYERS / f"dependencies-{name}", LAYERS / "core"
    shutil.rmtree(core, ignore_errors=True)
    _make("core", core)
    if not dependencies.exists():
        part = dependencies.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        _make("dependencies", part)
        part.rename(dependencies)
    return dependencies / "python", core / "python"


def _make(layer: str, target: Path) -> None:
    target.mkdir(parents=True)
    subprocess.run(
        ["make", "-C", ROOT / "layers" / layer, "build-Layer", f"ARTIFACTS_DIR={target}", f"PYTHON={sys.executable}"],
        env={**os.environ, "YUCHI_LAYER_TARGET": "host"},
        check=True,
        capture_output=True,
    )


def _import_times(
    functions: list[str], dependencies: Path, core: Path, *, starts: int, step: Callable[[str], None]
) -> dict[str, tuple[float, int]]:
    """For each function the median seconds of importing its handler in a fresh process, and how many modules that
    brings. The functions take turns; the first round only warms the disk's cache.
    """
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    modules = {}
    for start in range(starts + 1):
        for name in functions:
            step(f"importing {name}, {start} of {starts}")
            paths = (dependencies, core, ROOT / "functions" / name / "app.py")
            command = [sys.executable, "-S", "-c", IMPORT, *map(str, paths)]
            done = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, text=True)
            taken, count = done.stdout.split()
            modules[name] = int(count)
            if start:
                seconds[name].append(float(taken))
    return {name: (statistics.median(taken), modules[name]) for name, taken in seconds.items()}


def _warm(count: int) -> dict[str, float]:
    """CPU seconds for one push of each contestant."""
    texts = pushes(count, fans=count, mix={"question": 1})
    pipeline = Pipeline()
    memory = pipeline.memory
    pipeline.process(pipeline.receive([*first_pushes(count), *texts]), batch=10)
    works: dict[str, Work] = {
        "Yuchi, protocol alone": _protocol(texts),
        "Flask + wechatpy": _flask(texts, memory, queue=False),
        "Flask + WeRoBot": _werobot(texts),
        "Yuchi, the whole handler": _handler(texts, pipeline),
        "Flask + wechatpy, and one message to SQS": _flask(texts, memory, queue=True),
    }

    def clock() -> float:
        return time.process_time() - memory.seconds

    with redirect_stdout(io.StringIO()):
        return compare(works, clock=clock)


def _handler(requests: list[dict[str, Any]], pipeline: Pipeline) -> Work:
    """Ours; the fans are known, and what is queued is thrown away."""

    def run() -> int:
        pipeline.receive(requests)
        return len(requests)

    return run


def _protocol(requests: list[dict[str, Any]]) -> Work:
    from yuchi.adapters.wechat.gate import WeChatGate
    from yuchi.domain.actions import Text
    from yuchi.domain.draft_decision import GivenReply
    from yuchi.domain.timeline import Answer

    gate, reply = WeChatGate(), GivenReply(Text(text=REPLY), Answer(rule="r", version=1, index=0))

    def run() -> int:
        for request in requests:
            query = parse_qs(request["rawQueryString"], keep_blank_values=True)
            push = gate.open(ACCOUNT, SECRETS, query, request["body"].encode(), datetime.now(UTC))
            assert push.render(reply)
        return len(requests)

    return run


def _flask(requests: list[dict[str, Any]], memory: Memory, *, queue: bool) -> Work:
    """What the manuals of Flask and wechatpy show."""
    import boto3
    import flask
    from wechatpy import parse_message
    from wechatpy.crypto import WeChatCrypto
    from wechatpy.replies import create_reply

    crypto = WeChatCrypto(TOKEN, KEY, APPID)
    sqs = boto3.client("sqs")
    memory.attach(sqs)
    app = flask.Flask("peer")

    @app.post("/wechat")
    def view() -> str:
        given = flask.request.args
        xml = crypto.decrypt_message(flask.request.data, given["msg_signature"], given["timestamp"], given["nonce"])
        message = parse_message(xml)
        if queue:
            body = json.dumps({"openid": message.source, "content": message.content, "id": message.id})
            entry: Any = {
                "Id": "0",
                "MessageBody": body,
                "MessageGroupId": "g",
                "MessageDeduplicationId": str(message.id),
            }
            sqs.send_message_batch(QueueUrl=ENVIRONMENT["EVENTS_QUEUE_URL"], Entries=[entry])
        sealed: str = crypto.encrypt_message(create_reply(REPLY, message).render(), given["nonce"], given["timestamp"])
        return sealed

    return _wsgi(app.wsgi_app, requests)


def _werobot(requests: list[dict[str, Any]]) -> Work:
    import flask
    import werobot
    from werobot.contrib.flask import make_view

    robot = werobot.WeRoBot(token=TOKEN, encoding_aes_key=KEY, app_id=APPID, enable_session=False)
    robot.text(lambda: REPLY)
    app = flask.Flask("robot")
    app.add_url_rule("/wechat", endpoint="werobot", view_func=make_view(robot), methods=["GET", "POST"])
    return _wsgi(app.wsgi_app, requests)


def _wsgi(app: Any, requests: list[dict[str, Any]]) -> Work:
    """Ask a WSGI application without a server in front of it."""
    from werkzeug.test import EnvironBuilder

    prepared = [
        EnvironBuilder("/wechat", method="POST", query_string=each["rawQueryString"], data=each["body"]).get_environ()
        for each in requests
    ]
    bodies = [each["body"].encode() for each in requests]

    def ask(environ: dict[str, Any], body: bytes) -> None:
        statuses: list[str] = []
        answer = b"".join(app({**environ, "wsgi.input": io.BytesIO(body)}, lambda status, *_: statuses.append(status)))
        assert statuses == ["200 OK"], answer
        assert b"Encrypt" in answer

    def run() -> int:
        for environ, body in zip(prepared, bodies, strict=True):
            ask(environ, body)
        return len(bodies)

    return run


def _section(imports: dict[str, tuple[float, int]], warm: dict[str, float]) -> Section:
    ours, wechatpy, werobot = (warm[name] for name in list(warm)[:3])
    rows = [[f"`{name}`", f"{number(taken)} s", str(modules)] for name, (taken, modules) in imports.items()]
    return Section(
        name="receive",
        title="Receiving a push",
        body=_BODY.format(
            starts=STARTS,
            imports=table(["function", "import", "modules"], rows),
            warm=table(["one push", "CPU"], [[name, f"{number(taken * 1e3)} ms"] for name, taken in warm.items()]),
            wechatpy=number(wechatpy / ours),
            werobot=number(werobot / ours),
        ),
        targets=(Target("receive_callback: import of the handler", imports["receive_callback"][0], 0.4, " s"),),
        picture=charts.bars(
            "A cold start, and a warm push",
            "import of each function's handler in a fresh process (the target is the receiver's); CPU for one push",
            {
                "import, s": [charts.Bar(name, taken, f"{number(taken)} s") for name, (taken, _) in imports.items()],
                "one push, ms of CPU": [
                    charts.Bar(name, taken * 1e3, f"{number(taken * 1e3)} ms", ours=name.startswith("Yuchi"))
                    for name, taken in warm.items()
                ],
            },
            limits={"import, s": 0.4},
        ),
    )


_BODY: Final = """\
Import of the handlers in fresh processes, with the layers as `sam build` makes them (byte-compiled, the botocore models of
other services left out); median of {starts}. The AWS clients are made at import, so they are counted.

{imports}

CPU of one warm push: an encrypted text that gets an encrypted reply. "Protocol alone" verifies, decrypts, parses,
normalises and seals the reply, as the two others do in a Flask view; Flask and WeRoBot take {wechatpy} and {werobot} times
as long for it. The whole handler also finds the account and the person, matches 1,000 rules, keeps the receipt and queues
the event; its requests to AWS are built and signed, then answered from memory.

{warm}
"""
