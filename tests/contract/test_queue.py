"""The queue port: what is taken is delivered once, in order, whole."""

from tests.contract.conftest import Ports
from tests.contract.examples import ANSWER, event
from yuchi.services.ports import EventMessage


def messages(brand: str, count: int, group: str) -> list[tuple[str, str, EventMessage]]:
    made = [event(brand, f"{group}-{number}", fan=group, content="你好 \u2028") for number in range(count)]
    return [(each.id, group, EventMessage(event=each, answer=ANSWER)) for each in made]


def test_more_than_ten_are_taken_and_come_whole_and_in_order(queue_ports: Ports, brand: str) -> None:
    given = messages(brand, 23, f"{brand}#a")
    assert queue_ports.queue.send(given) == set()
    assert queue_ports.queued() == [(group, message) for _, group, message in given]


def test_the_same_id_is_delivered_once(queue_ports: Ports, brand: str) -> None:
    given = messages(brand, 2, f"{brand}#a")
    assert queue_ports.queue.send([*given, given[0]]) == set()
    assert queue_ports.queue.send(given) == set()
    assert [message for _, message in queue_ports.queued()] == [message for _, _, message in given]


def test_ids_and_groups_may_be_in_any_script(queue_ports: Ports, brand: str) -> None:
    body = EventMessage(event=event(brand))
    ids = [("事件:领取 试用装:0", f"{brand}#群"), ("事件:领取 试用装:1", f"{brand}#群"), ("x" * 300, "y" * 300)]
    given = [(identifier, group, body) for identifier, group in ids]
    assert queue_ports.queue.send(given) == set()
    assert [message for _, message in queue_ports.queued()] == [body] * 3


def test_nothing_is_sent_for_nothing(queue_ports: Ports) -> None:
    assert queue_ports.queue.send([]) == set()
    assert queue_ports.queued() == []
