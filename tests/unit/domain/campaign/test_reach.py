"""What may reach a person once more."""

from datetime import UTC, datetime, timedelta

import pytest

from yuchi.domain.campaign.model import Cap, SendChannel
from yuchi.domain.campaign.reach import KEPT, Reach, Sent

NOW = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
DAY = 86_400


def sent(
    ago: timedelta = timedelta(),
    *,
    account: str = "shop",
    channel: SendChannel = SendChannel.MASS,
    batch: int = 0,
    mark: str = "12345678",
) -> Sent:
    """A send some time ago."""
    return Sent(int((NOW - ago).timestamp()), account, channel.value, batch=batch, mark=mark)


def reach(*sends: Sent) -> Reach:
    """Sends of as many runs."""
    return Reach(sends={f"r{number}": each for number, each in enumerate(sends)})


def test_a_run_reaches_a_person_once_by_whatever_way() -> None:
    """Another account or channel makes no difference; the very batch that wrote it down may go on."""
    known = reach(sent(account="other", channel=SendChannel.CUSTOM, batch=7))
    assert known.refusal("r0", sent(batch=8), NOW, ()) == "reached_already"
    assert known.refusal("r0", sent(batch=7, mark=""), NOW, ()) == "reached_already"
    assert known.refusal("r0", sent(batch=7, mark="another1"), NOW, ()) == "reached_already"
    assert known.refusal("r0", sent(batch=7), NOW, ()) is None
    assert known.refusal("r1", sent(), NOW, ()) is None


def test_four_mass_messages_in_a_month_of_china() -> None:
    """By account; those before 00:00 of the first in Beijing do not count, nor other channels."""
    four = [sent(timedelta(days=day)) for day in range(4)]
    assert reach(*four).refusal("new", sent(), NOW, ()) == "month_used_up"
    assert reach(*four).refusal("new", sent(account="other"), NOW, ()) is None
    assert reach(*four).refusal("new", sent(channel=SendChannel.CUSTOM), NOW, ()) is None
    assert reach(*four).refusal("new", sent(), NOW + timedelta(hours=1), ()) is None


@pytest.mark.parametrize(("ago", "refused"), [(DAY - 1, "capped"), (DAY, None)])
def test_caps_count_everything_in_their_span(ago: int, refused: str | None) -> None:
    """Whatever sent it."""
    known = reach(sent(timedelta(seconds=ago), channel=SendChannel.CUSTOM))
    assert known.refusal("new", sent(), NOW, [Cap(times=1, seconds=DAY)]) == refused


def test_the_first_send_of_a_run_is_kept_and_the_oldest_of_all_goes() -> None:
    """So the item stays small."""
    known = reach(sent(batch=1)).with_send("r0", sent(batch=2))
    assert known.sends["r0"].batch == 1
    full = reach(*[sent(timedelta(days=number)) for number in range(KEPT)])
    after = full.with_send("new", sent())
    assert len(after.sends) == KEPT
    assert f"r{KEPT - 1}" not in after.sends
