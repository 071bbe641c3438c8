"""The contract tests must fail on stores that break the contract: one planted defect for each arbiter."""

from dataclasses import replace
from typing import Any

import pytest
from _pytest.outcomes import Failed

from tests.contract import test_people, test_queue, test_receipts_and_ledger
from tests.contract.conftest import Ports, in_memory
from tests.fakes.queues import FakeQueue
from tests.fakes.stores import FakeLedger, FakePeople, FakeReceipts
from yuchi.domain.timeline import Answer
from yuchi.services.ports import EventMessage


class LastReceipt(FakeReceipts):
    def claim(self, key: str, body: str, answer: Answer, **_: Any) -> tuple[str, Answer]:
        self.kept[key] = body, answer
        return self.kept[key]


class NoLease(FakeLedger):
    def claim(self, key: Any, **arguments: Any) -> Any:
        self.rows = {each: row.model_copy(update={"lease_until": 0}) for each, row in self.rows.items()}
        return super().claim(key, **arguments)


class NoVersions(FakePeople):
    def commit(self, entry: Any, *, person: Any, **arguments: Any) -> None:
        if person is not None:
            stored = self.profiles.get((person.profile.brand, person.profile.person))
            profile = person.profile.model_copy(update={"version": stored.version if stored else 0})
            person = replace(person, profile=profile)
        super().commit(entry, person=person, **arguments)


class NoScale(FakePeople):
    def measure(self, entry: Any, profile: Any) -> None:
        pass


class NoDeduplication(FakeQueue[EventMessage]):
    def send(self, messages: Any) -> set[str]:
        self.forget()
        return super().send(messages)


PORTS = in_memory("fake")
PEOPLE = NoVersions()
LARGE_PEOPLE = NoScale()
QUEUE = NoDeduplication(EventMessage)


@pytest.mark.parametrize(
    ("broken", "test", "arguments"),
    [
        (
            replace(PORTS, receipts=LastReceipt()),
            test_receipts_and_ledger.test_the_first_claim_of_a_receipt_is_kept,
            ("x",),
        ),
        (
            replace(PORTS, ledger=NoLease()),
            test_receipts_and_ledger.test_a_first_claim_is_ours_and_shuts_out_others_while_it_lasts,
            (),
        ),
        (
            replace(PORTS, profiles=PEOPLE, store=PEOPLE, timers=PEOPLE),
            test_people.test_a_profile_that_was_read_at_another_version_conflicts_and_nothing_is_stored,
            (7,),
        ),
        (
            replace(PORTS, profiles=LARGE_PEOPLE, store=LARGE_PEOPLE, timers=LARGE_PEOPLE),
            test_people.test_what_rules_made_too_large_is_refused_and_the_bare_fact_still_fits,
            ("profile",),
        ),
        (
            replace(
                PORTS,
                queue=QUEUE,
                queued=lambda: [(group, EventMessage.model_validate_json(body)) for _, group, body in QUEUE.messages],
            ),
            test_queue.test_the_same_id_is_delivered_once,
            (),
        ),
    ],
    ids=["receipts", "ledger", "profiles", "sizes", "queue"],
)
def test_a_broken_store_breaks_its_contract(broken: Ports, test: Any, arguments: tuple[Any, ...]) -> None:
    with pytest.raises((AssertionError, Failed)):
        test(broken, "brand-twin", *arguments)
