"""The stack itself: what it says of itself, that permissions are real, that nothing is left behind."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from infra.local import processes
from infra.local.paths import ROOT, RunFolder
from infra.local.ports import PortInUseError
from infra.local.stack import LocalStack, choose_ports, recorded_processes, start

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]

TABLES = {
    *("Accounts", "Identities", "Profiles", "Timeline", "Rules", "Live"),
    *("Sources", "Schema", "Imports", "Merges", "Timers", "Tokens", "Ledger", "Receipts", "Counters"),
    *("Campaigns", "Approvals", "Runs", "Reach", "Quotas", "Links", "Outcomes"),
}
QUEUES = {
    *("Events", "Actions", "Imports", "Audience", "Sends", "Deliveries"),
    *("AudienceDeadLetters", "SendsDeadLetters", "DeliveriesDeadLetters"),
    *("EventsDeadLetters", "ActionsDeadLetters", "EditsDeadLetters", "ImportsDeadLetters"),
}


@pytest.fixture
def folder() -> Iterator[RunFolder]:
    """Of a stack that a test starts beside the shared one."""
    folder = RunFolder(f"ending-{os.getpid()}-{secrets.token_hex(2)}")
    yield folder
    shutil.rmtree(folder.path, ignore_errors=True)


def test_describes_itself_in_the_documented_format(stack: LocalStack) -> None:
    described = json.loads(stack.settings.folder.stack.read_text())

    assert set(described) == {
        *("endpoint_url", "region", "access_key_id", "secret_access_key"),
        *("api_url", "wechat_url", "tables", "queues", "accounts", "write_keys"),
    }
    assert set(described["tables"]) == TABLES
    assert set(described["queues"]) == QUEUES
    assert len(described["accounts"]) == 2
    for account in described["accounts"]:
        assert set(account) == {
            *("id", "brand", "original_id", "appid", "token", "encoding_aes_key", "callback_url"),
        }
        assert account["original_id"].startswith("gh_")
        assert len(account["encoding_aes_key"]) == 43
        # SDKs join absolute paths: nothing may stand before the API's own.
        assert account["callback_url"] == f"{described['api_url']}/wechat/{account['id']}"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", described["api_url"])
    assert stack.settings.folder.stack.stat().st_mode & 0o077 == 0


def test_every_table_and_queue_of_the_description_is_there(stack: LocalStack) -> None:
    dynamodb, sqs = stack.client("dynamodb"), stack.client("sqs")

    for name in stack.description.tables.values():
        assert dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
    for url in stack.description.queues.values():
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]


def test_wechat_may_save_the_callback_address(stack: LocalStack) -> None:
    for account in stack.accounts:
        assert stack.pusher(account).handshake() is not None


def test_a_push_is_accepted_and_reaches_the_timeline(stack: LocalStack) -> None:
    fan = stack.pusher().fan()

    push = fan.text("你好")

    assert push.accepted
    assert len(push.attempts) == 1
    stack.wait_until(lambda: subjects_with(stack, fan.openid), what="the event in Timeline")


def test_a_function_without_one_right_is_refused_by_iam(stack: LocalStack) -> None:
    # Given receive_callback may not send to the queue of events any more
    with policy_without(stack, "ReceiveCallback", "sqs:SendMessage"):
        # When a fan writes
        push = stack.pusher().fan().text("有人吗")
        # Then WeChat is told to come again, and gives up after three tries
        assert [attempt.status for attempt in push.attempts] == [503, 503, 503]

    # And with the right back, the same function accepts again
    assert stack.pusher().fan().text("有人吗").accepted


def test_functions_see_nothing_but_their_layers(stack: LocalStack) -> None:
    stack.pusher().handshake()

    (worker, *_) = stack.workers("ReceiveCallback")

    assert processes.command_line(worker.pid).split()[1:3] == ["-S", "-s"]


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_program_that_started_a_stack_ends(ending: signal.Signals, folder: RunFolder) -> None:
    # Given a program with a stack of its own, not deployed to
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, folder.name], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert program.stdout is not None
    with program, program.stdout:
        assert program.stdout.readline() == b"started\n"
        started = recorded_processes(folder)
        assert len(started) == 2
        assert all(process.is_alive() for process in started)
        # When it ends
        os.kill(program.pid, ending)
    # Then so does all that it started
    assert processes.wait_for_end(started, patience=15.0)


def test_ministack_ends_when_its_supervisor_is_killed(folder: RunFolder) -> None:
    settings = choose_ports(folder.name, port=0)
    supervisor = start(settings, lifeline=True)
    (_, ministack) = recorded_processes(settings.folder)

    supervisor.kill()
    supervisor.communicate()

    assert processes.wait_for_end([ministack], patience=15.0)


def test_a_port_in_use_is_named_with_a_way_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortInUseError, match=rf"port {port} .* is already in use.* PORT="):
            choose_ports("in-use", port=port)


PROGRAM = """
import sys, time
from infra.local import stack

supervisor = stack.start(stack.choose_ports(sys.argv[1], port=0), lifeline=True)
print("started", flush=True)
time.sleep(60)
"""


def subjects_with(stack: LocalStack, openid: str) -> list[str]:
    return [item["subject"] for item in stack.items("Timeline") if openid in item["subject"]]


@contextmanager
def policy_without(stack: LocalStack, function: str, action: str) -> Iterator[None]:
    """Takes one action out of a function's role for a while."""
    iam, awslambda = stack.client("iam"), stack.client("lambda")
    configuration = awslambda.get_function_configuration(FunctionName=stack.functions[function])
    role = configuration["Role"].rsplit("/", 1)[-1]
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document: dict[str, Any] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    kept = [statement for statement in document["Statement"] if statement["Action"] != action]
    assert len(kept) == len(document["Statement"]) - 1
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": kept}))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
