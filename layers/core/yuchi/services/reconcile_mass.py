"""Settle mass messages by what WeChat reports of them: some were turned down after all, of some the answer got lost.

Which batch a report is about stands in the send ledger, under the account's ``#mass``: a row by WeChat's number of each
message, and a row for each whose answer got lost, by day and number of fans, for then nobody knows its number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from yuchi.domain.campaign.mass_result import corrected, mass_endings
from yuchi.domain.campaign.quota import quota_day
from yuchi.domain.campaign.run import RunKey, campaign_owner
from yuchi.domain.ledger import FINAL_STATES, LedgerKey, LedgerState
from yuchi.services.ports import ClaimHeldError, Clock, Ledger, Metrics, UnavailableError
from yuchi.services.ports_campaigns import DeliveryMessage, Runs

LOST_A_DAY: Final = 5
"""How many lost answers of one account, day and number of fans are kept apart."""
_DAY: Final = timedelta(days=1)


class BatchKey(NamedTuple):
    """A batch of a run."""

    run: RunKey
    number: int


@dataclass(frozen=True, slots=True)
class MassIndex:
    """Which batch a mass message was."""

    ledger: Ledger

    def sent(self, account: str, message_id: str, batch: BatchKey, *, now: datetime) -> None:
        """WeChat took the batch and calls it ``message_id``."""
        self._note(account, message_id, batch, now)

    def lost(self, account: str, fans: int, batch: BatchKey, *, now: datetime) -> None:
        """The answer to a call with so many fans got lost."""
        for number in range(LOST_A_DAY):
            if self._note(account, _lost(fans, now, number), batch, now):
                return

    def find(self, account: str, message_id: str, fans: int, *, now: datetime) -> list[BatchKey]:
        """The batch of that number; else those with so many fans whose answers got lost today or yesterday."""
        known = self._read(account, message_id)
        if known is not None:
            return [known]
        return list(dict.fromkeys(self._lost(account, fans, now)))

    def _lost(self, account: str, fans: int, now: datetime) -> Iterator[BatchKey]:
        for day in (now, now - _DAY):
            for number in range(LOST_A_DAY):
                found = self._read(account, _lost(fans, day, number))
                if found is None:
                    break
                yield found

    def _note(self, account: str, entry: str, batch: BatchKey, now: datetime) -> bool:
        """Write it once; whether it stands there now, or another has the place."""
        key = _key(account, entry)
        subject = f"{batch.run}#{batch.number}"
        if (known := self.ledger.get(key)) is not None:
            return known.subject == subject
        try:
            row = self.ledger.claim(key, channel="mass", subject=subject, now=now, repeatable=True)
            if row is not None and row.subject == subject:
                self.ledger.settle(row, LedgerState.SKIPPED, now=now, reason="index")
                return True
        except ClaimHeldError:
            return False
        return False

    def _read(self, account: str, entry: str) -> BatchKey | None:
        row = self.ledger.get(_key(account, entry))
        if row is None:
            return None
        run, _, number = row.subject.rpartition("#")
        return BatchKey(RunKey.read(run), int(number))


@dataclass(frozen=True, slots=True)
class ReconcileMass:
    """What is done with a ``campaign.finished``. It may come twice."""

    runs: Runs
    ledger: Ledger
    metrics: Metrics
    clock: Clock

    def finish(self, message: DeliveryMessage) -> None:
        """Settle its batch, or correct what was thought of it. Raises ``UnavailableError``.

        A report on what was sent from WeChat's console, or on one of several lost answers, changes nothing.
        """
        message_id = str(message.data.get("message_id") or "")
        fans = int(message.data.get("total_count") or 0)
        found = MassIndex(self.ledger).find(message.account, message_id, fans, now=message.at)
        known = len(found) == 1 and self._is_of(message, found[0])
        if not known:
            self.metrics.count("MassReportUnmatched")
            return
        batch = found[0]
        stored = self.runs.batch(batch.run, batch.number)
        if stored is None:
            return
        if stored.tallies is None:
            self._settle(message, batch, message_id)
            return
        after = corrected(stored.tallies, message.data)
        if after is not None and self.runs.correct_batch(
            batch.run, batch.number, stored.tallies, after, message_id=message_id
        ):
            self.metrics.count("MassReconciled")

    @staticmethod
    def _is_of(message: DeliveryMessage, batch: BatchKey) -> bool:
        return batch.run.brand == message.brand

    def _settle(self, message: DeliveryMessage, batch: BatchKey, message_id: str) -> None:
        """The batch is still open: its ledger row tells whoever takes it up next how it ended."""
        endings = mass_endings(message.data, 1)
        if endings is None:
            return
        key = LedgerKey(owner=campaign_owner(message.account, batch.run), entry=f"batch#{batch.number:06d}")
        row = self.ledger.get(key)
        if row is None or row.state in FINAL_STATES:
            raise UnavailableError("batch under way")
        state, reason = next(iter(endings))
        now = self.clock()
        try:
            claimed = self.ledger.claim(key, channel="mass", subject="", now=now, repeatable=True)
            if claimed is not None:
                self.ledger.settle(claimed, state, now=now, reason=reason or message_id)
        except ClaimHeldError as error:
            raise UnavailableError("batch under way") from error
        self.metrics.count("MassReconciled")


def _key(account: str, entry: str) -> LedgerKey:
    return LedgerKey(owner=f"{account}#mass", entry=entry)


def _lost(fans: int, now: datetime, number: int) -> str:
    return f"lost#{quota_day(now)}#{fans}#{number}"
