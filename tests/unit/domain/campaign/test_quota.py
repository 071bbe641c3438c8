"""WeChat's calls a day and a minute."""

from datetime import UTC, datetime, timedelta

from yuchi.domain.campaign.quota import Allowance, QuotaUse, allowance, next_midnight, quota_day, take

NOW = datetime(2026, 11, 23, 15, 59, 30, tzinfo=UTC)


def test_the_day_ends_in_beijing() -> None:
    """23:59:30 there."""
    assert quota_day(NOW) == "20261123"
    assert quota_day(NOW + timedelta(seconds=30)) == "20261124"
    assert next_midnight(NOW) == datetime(2026, 11, 23, 16, tzinfo=UTC)


def test_calls_are_taken_whole_or_not_at_all() -> None:
    """Of a day and of a minute."""
    allowed = Allowance(day=5, minute=3)
    use = take(QuotaUse(), allowed, 3, NOW)
    assert use is not None
    assert take(use, allowed, 1, NOW) is None
    later = take(use, allowed, 2, NOW + timedelta(minutes=1))
    assert later is not None
    assert later.used == 5
    assert take(later, allowed, 1, NOW + timedelta(hours=1)) is None


def test_wechats_word_counts_more_than_our_count() -> None:
    """Closed is closed until its moment."""
    closed = QuotaUse(closed_until=int(NOW.timestamp()) + 10)
    assert take(closed, Allowance(day=5), 1, NOW) is None
    assert take(closed, Allowance(day=5), 1, NOW + timedelta(seconds=10)) is not None


def test_an_accounts_own_numbers() -> None:
    """Where they are known they replace the published ones."""
    assert allowance("message/mass/send", {}).day == 100
    assert allowance("message/mass/send", {"message/mass/send": 1_000}) == Allowance(1_000, 60)
