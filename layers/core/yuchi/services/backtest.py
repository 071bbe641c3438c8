"""Let a rule meet the archive: read what it needs, day by day, and replay it."""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.backtest.applying import applied_event
from yuchi.domain.backtest.findings import Findings
from yuchi.domain.backtest.needs import Needs, needs_of
from yuchi.domain.backtest.replay import Replay
from yuchi.domain.catalogue import Catalogue
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.problem import Locale
from yuchi.domain.rule import Rule
from yuchi.domain.ruleset import read_chunk
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.timeline import subject_of
from yuchi.services.ports import EventMessage, Queue
from yuchi.services.ports_archive import ArchiveFiles, Progress
from yuchi.services.ports_rules import RulesetStore

ReadLines = Callable[[Iterable[Path], frozenset[str] | None], Iterator[Mapping[str, Any]]]
"""The records in files that are of some types (None: any), or that prove identities."""
AT_ONCE: Final = 100
"""How many events are given to the queue in one call."""


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What is asked: what ``candidate`` would have done for ``brand`` from ``since`` until ``until``."""

    candidate: Rule
    brand: str
    accounts: Sequence[Account]
    since: datetime
    until: datetime
    schema: BrandSchema
    locale: Locale = Locale.ZH


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found. ``first_day``: where the archive begins, None where it is empty; ``read_from``: the first day read."""

    findings: Findings
    needs: Needs
    first_day: str | None
    read_from: str | None


def backtest(
    request: BacktestRequest,
    *,
    live: Sequence[Rule],
    catalogue: Catalogue,
    files: ArchiveFiles,
    read: ReadLines,
    fetching: Progress,
    replaying: Progress,
) -> Outcome:
    """Replay. ``live``: the brand's rules as they are now. ``fetching`` and ``replaying`` are told of files."""
    needs = needs_of(request.candidate, live, request.accounts, request.schema)
    days = files.days(request.brand)
    from_day = _first_needed(request, needs)
    there = files.fetch(request.brand, since=from_day, progress=fetching)
    replay = Replay(
        candidate=request.candidate,
        needs=needs,
        brand=request.brand,
        accounts={account.id: account for account in request.accounts},
        specs=catalogue.events,
        since=request.since,
        schema=request.schema,
        locale=request.locale,
    )
    replay_files(replay, there, read, progress=replaying)
    return Outcome(
        findings=replay.finish(request.until),
        needs=needs,
        first_day=days[0] if days else None,
        read_from=max(from_day, days[0]) if from_day and days else days[0] if days else None,
    )


def replay_files(replay: Replay, files: Sequence[Path], read: ReadLines, *, progress: Progress) -> None:
    """Give ``replay`` the days in ``files``, which lie in a folder for each day.

    Python's cycle collector rests meanwhile: it would look through all persons again and again, a third of the time, and
    neither records nor profiles have cycles.
    """
    was_on, done = gc.isenabled(), 0
    gc.disable()
    try:
        for _, group in groupby(files, key=lambda file: file.parent.name):
            of_day = list(group)
            replay.day(read(of_day, replay.needs.types))
            done += len(of_day)
            progress(done, len(files))
    finally:
        if was_on:
            gc.enable()


def live_rules_of(brand: str, store: RulesetStore) -> list[Rule]:
    """Every rule of the brand that is live, once."""
    names = store.get_manifest(brand).all_hashes()
    rules = (rule for name in sorted(names) for rule in read_chunk(store.get_blob(brand, name)))
    return list({rule.rule_id: rule for rule in rules}.values())


def apply_findings(
    findings: Findings, rule: Rule, *, brand: str, events: Queue[EventMessage], progress: Progress
) -> tuple[int, int]:
    """Give those who matched what the rule notes on profiles, once: how many events were queued, and how many not."""
    made = [
        applied_event(
            rule,
            person=each.person,
            subject=each.subject,
            account=each.account,
            brand=brand,
            actions=each.actions,
            at=each.last,
        )
        for each in findings.to_apply
    ]
    refused = 0
    for start in range(0, len(made), AT_ONCE):
        chunk = [(event.id, subject_of(event), EventMessage(event=event)) for event in made[start : start + AT_ONCE]]
        refused += len(events.send(chunk))
        progress(min(start + AT_ONCE, len(made)), len(made))
    return len(made) - refused, refused


def _first_needed(request: BacktestRequest, needs: Needs) -> str | None:
    """The first day to be read; None: all that there is, since what the rule reads may have begun at any time."""
    if needs.horizon is None:
        return None
    return (request.since - timedelta(seconds=needs.horizon)).astimezone(BEIJING).date().isoformat()
