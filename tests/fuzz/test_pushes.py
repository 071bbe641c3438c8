"""The target of `make fuzz`, on a few random inputs: it reaches all that it is there to reach, and finds what is planted."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.pushes import SHAPES, Door
from tests.unit.adapters.wechat import sealing
from yuchi.adapters.wechat.gate import WeChatGate, WeChatPush

DOOR = Door()


@given(shape=st.integers(0, len(SHAPES) - 1), rest=st.binary(max_size=400))
@settings(max_examples=300)
def test_whatever_is_pushed_gets_one_of_two_answers(shape: int, rest: bytes) -> None:
    DOOR.deliver(bytes([shape]) + rest)


@pytest.mark.parametrize(("shape", "rest", "status"), [
    (0, sealing.TEXT.encode(), 200), (0, b"nonsense", 200), (1, b"\1\3\2\4\3\2\5", 200), (2, b"\0", 200),
    (3, b"x" * 64, 403), (4, b"AAAA", 403), (5, b"", 200), (5, b"\1\1\1" * 9, 403), (6, b"<xml/>", 403), (7, b"", 200),
])  # fmt: skip
def test_each_shape_gets_as_far_as_it_says(shape: int, rest: bytes, status: int) -> None:
    assert DOOR.deliver(bytes([shape]) + rest).status == status


class Brittle(WeChatGate):
    """Twin: breaks where an element has a name that is not known."""

    def open(self, *arguments: object, **named: object) -> WeChatPush:
        push = super().open(*arguments, **named)  # type: ignore[arg-type]  # handed on as it came
        if push.opened is not None and set(push.opened.payload) - {"ToUserName", "FromUserName", "CreateTime"}:
            raise KeyError("planted")
        return push


def test_twin_that_breaks_on_an_element_is_found() -> None:
    door = Door()
    for system in door.modes.values():
        system.callback = replace(system.callback, gate=Brittle())

    def deliver_many() -> None:
        for number in range(256):
            door.deliver(bytes([1, 1, number, 3, 2]))

    with pytest.raises(KeyError):
        deliver_many()
