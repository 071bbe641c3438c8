"""T15, small: a mass message to twenty thousand fans with messages twice, throttling and killed workers. ``make bench
ARGS=campaigns`` does it with a million.
"""

from math import ceil

import pytest

from tests.bench.campaign_worker import Mill
from yuchi.domain.campaign import packing

FANS = 20_000
ITEM = 300 * 1024


def test_twenty_thousand_get_it_once_in_as_few_messages_as_can_be() -> None:
    """Whatever comes twice, is throttled or dies; and nothing that is stored or queued grows with the audience."""
    found = Mill.made(FANS, twice=0.2, throttled=0.3).run()
    assert found["endings"] == {"SENT": FANS}
    assert found["got"] == {"1": FANS}
    assert found["messages"] == ceil(FANS / packing.MASS_SIZE)
    assert found["largest_message"] < 200
    assert found["largest_page"] < ITEM


def test_without_faults_there_is_no_call_too_many() -> None:
    """As many calls as messages."""
    found = Mill.made(FANS, twice=0.0, throttled=0.0, kills=0).run()
    assert found["calls"] == found["messages"] == 2


@pytest.mark.parametrize("fans", [10_000, 10_001])
def test_a_remainder_of_one_takes_no_call_of_its_own_that_wechat_refuses(fans: int) -> None:
    """A mass message needs two."""
    found = Mill.made(fans, kills=0).run()
    assert (found["endings"], found["messages"]) == ({"SENT": fans}, ceil(fans / 10_000))


def test_twin_all_openids_in_one_message_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than WeChat takes at once: the same look finds fewer messages than there must be."""
    monkeypatch.setattr(packing, "MASS_SIZE", 10 * FANS)
    found = Mill.made(FANS, kills=0).run()
    assert found["messages"] != ceil(FANS / 10_000)


def test_twin_a_worker_that_forgets_its_key_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a new ``clientmsgid`` at each attempt those of a killed worker get it twice."""
    mill = Mill.made(FANS, kills=3)
    mass, calls = mill.wechat.mass, iter(range(1_000))
    monkeypatch.setattr(
        mill.wechat, "mass", lambda *given, client_id: mass(*given, client_id=f"{client_id}-{next(calls)}")
    )
    assert mill.run()["got"] != {"1": FANS}
