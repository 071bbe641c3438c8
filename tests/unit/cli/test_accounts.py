"""`yuchi account`: add, list, rotate. Secrets come in hidden and go out only into the panel for WeChat's console."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.cli.desk import GOOD_TOKEN, NOW, SECRETS, TEA, FakeDesk, lines, run
from yuchi.adapters.wechat.crypto import parse_key
from yuchi.domain.account import AccountSettings, PushMode
from yuchi.services.open_account import new_aes_key, new_token
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_operators import TokenStatus

SECRET = "0123456789abcdef0123456789abcdef"
OPTIONS = (
    "--id",
    "club",
    "--brand",
    "demo",
    "--name",
    "会员",
    "--kind",
    "official_account",
    "--original-id",
    "gh_2",
    "--appid",
    "wx00000000000000ab",
)
ENV = {"YUCHI_APP_SECRET": SECRET}


def refused(code: int | None, *, address: str = "") -> TokenStatus:
    return TokenStatus(held_until=NOW + timedelta(minutes=10), code=code, address=address)


def test_it_asks_for_everything_and_prints_what_the_console_wants() -> None:
    desk = FakeDesk()
    answers = lines(["club", "demo", "会员中心", "1", "gh_2", "wx00000000000000ab", SECRET])
    outcome = run(desk, "account", "add", typed=answers)
    assert outcome.status == 0, outcome
    account, secrets = desk.accounts.known["club"], desk.accounts.kept["club"]
    assert (account.brand, account.name, account.original_id) == ("demo", "会员中心", "gh_2")
    assert secrets.app_secret.get_secret_value() == SECRET
    token = secrets.token.get_secret_value()
    assert len(token) >= 32
    key = secrets.aes_keys()[0]
    assert len(parse_key(key)) == 32
    assert secrets.webhook_secret
    assert desk.tokens.asked == ["club"]
    for shown in ("https://api.example/wechat/club", token, key, "安全模式"):
        assert shown in outcome.out
    assert "WeChat accepts AppID and AppSecret." in outcome.out
    assert SECRET not in outcome.all


def test_wrong_answers_are_asked_again() -> None:
    answers = lines(
        ["Club!", "club", "demo", "会员", "3", "2", "wx1", "gh_2", "WX1", "wx00000000000000ab", "two words", SECRET]
    )
    desk = FakeDesk()
    outcome = run(desk, "account", "add", typed=answers)
    assert outcome.status == 0, outcome
    assert desk.accounts.known["club"].kind == "mini_program"
    assert "开发管理 → 消息推送" in outcome.out
    for told in ("lower-case letters", "type 1 or 2", "begins with gh_", "wx and 16", "no blanks"):
        assert told in outcome.err


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--id", "Club", "--id is wrong: lower-case letters"),
        ("--brand", "a b", "--brand is wrong"),
        ("--original-id", "wx1", "--original-id is wrong: it begins with gh_"),
        ("--appid", "wx1", "--appid is wrong: an AppID is wx"),
        ("--name", "", "--name is wrong"),
        ("--original-id", "gh_tea", "its original_id is that of the account tea"),
        ("--appid", TEA.appid, "its appid is that of the account tea"),
    ],
)
def test_wrong_options_are_refused_and_nothing_is_stored(option: str, value: str, told: str) -> None:
    desk = FakeDesk(TEA)
    words = list(OPTIONS)
    words[words.index(option) + 1] = value
    outcome = run(desk, "account", "add", *words, env=ENV)
    assert outcome.status == 2
    assert told in outcome.err
    assert set(desk.accounts.known) == {"tea"}


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("YUCHI_APP_SECRET", "two words", "the value in YUCHI_APP_SECRET is wrong"),
        ("YUCHI_TOKEN", "no", "the value in YUCHI_TOKEN is wrong: a Token is 3 to 32"),
        ("YUCHI_ENCODING_AES_KEY", "short", "the value in YUCHI_ENCODING_AES_KEY is wrong"),
    ],
)
def test_wrong_secrets_are_refused_without_being_shown(variable: str, value: str, told: str) -> None:
    desk = FakeDesk()
    outcome = run(desk, "account", "add", *OPTIONS, env=ENV | {variable: value})
    assert outcome.status == 2
    assert told in outcome.err
    assert desk.accounts.known == {}


def test_secrets_of_ones_own_from_files_and_the_standard_input(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("mytoken123\n", encoding="utf-8")
    (tmp_path / "key").write_text("B" * 42 + "A", encoding="utf-8")
    desk = FakeDesk()
    words = (*OPTIONS, "--token-file", str(tmp_path / "token"), "--encoding-aes-key-file", str(tmp_path / "key"))
    outcome = run(desk, "account", "add", *words, "--app-secret-file", "-", typed=f"{SECRET}\n")
    assert outcome.status == 0, outcome
    secrets = desk.accounts.kept["club"]
    assert secrets.tokens() == ("mytoken123",)
    assert secrets.aes_keys() == ("B" * 42 + "A",)
    assert secrets.app_secret.get_secret_value() == SECRET
    missing = run(FakeDesk(), "account", "add", *OPTIONS, "--app-secret-file", str(tmp_path / "none"))
    assert missing.status == 2
    assert "cannot be read" in missing.err


def test_no_secret_can_be_an_option() -> None:
    assert run(FakeDesk(), "account", "add", *OPTIONS, "--app-secret", SECRET).status == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (refused(40164, address="203.0.113.7"), "put 203.0.113.7 into the IP whitelist"),
        (refused(40164), "deploy with FixedEgress=true"),
        (refused(40125), "errcode 40125"),
        (refused(40013), "wrong appid or AppSecret"),
        (refused(None), "WeChat could not be reached"),
        (TokenStatus(), "it has no access token"),
        (UnavailableError("FunctionError"), "the credentials could not be checked"),
    ],
)
def test_what_wechat_says_of_the_credentials(answer: TokenStatus | Exception, told: str) -> None:
    desk = FakeDesk()
    desk.tokens.answers["club"] = answer
    outcome = run(desk, "account", "add", *OPTIONS, env=ENV)
    assert outcome.status == 1
    assert told in outcome.err
    assert "club" in desk.accounts.known
    assert "https://api.example/wechat/club" in outcome.out
    assert SECRET not in outcome.all


def test_the_check_can_be_left_out() -> None:
    desk = FakeDesk()
    assert run(desk, "account", "add", *OPTIONS, "--no-check", env=ENV).status == 0
    assert desk.tokens.asked == []


def test_adding_it_again_keeps_what_is_not_given() -> None:
    desk = FakeDesk(TEA)
    words = ("--id", "tea", "--webhook-host", "Crm.example.com", "--yes")
    outcome = run(desk, "account", "add", *words, typed=lines(["", "", "", "", ""]))
    assert outcome.status == 0, outcome
    assert desk.accounts.known["tea"].settings.webhook_hosts == ("crm.example.com",)
    assert desk.accounts.known["tea"].appid == TEA.appid
    assert desk.accounts.kept["tea"] == SECRETS
    assert run(desk, "account", "add", "--id", "tea", typed="n\n").status == 1
    moved = run(desk, "account", "add", "--id", "tea", "--yes", "--brand", "other", typed=lines([""] * 4))
    assert moved.status == 2
    assert "cannot change it" in moved.err


def test_adding_it_again_drops_nothing_that_it_does_not_ask_for() -> None:
    settings = AccountSettings(
        keep_after_unsubscribe=True,
        collect_location=True,
        webhook_hosts=("crm.example.com",),
        crm_tags={"会员": "VIP"},
        replenishment_days=30,
    )
    full = TEA.model_copy(update={"settings": settings, "mirrored_tags": ("会员",), "mode": PushMode.PLAIN})
    assert settings.model_fields_set == set(AccountSettings.model_fields), "a new setting wants a value here"
    desk = FakeDesk(full)
    outcome = run(desk, "account", "add", "--id", "tea", "--yes", typed=lines([""] * 5))
    assert outcome.status == 0, outcome
    assert desk.accounts.known["tea"] == full
    outcome = run(desk, "account", "add", "--id", "tea", "--yes", "--no-collect-location", typed=lines([""] * 5))
    assert outcome.status == 0, outcome
    less = settings.model_copy(update={"collect_location": False})
    assert desk.accounts.known["tea"] == full.model_copy(update={"settings": less})


def test_the_list_shows_no_secret() -> None:
    desk = FakeDesk(TEA)
    for words in (("account", "list"), ("account", "list", "--json")):
        outcome = run(desk, *words)
        assert "https://api.example/wechat/tea" in outcome.out
        assert SECRETS.tokens()[0] not in outcome.all
    assert json.loads(run(desk, "account", "list", "--json").out)[0]["account"] == "tea"
    desk.tokens.answers["tea"] = refused(40164, address="203.0.113.7")
    assert "40164 203.0.113.7" in run(desk, "account", "list").out
    desk.tokens.answers["tea"] = GOOD_TOKEN
    assert "until 2026-05-01 18:00" in run(desk, "account", "list").out
    assert "yuchi account add" in run(FakeDesk(), "account", "list").out


def test_rotating_keeps_the_old_values_until_it_is_finished() -> None:
    desk = FakeDesk(TEA)
    outcome = run(desk, "account", "rotate", "tea")
    assert outcome.status == 0
    secrets = desk.accounts.kept["tea"]
    assert secrets.tokens()[1:] == SECRETS.tokens()
    assert secrets.aes_keys()[1:] == SECRETS.aes_keys()
    assert secrets.tokens()[0] in outcome.out
    assert "Wait ten minutes" in outcome.err
    again = run(desk, "account", "rotate", "tea")
    assert again.status == 1
    assert "--finish" in again.err
    assert desk.accounts.kept["tea"] == secrets
    assert run(desk, "account", "rotate", "tea", "--finish", "--yes").status == 0
    assert len(desk.accounts.kept["tea"].tokens()) == 1
    assert desk.accounts.kept["tea"].tokens()[0] == secrets.tokens()[0]


def test_one_value_alone() -> None:
    desk = FakeDesk(TEA)
    run(desk, "account", "rotate", "tea", "--token")
    assert desk.accounts.kept["tea"].aes_keys() == SECRETS.aes_keys()
    outcome = run(desk, "account", "rotate", "tea", "--webhook-secret")
    first = desk.accounts.kept["tea"].webhook_secret
    assert first is not None
    assert first.get_secret_value() in outcome.out
    run(desk, "account", "rotate", "tea", "--webhook-secret")
    both = desk.accounts.kept["tea"].webhook_secret
    assert both is not None
    assert both.get_secret_value().split()[1] == first.get_secret_value()


def test_a_new_app_secret_is_checked() -> None:
    desk = FakeDesk(TEA)
    outcome = run(desk, "account", "rotate", "tea", "--app-secret", typed=f"{SECRET}\n")
    assert outcome.status == 0
    assert desk.tokens.asked == ["tea"]
    assert desk.accounts.kept["tea"].app_secret.get_secret_value() == SECRET
    assert SECRET not in outcome.all
    desk.tokens.answers["tea"] = refused(40125)
    assert run(desk, "account", "rotate", "tea", "--app-secret", env=ENV).status == 1


def test_an_account_that_is_not() -> None:
    outcome = run(FakeDesk(TEA), "account", "rotate", "coffee")
    assert outcome.status == 2
    assert "there are: tea" in outcome.err


def test_generated_values_have_wechats_form() -> None:
    tokens, keys = {new_token() for _ in range(50)}, {new_aes_key() for _ in range(50)}
    assert len(tokens) == len(keys) == 50
    assert all(len(token) == 32 and token.isalnum() for token in tokens)
    assert all(len(parse_key(key)) == 32 and key.isalnum() for key in keys)
