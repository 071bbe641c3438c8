"""`python -m infra.local up|down|status|logs|demo`: what `make up`, `make down` and `make demo` call."""

import argparse
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from rich.console import Console

from infra.local import stack
from infra.local.deploy import DeployError
from infra.local.paths import STACK_FILE, RunFolder
from infra.local.ports import DEFAULT_PORT, PortError, PortInUseError, parse_port
from infra.local.settings import StackSettings

console = Console(highlight=False)


def main(words: Sequence[str] | None = None) -> int:
    """Parse and run; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in {
        "up": "start the stack in the background, or deploy again to the one that runs",
        "down": "end it",
        "status": "say what runs and where",
        "logs": "print what a function wrote",
        "demo": "play half a day",
    }.items():
        command = commands.add_parser(name, help=text)
        if name in {"up", "demo"}:
            command.add_argument("--port", type=parse_port, default=DEFAULT_PORT if name == "up" else 0)
            command.add_argument("--locale", choices=["zh", "en"], default="zh")
        if name == "up":
            command.add_argument(
                "--keep", action="store_true", help="find tables and fans again after the next `up --keep`"
            )
        if name == "logs":
            command.add_argument("function", help="e.g. process_event")
    try:
        arguments = parser.parse_args(words)
    except PortError as error:
        console.print(f"[red]{error}", soft_wrap=True)
        return 1
    # A terminal that closes, or `kill`, cleans up as Ctrl-C does.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        return _COMMANDS[arguments.command](arguments)
    except KeyboardInterrupt:
        console.print("\n[yellow]Interrupted; everything that was started has ended.")
        return 130
    except (PortInUseError, DeployError, stack.StackError) as error:
        console.print(f"[red]{error}", markup=True)
        return 1


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


@contextmanager
def show(text: str) -> Iterator[None]:
    """A spinner while it lasts, then a line with the time it took."""
    started = time.monotonic()
    with console.status(text):
        yield
    console.print(f"[green]✓[/] {text} [dim]{time.monotonic() - started:.1f} s")


def up(arguments: argparse.Namespace) -> int:
    """Start in the background, or bring the running stack up to date."""
    folder = RunFolder("up")
    if stack.is_running(folder):
        settings = StackSettings.load(folder)
        if arguments.port not in {settings.port, DEFAULT_PORT}:
            raise stack.StackError(f"the stack runs on port {settings.port} already; `make down` ends it")
        console.print(f"The stack runs on port {settings.port}; deploying what changed.")
        stack.provision(settings, step=show)
    else:
        stack.end(folder)
        if not arguments.keep:
            shutil.rmtree(folder.path / "state", ignore_errors=True)
        settings = stack.choose_ports("up", port=arguments.port, locale=arguments.locale, keep=arguments.keep)
        supervisor = stack.start(settings, step=show)
        try:
            stack.provision(settings, step=show)
        except BaseException:
            stack.stop_supervisor(supervisor, folder)
            raise
        # It goes on by itself: Popen must not complain that nobody waits for it.
        supervisor.returncode = 0
    return status(arguments)


def down(_: argparse.Namespace) -> int:
    """End the stack in the background."""
    if stack.end(RunFolder("up")):
        console.print("The local stack has ended.")
    else:
        console.print("No local stack runs.")
    return 0


def status(_: argparse.Namespace) -> int:
    """What runs, where, and how to go on."""
    running = stack.find()
    if running is None:
        console.print("No local stack runs. Start one: make up")
        return 1
    console.print(f"API and WeChat simulator  {running.description.api_url}")
    console.print(f"AWS endpoint (MiniStack)  {running.description.endpoint_url}")
    for account in running.description.accounts:
        console.print(f"Callback of {account.id:<13} {account.callback_url}")
    console.print(f"Tables, queues, keys      {STACK_FILE}")
    console.print(f"Logs                      {running.settings.folder.path}/*.log")
    return 0


def logs(arguments: argparse.Namespace) -> int:
    """What a function wrote."""
    running = stack.find()
    if running is None:
        raise stack.StackError("no local stack runs; start one: make up")
    for line in running.logs(arguments.function):
        console.print(line, markup=False, soft_wrap=True)
    return 0


def demo(arguments: argparse.Namespace) -> int:
    """The scripted half day."""
    from infra.local.demo import run

    return run(port=arguments.port, locale=arguments.locale, console=console, step=show)


_COMMANDS = {"up": up, "down": down, "status": status, "logs": logs, "demo": demo}

if __name__ == "__main__":
    sys.exit(main())
