"""Take the fans who left out of the archive: one pass over a brand's objects for all who left since the last.

It goes on where it stopped: after each part of the way the pass says how far it is, and doing a part again changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from yuchi.domain.departure import GATHERED, SETTLED, Departure, Leavers, Pass
from yuchi.domain.placeholders import BEIJING
from yuchi.services.ports import Clock, Metrics, UnavailableError
from yuchi.services.ports_departures import ArchiveObjects, Departures

RESERVE_SECONDS: Final = 45.0
"""The longest that one object may take, and the saving of how far it is."""
SAVED_AFTER: Final = 50
"""Objects."""
HOUR: Final = 3_600


@dataclass(frozen=True, slots=True)
class CleanArchive:
    """The use case behind ``functions/clean_archive``. ``kept``: how long the archive keeps what happened."""

    departures: Departures
    objects: ArchiveObjects
    metrics: Metrics
    clock: Clock
    new_salt: Callable[[], str]
    kept: timedelta

    def tick(self, *, seconds_left: Callable[[], float], at_once: bool = False) -> int:
        """Go on with what there is to do, as long as there is time. Returns how many lines were changed.

        ``at_once``: begin with whoever left by now. Events that are on their way into the archive may then stay in it.
        Raises ``UnavailableError``; the next tick goes on.
        """
        now = self.clock()
        waiting = defaultdict[str, list[Departure]](list)
        for each in self.departures.waiting():
            waiting[each.brand].append(each)
        self._measure([each for group in waiting.values() for each in group], now)
        under_way = {each.brand: each for each in self.departures.passes()}
        changed, troubles = 0, list[UnavailableError]()
        for brand in sorted(waiting.keys() | under_way.keys()):
            current = under_way.get(brand) or self._begin(brand, waiting[brand], now, at_once=at_once)
            if current is None or seconds_left() < RESERVE_SECONDS:
                continue
            try:
                changed += self._go_on(current, waiting[brand], seconds_left)
            except UnavailableError as error:
                troubles.append(error)
        if troubles:
            raise troubles[0]
        return changed

    def _measure(self, waiting: Sequence[Departure], now: datetime) -> None:
        oldest = min((each.until for each in waiting), default=int(now.timestamp()))
        self.metrics.count("ErasureWaiting", len(waiting))
        self.metrics.count("ErasureAgeHours", max(0, int(now.timestamp()) - oldest) // HOUR)

    def _begin(self, brand: str, waiting: Sequence[Departure], now: datetime, *, at_once: bool) -> Pass | None:
        first = min((each.noted_at for each in waiting), default=None)
        if first is None or not (at_once or first <= (now - GATHERED).timestamp()):
            return None
        before = now if at_once else now - SETTLED
        begun = Pass(brand=brand, before=int(before.timestamp()), salt=self.new_salt())
        self.departures.keep(begun)
        return begun

    def _go_on(self, current: Pass, waiting: Sequence[Departure], seconds_left: Callable[[], float]) -> int:
        mine = [each for each in waiting if each.noted_at <= current.before]
        since = (
            None if any(each.since is None for each in mine) else min((each.since or 0 for each in mine), default=None)
        )
        leavers, changed, cursor = Leavers(mine, current.salt), 0, current.cursor
        try:
            for number, key in enumerate(
                self.objects.keys(current.brand, since=since, after=cursor) if mine else (), 1
            ):
                if seconds_left() < RESERVE_SECONDS:
                    return changed
                changed += self.objects.rewrite(key, lambda lines: [leavers.without(line) for line in lines])
                cursor = key
                if number % SAVED_AFTER == 0:
                    self.departures.keep(current.model_copy(update={"cursor": cursor}))
        finally:
            self.metrics.count("ArchiveLineErased", changed)
            if cursor != current.cursor:
                self.departures.keep(current.model_copy(update={"cursor": cursor}))
        oldest = (self.clock() - self.kept).astimezone(BEIJING).date().isoformat()
        self.metrics.count("ArchiveObjectExpired", self.objects.expire(current.brand, before=oldest))
        for each in mine:
            self.departures.done(each)
        self.departures.end(current)
        self.metrics.count("ErasureDone", len(mine))
        return changed
