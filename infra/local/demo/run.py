"""Plays the half day on a stack of its own and shows what came of it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.local.demo import report
from infra.local.demo.rules import install_packs, mistake_and_mend
from infra.local.demo.script import Moment, half_day
from infra.local.simulator.pusher import Fan, Push
from infra.local.stack import LocalStack, StackError, Step, local_stack

WORKERS: Final = 4
"""Pushes at the same time. Those of one fan always keep their order."""


def run(*, port: int, locale: str, console: Console, step: Step) -> int:
    """The whole demo; the exit status."""
    started = time.monotonic()
    console.rule("[bold]Yuchi 鱼池 · a half day of two WeChat accounts / 两个公众号的半天")
    with local_stack("demo", port=port, locale=locale, step=step) as stack:
        install_packs(stack, console=console, step=step)
        mistake_and_mend(stack, console=console, step=step)
        with step("Save the callback URL in WeChat's console: the handshake / 在公众平台保存回调地址"):
            shake_hands(stack)
        pushes = play(stack, console)
        with step("Wait for the last events and messages / 等待处理完毕"):
            stack.wait_until_idle(seconds=90.0)
        with step("Read back what happened / 读回结果"):
            story = report.read(stack, pushes)
        report.show(story, console)
    console.print(f"\n[bold green]Done in {time.monotonic() - started:.0f} s.[/] {report.HOW_TO_GO_ON}")
    return 0 if story.is_sound else 1


def shake_hands(stack: LocalStack) -> None:
    """What WeChat does when an operator saves the callback URL, as often as pushes will come at once."""
    pushers = [stack.pusher(account) for account in stack.accounts for _ in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        # The first ones meet cold containers; WeChat's console says "try again" then, and so do people.
        if not all(pool.map(lambda pusher: any(pusher.handshake() for _ in range(5)), pushers)):
            raise StackError("the handshake failed; see `receive_callback` in the logs under .local/demo")


def play(stack: LocalStack, console: Console) -> list[Push]:
    """Push all moments of the half day, in the order of the day as far as each fan is concerned."""
    moments = half_day(list(stack.accounts))
    pushers = {account: stack.pusher(account) for account in stack.accounts}
    fans = {moment.fan: pushers[moment.account].fan() for moment in moments}
    with Progress(
        TextColumn("[cyan]{task.fields[clock]}"),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("fans follow, click, write, leave / 粉丝互动", total=len(moments), clock="08:00")

        def advance(moment: Moment) -> None:
            progress.update(task, advance=1, clock=moment.clock)

        lanes: list[list[Moment]] = [[] for _ in range(WORKERS)]
        for moment in moments:
            lanes[moment.fan % WORKERS].append(moment)
        with ThreadPoolExecutor(WORKERS) as pool:
            done = pool.map(lambda lane: _play_lane(lane, fans, advance), lanes)
            return [push for lane in done for push in lane]


def _play_lane(lane: Sequence[Moment], fans: dict[int, Fan], advance: Callable[[Moment], Any]) -> list[Push]:
    pushes = []
    for moment in lane:
        pushes.append(moment.act(fans[moment.fan]))
        advance(moment)
    return pushes
