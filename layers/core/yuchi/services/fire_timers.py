"""Let the timers that came due happen: each becomes an event on the same queue as all others."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from yuchi.domain.timeline import subject_of
from yuchi.services.ports import Clock, Counters, EventMessage, Metrics, Queue, Timers

CHUNK = 100
RESERVE_SECONDS = 10.0
"""Stop taking more timers when less than this is left of the invocation: the next minute goes on."""


@dataclass(frozen=True, slots=True)
class FireTimers:
    """The use case behind ``functions/fire_timers``.

    A timer is removed only after the queue has its event. When that fails in between, the same event is sent again
    under the same id, and found on the timeline.
    """

    timers: Timers
    events: Queue[EventMessage]
    counters: Counters
    metrics: Metrics
    clock: Clock

    def fire(self, *, seconds_left: Callable[[], float]) -> int:
        """Fire what is due until nothing is, or time runs short. Returns how many were fired.

        It also brings the counts of matches to the rules' items, where marketers see them, and once an hour the other
        counts.
        """
        now, fired = self.clock(), 0
        due = iter(self.timers.due(now))
        while seconds_left() > RESERVE_SECONDS and (chunk := list(islice(due, CHUNK))):
            refused = self.events.send(
                [(timer.id, subject_of(timer.event), EventMessage(event=timer.event)) for timer in chunk]
            )
            for timer in chunk:
                if timer.id not in refused:
                    self.timers.remove(timer)
                    fired += 1
        self.metrics.count("TimerFired", fired)
        self.counters.publish(now=now, hourly=now.minute == 0, seconds_left=seconds_left)
        return fired
