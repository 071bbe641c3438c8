"""The twin of T1 from real life: Powertools' idempotency as the only guard of a send. It sends twice, by design."""

from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyItemAlreadyExistsError
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord

from tests.reliability.crash import EVERYWHERE, Call, Fault, Gate, Killed


class MemoryLayer(BasePersistenceLayer):
    """A persistence layer in a dict, with the conditions of the one on DynamoDB; leases end at once."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.gate = gate
        self.records: dict[str, DataRecord] = {}

    def call(self, name: str, run: Any) -> Any:
        def fail(_reached: bool) -> Any:
            raise ConnectionError(name)

        return self.gate.pass_through(Call(name, run=run, fail=fail))

    def _get_record(self, idempotency_key: str) -> DataRecord:
        return self.records[idempotency_key]

    def _put_record(self, data_record: DataRecord) -> None:
        def put() -> None:
            old = self.records.get(data_record.idempotency_key)
            if old is not None and old.status == "COMPLETED":
                raise IdempotencyItemAlreadyExistsError(old_data_record=old)
            self.records[data_record.idempotency_key] = data_record

        self.call("put", put)

    def _update_record(self, data_record: DataRecord) -> None:
        self.call("update", lambda: self.records.update({data_record.idempotency_key: data_record}))

    def _delete_record(self, data_record: DataRecord) -> None:
        self.records.pop(data_record.idempotency_key, None)


def sends(point: int, fault: Fault | None) -> int:
    """How often the far end accepted one message whose sender met ``fault`` and was started three times more."""
    gate, accepted = Gate(), []
    layer = MemoryLayer(gate)
    config = IdempotencyConfig(use_local_cache=False, lambda_context=SimpleNamespace(get_remaining_time_in_millis=int))  # type: ignore[arg-type]

    def send(*, message: dict[str, str]) -> str:
        def fail(_reached: bool) -> Any:
            raise TimeoutError

        gate.pass_through(Call("send", run=lambda: accepted.append(message["id"]), fail=fail))
        return "sent"

    guarded = idempotent_function(send, data_keyword_argument="message", persistence_store=layer, config=config)
    if fault:
        gate.arm(point, fault)
    for _ in range(4):
        try:
            guarded(message={"id": "e:r:0"})
        except (Killed, Exception):  # noqa: BLE001 - whatever it was, SQS delivers again
            continue
    assert fault is None or gate.visited
    return len(accepted)


@pytest.mark.filterwarnings("ignore")
def test_powertools_alone_sends_twice_at_a_third_of_the_points() -> None:
    assert sends(0, None) == 1
    counts = {(point, label): sends(point, fault) for point in range(3) for label, fault in EVERYWHERE.items()}
    assert len(counts) == 12
    assert sum(count > 1 for count in counts.values()) >= 4
