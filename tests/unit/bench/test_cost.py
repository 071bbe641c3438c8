"""The arithmetic of the cost model."""

from pathlib import Path

import pytest

from tests.bench import cost
from tests.bench.cost import Usage, read_units, size_of, total, write_units
from tests.bench.sections.process import MEMORY, Run, bill
from yuchi.adapters.dynamodb.items import to_item

ROOT = Path(__file__).parents[3]


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    assert size_of({"a": {"S": "茶"}}) == 1 + 3
    assert size_of({"ab": {"BOOL": True}, "c": {"NULL": True}}) == 3 + 2
    assert size_of({"n": {"N": "-1234.5"}}) == 1 + 5 // 2 + 2
    assert size_of({"l": {"L": [{"S": "x"}, {"S": "y"}]}}) == 1 + 3 + 2 * (1 + 1)
    assert size_of({"m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 2
    assert size_of(to_item({"b": b"1234"})) == 5


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1, 1), (1024, 1), (1025, 2), (4096, 4)])
def test_writes_are_counted_by_the_kilobyte_and_twice_in_transactions(size: int, units: int) -> None:
    assert write_units(size) == units
    assert write_units(size, transactional=True) == 2 * units


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2)])
def test_reads_are_counted_by_four_kilobytes_and_half_where_they_may_be_old(size: int, units: int) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2


def test_a_million_of_the_simplest_things() -> None:
    assert cost.gateway().usd == pytest.approx(1.00)
    assert cost.queue("q", sent=1, taken=0).usd == pytest.approx(0.50)
    assert cost.queue("q", sent=1, taken=1).usd == pytest.approx(1.50)
    assert cost.function("f", invocations=1, milliseconds=0, memory=1024).usd == pytest.approx(0.20)
    assert cost.function("f", invocations=0.5, milliseconds=1000, memory=512).usd == pytest.approx(0.1 + 3.33335)
    assert cost.logs(1024**3 / 1_000_000).usd == pytest.approx(0.50)
    assert cost.storage("s", bytes_per_push=1024**3 / 1_000_000, months=2).usd == pytest.approx(0.90)


def test_tables_add_up_over_functions_with_their_own_numbers_of_pushes() -> None:
    receive, process = Usage(), Usage()
    receive.read("Profiles", 300, consistent=False)
    process.write("Profiles", 300, transactional=True)
    process.write("Timeline", 600)

    lines = {line.what: line.usd for line in cost.tables([(receive, 1), (process, 2)])}

    assert lines == {
        "DynamoDB Profiles": pytest.approx(0.5 * 0.125 + 1 * 0.625),
        "DynamoDB Timeline": pytest.approx(0.5 * 0.625),
    }


def make_runs() -> dict[str, Run]:
    """100 pushes, 50 of them processed ten at a time, 50 one at a time; 20 messages sent."""
    runs = {
        "receive_callback": Run(items=100, invocations=100, rounds=[0.002], log_bytes=50_000),
        "process_event, 10": Run(items=50, invocations=5, rounds=[0.001], log_bytes=5_000),
        "process_event, 1": Run(items=50, invocations=50, rounds=[0.002], log_bytes=25_000),
        "perform_action": Run(items=20, invocations=10, rounds=[0.003], log_bytes=9_000),
    }
    runs["receive_callback"].usage.requests["sqs.SendMessageBatch"] = 100
    runs["process_event, 10"].usage.requests["sqs.SendMessageBatch"] = 5
    runs["process_event, 1"].usage.requests["sqs.SendMessageBatch"] = 10
    return runs


def test_the_bill_takes_each_function_once() -> None:
    lines = {line.what: line for line in bill(make_runs(), pushed=100, batch=10)}

    assert lines["SQS events.fifo"].usd == pytest.approx((1 + 2 * 0.1) * 0.5)
    assert lines["SQS actions.fifo"].usd == pytest.approx((0.1 + 2 * 0.1) * 0.5)
    assert lines["Lambda process_event"].how.startswith("0.10 invocations")
    assert lines["CloudWatch Logs"].how.startswith("869 bytes")
    assert total(list(lines.values())) == pytest.approx(sum(line.usd for line in lines.values()))


def test_twin_taken_one_at_a_time_it_costs_more() -> None:
    assert total(bill(make_runs(), pushed=100, batch=1)) > total(bill(make_runs(), pushed=100, batch=10))


def test_waiting_and_a_share_of_a_processor_are_billed() -> None:
    run = Run(items=10, invocations=1, rounds=[0.001])
    run.usage.requests["dynamodb.TransactWriteItems"] = 10

    assert run.billed(1769) == pytest.approx(10 * 1 + 10 * 15)
    assert run.billed(1769 // 2) == pytest.approx(10 * 2 + 10 * 15, rel=0.01)


def test_the_memory_is_that_of_the_template() -> None:
    template = (ROOT / "template.yaml").read_text(encoding="utf-8")
    default = int(template.split("MemorySize: ")[1].split()[0])
    for name, memory in MEMORY.items():
        function = template.split(f"CodeUri: functions/{name}\n")[1].split("Environment:")[0]
        own = function.split("MemorySize: ")[1:]
        assert memory == (int(own[0].split()[0]) if own else default), name
