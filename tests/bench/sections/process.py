"""process_event: CPU and AWS requests of an event, and from them what a million pushes cost."""

import io
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

import requests

from tests.bench import charts, cost
from tests.bench.cost import Line, Usage
from tests.bench.results import Section, Target, number, table
from tests.bench.world import MIX, first_pushes, make_memory, message_of, pushes, set_environment
from tests.unit.adapters.wechat.sealing import ACCOUNT
from yuchi.adapters.dynamodb.items import to_item

FANS: Final = 1_000
ROUNDS: Final = 5
BATCHES: Final = (10, 1)
MEMORY: Final = {"receive_callback": 1024, "process_event": 256, "perform_action": 256}
"""MB, as in template.yaml."""
NAMES: Final = {
    "click": "clicks",
    "text": "texts",
    "follow": "new fans",
    "view": "links opened",
    "unfollow": "unfollowers",
}
ONE_PROCESSOR: Final = 1769
"""MB at which Lambda gives a whole processor."""
MILLISECONDS: Final = {
    "dynamodb.GetItem": 4,
    "dynamodb.BatchGetItem": 8,
    "dynamodb.PutItem": 6,
    "dynamodb.Query": 8,
    "dynamodb.UpdateItem": 6,
    "dynamodb.TransactWriteItems": 15,
    "sqs.SendMessageBatch": 12,
    "firehose.PutRecordBatch": 20,
    "ssm.GetParameter": 20,
    "wechat.POST": 150,
}
"""How long each request is assumed to take: what it waits for is billed too."""
ACCESS_LOG: Final = (
    '{"request":"JKJaXmPLvHcESHA=","path":"/wechat/tea-house","status":"200","ms":"123","function_ms":"120",'
    ' "bytes":"1200","ip":"198.51.100.100","error":"-"}'
)
"""A line of the API's log, by the format in template.yaml."""
LOG_LINE: Final = 26
"""Bytes that CloudWatch adds to each line. Lambda's own lines are switched off (SystemLogLevel)."""
RETENTION_MONTHS: Final = 180 / 30.4
QUIET_SECONDS: Final = 30.4 * 24 * 3600 / 1e6
"""From one push to the next, where a million come in a month, one at a time."""
EARLIER: Final = 200
"""The pushes before those that are measured stand for this many times as many: for half a month of a million. Rules that
often match are counted more seldom, so it matters how often they did.
"""
COST: Final = 8.0
CPU: Final = 2.0


@dataclass(slots=True)
class Run:
    """One function at work: for how many messages, invocations, CPU seconds of each round, log bytes, AWS usage."""

    items: int = 0
    invocations: int = 0
    rounds: list[float] = field(default_factory=list)
    log_bytes: int = 0
    usage: Usage = field(default_factory=Usage)

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU for one message, the median of the rounds."""
        return statistics.median(self.rounds) * 1e3

    def billed(self, memory: int) -> float:
        """Milliseconds that one invocation is billed for: CPU at the function's share of a processor, and waiting."""
        waiting = sum(MILLISECONDS[kind] * count for kind, count in self.usage.requests.items()) / self.invocations
        share = min(1.0, memory / ONE_PROCESSOR)
        return self.cpu * self.items / self.invocations / share + waiting


@dataclass(slots=True)
class SlowClock:
    """The clock by which functions gather: what comes one at a time comes as slowly as a million in a month."""

    ahead: float = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return time.monotonic() + self.ahead


