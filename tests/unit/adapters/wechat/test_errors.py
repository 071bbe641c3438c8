import pytest

from yuchi.adapters.wechat.errors import ERRORS, MASS_REASONS, AnswerMeaning, FanState, explain_error


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (0, AnswerMeaning.SUCCESS),
        (-1, AnswerMeaning.UNKNOWN),
        (40001, AnswerMeaning.TOKEN),
        (40014, AnswerMeaning.TOKEN),
        (42001, AnswerMeaning.TOKEN),
        (40013, AnswerMeaning.MISCONFIGURED),
        (40164, AnswerMeaning.MISCONFIGURED),
        (89503, AnswerMeaning.MISCONFIGURED),
        (48001, AnswerMeaning.MISCONFIGURED),
        (65400, AnswerMeaning.MISCONFIGURED),
        (40243, AnswerMeaning.SUSPENDED),
        (50004, AnswerMeaning.SUSPENDED),
        (48004, AnswerMeaning.SUSPENDED),
        (45009, AnswerMeaning.CLOSED_UNTIL_MIDNIGHT),
        (45011, AnswerMeaning.MINUTE_LIMIT),
        (45066, AnswerMeaning.MINUTE_LIMIT),
        (45065, AnswerMeaning.SUCCESS),
        (65320, AnswerMeaning.REJECTED),
        (47001, AnswerMeaning.REJECTED),
        (12345, AnswerMeaning.REJECTED),
    ],
)
def test_each_code_has_its_outcome(code: int, outcome: AnswerMeaning) -> None:
    assert explain_error(code).outcome is outcome


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (40003, FanState.INVALID_OPENID),
        (43004, FanState.UNSUBSCRIBED),
        (50005, FanState.UNSUBSCRIBED),
        (43019, FanState.BLACKLISTED),
        (43101, FanState.NO_CONSENT),
        (45015, FanState.WINDOW_CLOSED),
        (45047, FanState.WINDOW_USED_UP),
        (46004, FanState.GONE),
        (48002, FanState.MUTED),
        (50002, FanState.LIMITED),
        (45009, None),
    ],
)
def test_some_tell_about_the_fan(code: int, state: FanState | None) -> None:
    assert explain_error(code).fan is state


def test_a_code_of_quota_is_not_a_code_of_speed() -> None:
    assert explain_error(45009).outcome is not explain_error(45011).outcome


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_each_is_told_in_both_languages(code: int) -> None:
    spec = ERRORS[code]

    assert any("一" <= char <= "鿿" for char in spec.zh)
    assert spec.en.isascii()


def test_the_reasons_of_mass_messages_are_told_in_both_languages() -> None:
    assert all(zh and en.isascii() for zh, en in MASS_REASONS.values())
