"""A running local stack: start it, find it, end it, and use it."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import boto3
import urllib3

from infra.local import deploy, kept, processes, seed
from infra.local.description import AccountDescription, StackDescription
from infra.local.paths import ROOT, RunFolder
from infra.local.ports import HOST, free_ports, require_free
from infra.local.settings import REGION, StackSettings
from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.client import SimulatorClient
from infra.local.simulator.pusher import Pusher

START_SECONDS: Final = 30.0

Step = Callable[[str], AbstractContextManager[Any]]
"""Announces a step of the work and sees it through, e.g. with a spinner."""

EndGroup = Callable[[processes.Process], list[processes.Process]]
"""Ends the group of a leader; who still lives."""


class StackError(Exception):
    """The stack did not come up, or is not there. The message says what to do."""


def quietly(_: str) -> AbstractContextManager[None]:
    """A :data:`Step` that says nothing."""
    return nullcontext()


@dataclass(slots=True)
class LocalStack:
    """A deployed stack. ``functions``: logical id -> name; ``outputs``: those of the CloudFormation stack."""

    settings: StackSettings
    description: StackDescription
    outputs: dict[str, str]
    accounts: dict[str, PlatformAccount]
    simulator: SimulatorClient = field(init=False)

    def __post_init__(self) -> None:
        self.simulator = SimulatorClient(self.settings.url)

    @property
    def functions(self) -> dict[str, str]:
        """Logical id -> physical name, e.g. ``ProcessEvent``."""
        return _without_suffix(self.outputs, "Function")

    def client(self, service: str) -> Any:
        """A boto3 client with the deployer's keys."""
        return deploy.client(service, self.description.endpoint_url, self.credentials)

    def table(self, logical_id: str) -> Any:
        """A boto3 ``Table``, e.g. ``stack.table("Rules").put_item(Item=...)``."""
        resource = boto3.resource(
            "dynamodb",
            endpoint_url=self.description.endpoint_url,
            region_name=REGION,
            aws_access_key_id=self.description.access_key_id,
            aws_secret_access_key=self.description.secret_access_key,
            config=deploy.DIRECT,
        )
        return resource.Table(self.description.tables[logical_id])

    def items(self, logical_id: str) -> list[dict[str, Any]]:
        """Everything in a table."""
        table = self.table(logical_id)
        found: list[dict[str, Any]] = []
        more: dict[str, Any] = {}
        while True:
            page = table.scan(ConsistentRead=True, **more)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    @property
    def credentials(self) -> deploy.Credentials:
        """The deployer's."""
        return deploy.Credentials(self.description.access_key_id, self.description.secret_access_key)

    def pusher(self, account: str | None = None) -> Pusher:
        """WeChat's side of an account; the first one without a name."""
        chosen = self.accounts[account or next(iter(self.accounts))]
        return Pusher(chosen, callback_url=f"{self.settings.url}/wechat/{chosen.id}")

    def add_account(self, account: PlatformAccount, *, brand: str = seed.BRAND) -> Pusher:
        """Seed one more account and push for it."""
        self.accounts[account.id] = account
        seed.seed_account(
            account,
            table=self.table("Accounts"),
            ssm=self.client("ssm"),
            parameter_prefix=self.outputs["ParameterPrefix"],
            simulator=self.simulator,
            brand=brand,
        )
        return self.pusher(account.id)

    def add_sources(self) -> None:
        """Seed the sources of the description, and the keys under which phones are kept."""
        for source, write_key in self.description.write_keys.items():
            seed.seed_source(source, write_key, table=self.table("Sources"))
        seed.seed_identity_keys(
            kept.identity_keys(self.settings.folder),
            ssm=self.client("ssm"),
            parameter_prefix=self.outputs["ParameterPrefix"],
        )

    def queue_depth(self, logical_id: str) -> int:
        """Messages waiting or being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self.description.queues[logical_id]
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def wait_until_idle(self, *, seconds: float = 60.0) -> None:
        """Wait until events and actions are worked off. Raises :class:`StackError`."""
        calm = 0

        def is_idle() -> bool:
            nonlocal calm
            calm = calm + 1 if self.queue_depth("Events") == self.queue_depth("Actions") == 0 else 0
            # Twice in a row: an event may be done while its actions are on their way into the other queue.
            return calm > 1

        self.wait_until(is_idle, seconds=seconds, what="the queues to be empty")

    @staticmethod
    def wait_until(predicate: Callable[[], Any], *, seconds: float = 20.0, what: str = "a condition") -> Any:
        """Ask again until the answer is truthy, and give it back. Raises :class:`StackError`."""
        deadline = time.monotonic() + seconds
        while True:
            answer = predicate()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise StackError(f"waited {seconds:.0f} s for {what}")
            time.sleep(0.1)

    def logs(self, function: str) -> list[str]:
        """What a function wrote, e.g. ``process_event``, oldest first."""
        logs, group = self.client("logs"), f"/yuchi/{deploy.STAGE}/{function}"
        events: list[dict[str, Any]] = []
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]:
            name = stream["logStreamName"]
            events += logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)["events"]
        return [event["message"].rstrip() for event in sorted(events, key=lambda event: event["timestamp"])]

    def workers(self, function: str | None = None) -> list[processes.Process]:
        """The processes that run functions now, or one function (logical id, e.g. ``ProcessEvent``): to kill some."""
        recorded = json.loads(self.settings.folder.processes.read_text())
        found = processes.children(recorded["ministack"]["pid"])
        if function is None:
            return found
        mark = f"ministack-lambda-{self.functions[function]}-"
        return [worker for worker in found if mark in processes.command_line(worker.pid)]


def start(settings: StackSettings, *, step: Step = quietly, lifeline: bool = False) -> "subprocess.Popen[bytes]":
    """Start the supervisor and wait until both ports answer. Raises :class:`StackError`."""
    folder = settings.folder
    settings.save()
    with step("Start MiniStack and the WeChat simulator"), folder.log("supervisor").open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "infra.local.supervisor", folder.name, *(["--lifeline"] if lifeline else [])],
            cwd=ROOT,
            stdin=subprocess.PIPE if lifeline else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for_start(settings, supervisor)
        except BaseException:
            stop_supervisor(supervisor, folder)
            raise
    return supervisor


def stop_supervisor(supervisor: "subprocess.Popen[bytes]", folder: RunFolder) -> None:
    """End a supervisor that this process started, and all that it started. Raises :class:`StackError` if some stay."""
    recorded = recorded_processes(folder)
    supervisor.terminate()
    try:
        supervisor.wait(15.0)
    except subprocess.TimeoutExpired:
        supervisor.kill()  # MiniStack notices, and its workers notice that
        supervisor.wait()
    if supervisor.stdin:
        supervisor.stdin.close()
    require_end(recorded)


def require_end(recorded: Iterable[processes.Process], *, end_group: EndGroup = processes.end_group) -> None:
    """See to it that nothing of these processes and of their groups is left. Raises :class:`StackError` otherwise."""
    leaders = list(recorded)
    processes.end(leaders, patience=6.0)
    left = [process for process in leaders if process.is_alive()]
    left += [process for leader in leaders for process in end_group(leader)]
    if left:
        ids = " ".join(str(process.pid) for process in left)
        raise StackError(f"some processes of the local stack did not end; end them by hand: kill -9 {ids}")


def _wait_for_start(settings: StackSettings, supervisor: "subprocess.Popen[bytes]") -> None:
    deadline, simulator = time.monotonic() + START_SECONDS, SimulatorClient(settings.url)
    while not (simulator.is_healthy() and _emulator_is_healthy(settings) and settings.folder.processes.exists()):
        if supervisor.poll() is not None or time.monotonic() > deadline:
            logs = f"{settings.folder.log('supervisor')} and {settings.folder.log('ministack')}"
            raise StackError(f"the local stack did not start; see {logs}")
        time.sleep(0.05)


def _emulator_is_healthy(settings: StackSettings) -> bool:
    try:
        answer = urllib3.request("GET", f"{settings.endpoint_url}/_ministack/health", timeout=2.0, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200


def provision(settings: StackSettings, *, step: Step = quietly) -> LocalStack:
    """Build, deploy and seed on a started stack; write its description. May be repeated."""
    credentials = kept.credentials(settings)
    with deploy.build_folder():
        with step("sam build (functions, layers)"):
            deploy.build(settings)
        with step("sam deploy (the real template, every function under its own role)"):
            outputs = deploy.deploy(settings, credentials)
    with step("Seed two accounts and two sources"):
        stack = _describe(settings, credentials, outputs)
        stack.simulator.set_upstream(
            host=HOST, port=settings.endpoint_port, prefix=f"/_aws/execute-api/{outputs['ApiId']}/$default"
        )
        for account in list(stack.accounts.values()):
            stack.add_account(account)
        stack.add_sources()
        (settings.folder.path / "outputs.json").write_text(json.dumps(outputs, indent=2))
        stack.description.save(settings.folder.stack)
    return stack


def find(name: str = "up") -> LocalStack | None:
    """The running stack of that name, if it is complete."""
    folder = RunFolder(name)
    try:
        settings = StackSettings.load(folder)
        description = StackDescription.load(folder.stack)
        outputs = json.loads((folder.path / "outputs.json").read_text())
    except (OSError, ValueError):
        return None
    if not is_running(folder):
        return None
    return LocalStack(settings, description, outputs, {each.id: each for each in kept.platform_accounts(folder)})


def is_running(folder: RunFolder) -> bool:
    """Whether the supervisor that the folder names is alive."""
    return any(process.is_alive() for process in recorded_processes(folder))


def recorded_processes(folder: RunFolder) -> list[processes.Process]:
    """Supervisor and MiniStack, as they were recorded."""
    try:
        recorded = json.loads(folder.processes.read_text())
    except (OSError, ValueError):
        return []
    return [processes.Process(**recorded[name]) for name in ("supervisor", "ministack") if name in recorded]


def end(folder: RunFolder) -> bool:
    """End a stack that runs in the background, exactly its processes. False when there was none.

    Raises :class:`StackError` when some do not end.
    """
    everything = recorded_processes(folder)
    recorded = [process for process in everything if process.is_alive()]
    # The supervisor ends the others; what is left after that was left by a crash.
    processes.end(recorded[:1], patience=15.0)
    processes.end(recorded[1:], patience=3.0)
    require_end(everything)
    folder.processes.unlink(missing_ok=True)
    folder.stack.unlink(missing_ok=True)
    return bool(recorded)


@contextmanager
def local_stack(
    name: str | None = None, *, port: int = 0, locale: str = "zh", step: Step = quietly
) -> Iterator[LocalStack]:
    """A stack for one program: it goes with the block, with an exception, and with the program however it ends.

    ``port`` 0 takes free ones. The folder ``.local/<name>`` with its logs stays until the next run of that name.
    """
    chosen = name or f"run-{os.getpid()}-{secrets.token_hex(3)}"
    folder = RunFolder(chosen)
    if is_running(folder):
        raise StackError(f"a stack called {chosen} runs already")
    shutil.rmtree(folder.path, ignore_errors=True)
    supervisor = start(choose_ports(chosen, port=port, locale=locale), step=step, lifeline=True)
    try:
        yield provision(StackSettings.load(folder), step=step)
    finally:
        with step("Stop the stack"):
            stop_supervisor(supervisor, folder)


def choose_ports(name: str, *, port: int, locale: str = "zh", keep: bool = False) -> StackSettings:
    """Settings with ports that are free now. Raises ``PortInUseError``."""
    if port:
        require_free(port, purpose="API and simulator")
        require_free(port + 1, purpose="MiniStack")
        return StackSettings(name, port, port + 1, locale=locale, keep=keep)
    first, second = free_ports(2)
    return StackSettings(name, first, second, locale=locale, keep=keep)


def _describe(settings: StackSettings, credentials: deploy.Credentials, outputs: dict[str, str]) -> LocalStack:
    accounts = kept.platform_accounts(settings.folder)
    description = StackDescription(
        endpoint_url=settings.endpoint_url,
        region=REGION,
        access_key_id=credentials.access_key_id,
        secret_access_key=credentials.secret_access_key,
        api_url=settings.url,
        wechat_url=settings.url,
        tables=_without_suffix(outputs, "Table"),
        queues=_without_suffix(outputs, "Queue"),
        accounts=[
            AccountDescription(
                id=account.id,
                brand=seed.BRAND,
                original_id=account.original_id,
                appid=account.appid,
                token=account.token,
                encoding_aes_key=account.encoding_aes_key,
                callback_url=f"{settings.url}/wechat/{account.id}",
            )
            for account in accounts
        ],
        write_keys=kept.write_keys(settings.folder),
    )
    return LocalStack(settings, description, outputs, {account.id: account for account in accounts})


def _without_suffix(outputs: dict[str, str], suffix: str) -> dict[str, str]:
    return {name.removesuffix(suffix): value for name, value in outputs.items() if name.endswith(suffix)}