class Pipeline:
    """The functions on AWS in memory; what one queues, the next one gets. ``more``: drafts beside the usual rules."""

    def __init__(self, more: Sequence[dict[str, Any]] = ()) -> None:
        set_environment()
        self.memory = make_memory(more)
        self.memory.earlier = EARLIER
        from functions.perform_action import app as perform
        from functions.process_event import app as process
        from functions.receive_callback import app as receive

        self._receive, self._process, self._perform = receive.handler, process.handler, perform.handler
        for app in (receive, process, perform):
            for client in app.application._clients.values():
                self.memory.attach(client)
        now = time.time()
        token = {"account": ACCOUNT.id, "token": "T" * 136, "obtained_at": now, "token_expires_at": now + 7200}
        self.memory.put("Tokens", to_item(token))
        self.runs: dict[str, Run] = {}
        self._received, self._processed = SlowClock(), SlowClock()
        receive.application.metrics.monotonic = self._received
        process.application.metrics.monotonic = process.application.counters.monotonic = self._processed

    def receive(self, asked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Push; gives what was queued."""

        def handle(event: Any) -> Any:
            self._received.ahead += QUIET_SECONDS
            return self._receive(event, None)

        self._work("receive_callback", [(each, 1) for each in asked], handle)
        return self._taken("events.fifo")

    def process(self, messages: Sequence[dict[str, Any]], *, batch: int) -> list[dict[str, Any]]:
        """Process ``messages`` in batches, and what follows from them; gives the queued actions."""

        def handle(event: Any) -> Any:
            self._processed.ahead += QUIET_SECONDS if batch == 1 else 0.0
            return self._process(event, None)

        while messages:
            work = _batches(messages, batch)
            self._work(f"process_event, {batch}", work, handle)
            messages = self._taken("events.fifo")
        if batch > 1:  # the end of a backlog: what full batches left to be counted
            self._work(f"process_event, {batch}", [({"Records": []}, 0)], handle)
        return self._taken("actions.fifo")

    def perform(self, messages: Sequence[dict[str, Any]], *, batch: int) -> None:
        """Carry out actions; WeChat says yes to all."""

        class Context:
            @staticmethod
            def get_remaining_time_in_millis() -> int:
                return 60_000

        def send(_session: Any, request: Any, **_: Any) -> requests.Response:
            if self.memory.counting:
                self.memory.usage.requests["wechat.POST"] += 1
            answer = requests.Response()
            answer.status_code, answer.raw, answer.url = 200, io.BytesIO(b'{"errcode":0,"errmsg":"ok"}'), request.url
            return answer

        with patch.object(requests.Session, "send", send):
            self._work("perform_action", _batches(messages, batch), lambda event: self._perform(event, Context()))

    def _work(self, name: str, events: Sequence[tuple[Any, int]], handler: Callable[[Any], Any]) -> None:
        memory, run = self.memory, self.runs.setdefault(name, Run())
        if memory.counting:
            memory.usage = run.usage
        log = io.StringIO()
        items = sum(count for _, count in events)
        with redirect_stdout(log):
            started = time.process_time() - memory.seconds
            answers = [handler(event) for event, _ in events]
            taken = time.process_time() - memory.seconds - started
        bad = [each for each in answers if each.get("batchItemFailures") or each.get("statusCode", 200) != 200]
        if bad:
            raise RuntimeError(f"{name} failed: {bad[0]}")
        if memory.counting and items:
            run.items += items
            run.invocations += len(events)
            run.rounds.append(taken / items)
            lines = log.getvalue().splitlines()
            run.log_bytes += sum(len(line.encode()) + LOG_LINE for line in lines)

    def _taken(self, queue: str) -> list[dict[str, Any]]:
        return [message_of(each) for each in self.memory.queues.pop(queue, [])]


def measure(step: Callable[[str], None], *, quick: bool) -> Section:
    """Measure. ``step`` is told what comes next."""
    step("1,000 rules, 1,000 fans")
    pipeline = Pipeline()
    size = 100 if quick else 400
    for asked in (first_pushes(FANS), pushes(size * 4, fans=FANS, seed=1)):
        pipeline.perform(pipeline.process(pipeline.receive(asked), batch=10), batch=5)
    pipeline.memory.counting = True
    pipeline.runs.clear()
    for turn in range(ROUNDS):
        for place, batch in enumerate(BATCHES):
            step(f"round {turn + 1} of {ROUNDS}, batches of {batch}")
            asked = pushes(size, fans=FANS, seed=2 + turn * len(BATCHES) + place)
            actions = pipeline.process(pipeline.receive(asked), batch=batch)
            pipeline.perform(actions, batch=min(batch, 5))
    return _section(pipeline)


def _batches(messages: Sequence[dict[str, Any]], size: int) -> list[tuple[dict[str, Any], int]]:
    return [
        ({"Records": list(messages[start : start + size])}, len(messages[start : start + size]))
        for start in range(0, len(messages), size)
    ]


def bill(runs: dict[str, Run], pushed: int, batch: int) -> list[Line]:
    """The bill of a million pushes; ``pushed`` were measured in all, half of them with each size of batch."""
    receive, process, perform = runs["receive_callback"], runs[f"process_event, {batch}"], runs["perform_action"]
    half = pushed / len(BATCHES)
    sends = {
        "events": receive.usage.requests["sqs.SendMessageBatch"] / pushed,
        "actions": process.usage.requests["sqs.SendMessageBatch"] / half,
    }
    performed = perform.items / pushed
    functions = [
        ("receive_callback", receive, receive.invocations / pushed),
        ("process_event", process, process.invocations / half),
        ("perform_action", perform, perform.invocations / pushed),
    ]
    log_bytes = receive.log_bytes / pushed + process.log_bytes / half + perform.log_bytes / pushed
    log_bytes += len(ACCESS_LOG) + LOG_LINE
    return [
        cost.gateway(),
        cost.queue("events.fifo", sent=sends["events"], taken=process.invocations / half),
        cost.queue("actions.fifo", sent=sends["actions"], taken=perform.invocations / pushed if performed else 0),
        *(
            cost.function(name, invocations=each, milliseconds=run.billed(MEMORY[name]), memory=MEMORY[name])
            for name, run, each in functions
        ),
        *cost.tables([(receive.usage, pushed), (process.usage, half), (perform.usage, pushed)]),
        cost.archive(process.usage, half),
        cost.logs(log_bytes),
    ]


def _section(pipeline: Pipeline) -> Section:
    runs, sizes = pipeline.runs, pipeline.memory.sizes
    pushed = runs["receive_callback"].items
    bills = {batch: bill(runs, pushed, batch) for batch in BATCHES}
    totals = {batch: cost.total(lines) for batch, lines in bills.items()}
    timeline = statistics.mean(sizes["Timeline"])
    kept = cost.storage("the timeline", bytes_per_push=timeline, months=RETENTION_MONTHS)
    kinds = sorted({kind for run in runs.values() for kind in run.usage.requests})
    counted = table(
        ["a message", "CPU", *(kind.replace("dynamodb.", "") for kind in kinds)],
        [
            [name, f"{number(run.cpu)} ms", *(_count(run.usage.requests[kind] / run.items) for kind in kinds)]
            for name, run in runs.items()
        ],
    )
    item_sizes = table(
        ["item written", "mean", "largest"],
        [[name, f"{statistics.mean(each):,.0f} B", f"{max(each):,} B"] for name, each in sorted(sizes.items())],
    )
    lines = bills[10]
    rows = [[line.what, line.how, f"{line.usd:.2f}"] for line in lines]
    rows.append(["**all**", "", f"**{totals[10]:.2f}**"])
    share = runs["perform_action"].items / pushed
    return Section(
        name="process",
        title="Processing an event, and what a million pushes cost",
        body=_BODY.format(
            mix=", ".join(f"{percent} {NAMES[kind]}" for kind, percent in MIX.items()),
            fans=f"{FANS:,}",
            pushed=f"{pushed:,}",
            counted=counted,
            sizes=item_sizes,
            bill=table(["line", "how much", "USD"], rows).replace("---: | ---:", "--- | ---:"),
            single=f"{totals[1]:.2f}",
            kept=f"{kept.usd:.2f}",
            kept_how=kept.how,
            share=f"{share * 100:.0f}",
            waits=",\n".join(f"{kind} {taken}" for kind, taken in MILLISECONDS.items()),
        ),
        targets=(
            Target("process_event: CPU of an event, batches of 10", runs["process_event, 10"].cpu, CPU, " ms"),
            Target("process_event: CPU of an event, one at a time", runs["process_event, 1"].cpu, CPU, " ms"),
            Target("a million pushes, batches of 10", round(totals[10], 2), COST, " USD"),
            Target("a million pushes, one at a time", round(totals[1], 2), COST, " USD"),
        ),
        picture=_picture(bills, totals),
    )


def _count(value: float) -> str:
    return f"{value:.2f}" if value else "·"


def _picture(bills: dict[int, list[Line]], totals: dict[int, float]) -> str:
    groups = {
        f"batches of {batch}: {totals[batch]:.2f} USD": [
            charts.Bar(line.what, line.usd, f"{line.usd:.2f}") for line in sorted(lines, key=lambda line: -line.usd)
        ]
        for batch, lines in bills.items()
    }
    return charts.bars("What a million pushes cost", "USD at list price, us-east-1, on demand", groups)


_BODY: Final = """\
The whole way of {pushed} pushes from {fans} fans and those who join them, against 1,000 rules: received, processed, carried
out. Of a hundred pushes there are {mix}. Some clicks and questions match
rules that tag, score, set timers, reply, or send a message ({share} messages for a hundred pushes). AWS and
WeChat are answered from memory behind the last door of botocore and requests: signing and serialisation count, sockets and
TLS do not.

CPU and requests to AWS for one message:

{counted}

Sizes as DynamoDB counts them:

{sizes}

The bill of a million pushes at list price (us-east-1, on demand, arm64, no free tier), with events taken from the queue ten
at a time:

{bill}

One event at a time, as on a quiet day, it is {single} USD: SQS and Lambda charge for each invocation.

The time that Lambda bills rests on how long each request is assumed to take, in ms:
{waits}.

Not in it, because it is not for the event alone: {kept} USD for keeping the timeline
({kept_how}), keeping the archive in S3 (gzipped, a few
cents a year), schedules, dashboards, receives from an empty queue, traffic to WeChat.
"""
