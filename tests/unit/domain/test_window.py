"""Customer-service windows against a plain model of WeChat's rule: the larger remainder holds, nothing adds up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from yuchi.domain.window import WINDOWS, WindowUse, open_windows, take_place

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def at(seconds: float) -> int:
    return int((START + timedelta(seconds=seconds)).timestamp())


def test_a_window_is_open_until_its_validity_is_over() -> None:
    triggers = {"menu": at(0), "message": at(0)}
    assert set(open_windows(triggers, START + timedelta(seconds=59))) == {"menu", "message"}
    assert set(open_windows(triggers, START + timedelta(seconds=60))) == {"message"}
    assert set(open_windows(triggers, START + timedelta(hours=48))) == set()


def test_an_unknown_trigger_opens_nothing() -> None:
    assert open_windows({"dance": at(0)}, START) == {}


def test_five_messages_after_a_message_and_not_one_more() -> None:
    uses: dict[str, WindowUse] = {}
    for _ in range(5):
        taken = take_place({"message": at(0)}, uses, START)
        assert taken is not None
        uses = taken
    assert take_place({"message": at(0)}, uses, START) is None


def test_a_new_message_opens_the_window_anew() -> None:
    spent = {"message": WindowUse(at(0), 5)}
    assert take_place({"message": at(30)}, spent, START + timedelta(seconds=40)) == {"message": WindowUse(at(30), 1)}


def test_a_menu_click_does_not_add_to_what_is_left_of_the_message_window() -> None:
    triggers = {"message": at(0), "menu": at(10)}
    uses = {"message": WindowUse(at(0), 3)}
    sent = 0
    while (taken := take_place(triggers, uses, START + timedelta(seconds=11))) is not None:
        uses, sent = taken, sent + 1
    assert sent == max(5 - 3, 3)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.sampled_from([*sorted(WINDOWS), "send", "send", "send"]), st.integers(0, 90)),
        max_size=60,
    )
)
def test_never_more_in_a_window_than_its_quota(history: list[tuple[str, int]]) -> None:
    """Whatever the order of triggers and sends: each send lies in an open window that had a place left."""
    clock, triggers, uses = 0.0, dict[str, int](), dict[str, WindowUse]()
    sent_since: dict[str, int] = {}
    for step, pause in history:
        clock += pause
        if step != "send":
            triggers[step], sent_since[step] = at(clock), 0
            continue
        now = START + timedelta(seconds=clock)
        room = [kind for kind in open_windows(triggers, now) if sent_since[kind] < WINDOWS[kind].quota]
        taken = take_place(triggers, uses, now)
        assert (taken is not None) == bool(room)
        if taken is not None:
            uses |= taken
            for kind in open_windows(triggers, now):
                sent_since[kind] += 1
