"""Fans in the deployment of the tests: events go the real way through the processor."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.queues import FakeQueue
from tests.fakes.stores import FakeCounters, FakeImportCounts, FakeMetrics
from tests.unit.cli.desk import NOW, TEA, FakeDesk
from yuchi.bootstrap import make_catalogue
from yuchi.domain.account import Account
from yuchi.domain.event import Contact, Event, derive_id, fan_identity
from yuchi.services.ports import ActionMessage, EventMessage
from yuchi.services.process_event import ProcessEvent

FAN = "oFan0000000000000000000000001"


def happen(
    desk: FakeDesk,
    event_type: str,
    *,
    openid: str = FAN,
    account: Account = TEA,
    ago: timedelta = timedelta(minutes=5),
    source: str = "",
    historical: bool = False,
    **data: Any,
) -> Event:
    """One push of a fan, processed."""
    time: datetime = NOW - ago
    event = Event(
        id=derive_id(event_type, openid, str(time), str(data)),
        source=source or f"/wechat/{account.id}",
        type=event_type,
        time=time,
        brand=account.brand,
        account=account.id,
        subject=fan_identity(account.id, openid),
        historical=historical,
        data=data,
    )
    _process(desk, event, time)
    return event


def tell(
    desk: FakeDesk,
    event_type: str,
    subject: str,
    *identities: str,
    ago: timedelta = timedelta(minutes=1),
    contacts: Mapping[str, Contact] | None = None,
    source: str = "/collect/shop",
    **data: Any,
) -> Event:
    """One event from the shop's own system, processed."""
    time = NOW - ago
    event = Event(
        id=derive_id(event_type, subject, str(time), str(data)),
        source=source,
        type=event_type,
        time=time,
        brand=TEA.brand,
        account="",
        subject=subject,
        identities=identities,
        contacts=dict(contacts or {}),
        data=data,
    )
    _process(desk, event, time)
    return event


def _process(desk: FakeDesk, event: Event, time: datetime) -> None:
    process = ProcessEvent(
        accounts=desk.accounts,
        profiles=desk.people,
        store=desk.people,
        rulesets=desk.rulesets,
        events=FakeQueue(EventMessage),
        actions=FakeQueue(ActionMessage),
        archive=desk.archive,
        counters=FakeCounters(),
        imports=FakeImportCounts(),
        metrics=FakeMetrics(),
        catalogue=make_catalogue(),
        clock=lambda: time,
    )
    assert process.process([("message", EventMessage(event=event))]) == set()
