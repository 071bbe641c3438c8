"""Which deployment, which language, and how errors are told."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, NoRegionError, ProfileNotFound
from typer.testing import CliRunner

from tests.unit.cli.desk import TEA, FakeDesk, run
from yuchi.adapters.admin.stacks import LocalSession, StackFileError, StackMissingError, read_stack_file, settings_of
from yuchi.cli.desk import language_of_terminal
from yuchi.cli.main import app
from yuchi.cli.targets import Target
from yuchi.services.ports import UnavailableError
from yuchi.settings import MissingSettingError


def told_of(cause: Exception) -> Exception:
    error = UnavailableError("words")
    error.__cause__ = cause
    return error


def aws(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "arn:aws:iam::1:user/secret"}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "what", "mend"),
    [
        (StackMissingError("yuchi"), "there is no deployment yuchi here", "sam deploy --guided"),
        (StackFileError("x/stack.json"), "x/stack.json cannot be read", "make up"),
        (NoCredentialsError(), "there are no AWS credentials", "--aws-profile"),
        (ProfileNotFound(profile="x"), "there is no such AWS profile", "list-profiles"),
        (NoRegionError(), "no region is given", "--region"),
        (aws("AccessDenied"), "AWS refused DescribeStacks: AccessDenied", "rights.md"),
        (told_of(aws("AccessDeniedException")), "AWS refused DescribeStacks", "rights.md"),
        (aws("ExpiredToken"), "ExpiredToken", "sign in to AWS again"),
        (aws("Throttling"), "Throttling", "yuchi doctor"),
        (told_of(NoCredentialsError()), "there are no AWS credentials", "sign in"),
        (EndpointConnectionError(endpoint_url="http://x"), "AWS cannot be reached: EndpointConnectionError", "make up"),
        (UnavailableError("keys left unprocessed"), "keys left unprocessed", "try again"),
        (MissingSettingError("RULES_TABLE is missing"), "outputs are not complete", "sam build"),
    ],
)
def test_errors_say_what_and_what_next(error: Exception, what: str, mend: str) -> None:
    outcome = run(error, "account", "list")
    assert outcome.status == 1
    assert what in outcome.err.splitlines()[0]
    assert mend in outcome.err.splitlines()[-1]
    assert "Traceback" not in outcome.all
    assert "secret" not in outcome.all


def test_a_bug_is_told_by_its_place_and_never_by_its_words() -> None:
    outcome = run(ZeroDivisionError("openid of somebody"), "account", "list", env={"YUCHI_TRACEBACK": ""})
    assert outcome.status == 1
    assert "something unexpected happened: ZeroDivisionError at desk.py" in outcome.err
    assert "openid" not in outcome.all


def test_with_the_switch_the_whole_way_is_shown() -> None:
    result = CliRunner().invoke(app, ["account", "list"], obj=lambda _: 1 / 0, env={"YUCHI_TRACEBACK": "1"})
    assert isinstance(result.exception, ZeroDivisionError)


def test_in_chinese() -> None:
    outcome = run(StackMissingError("yuchi"), "account", "list", "--locale", "zh")
    assert "这里没有部署 yuchi" in outcome.err


@pytest.mark.parametrize(
    ("words", "target"),
    [
        (["account", "list", "--stack", "a", "--region=eu-west-1"], Target(stack="a", region="eu-west-1")),
        (["--stage", "prod", "account", "list"], Target(stage="prod")),
        (["account", "--aws-profile", "ops", "list", "--local"], Target(aws_profile="ops", local=True)),
        (["account", "list", "--stack-file", "x.json"], Target(stack_file=Path("x.json"))),
    ],
)
def test_options_of_the_deployment_may_stand_anywhere(words: list[str], target: Target) -> None:
    asked: list[Target] = []

    def find(wanted: Target) -> FakeDesk:
        asked.append(wanted)
        return FakeDesk(TEA)

    assert CliRunner().invoke(app, words, obj=find).exit_code == 0
    assert asked == [target]


def test_an_unknown_option_is_still_unknown() -> None:
    assert run(FakeDesk(TEA), "account", "list", "--stak", "a").status == 2
    assert run(FakeDesk(TEA), "account", "list", "--stack").status == 2
    assert run(FakeDesk(TEA), "nothing").status == 2


def test_where_the_results_came_from_is_not_among_the_results() -> None:
    outcome = run(FakeDesk(TEA), "account", "list", "--json")
    assert "stack yuchi (eu-west-1)" in outcome.err
    json.loads(outcome.out)


def test_the_version() -> None:
    assert run(FakeDesk(), "--version").out.startswith("yuchi ")


@pytest.mark.parametrize(
    ("environment", "language"),
    [({}, "en"), ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en")],
)
def test_the_language_is_the_terminals(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language_of_terminal() == language


def test_the_local_stack_is_meant_when_it_is_there_and_nothing_else_is_named(tmp_path: Path) -> None:
    file = tmp_path / ".local" / "stack.json"
    inside = tmp_path / "rules" / "packs"
    inside.mkdir(parents=True)
    assert Target().file(inside) is None
    assert Target(local=True).file(tmp_path) == file
    file.parent.mkdir()
    file.write_text("{}", encoding="utf-8")
    assert Target().file(inside) == file
    assert Target(local=True).file(inside) == file
    for named in (Target(stack="a"), Target(stage="a"), Target(region="a"), Target(aws_profile="a")):
        assert named.file(inside) is None
    other = tmp_path / "other.json"
    assert Target(stack="a", stack_file=other).file(inside) == other


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"endpoint_url": "http://x", "region": "r"}'])
def test_a_stack_file_that_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "stack.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StackFileError):
        read_stack_file(file)


def test_a_stack_file_gives_a_session_past_proxies(tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    content = {
        "endpoint_url": "http://127.0.0.1:9",
        "region": "us-east-1",
        "access_key_id": "a",
        "secret_access_key": "b",
        "tables": {},
        "queues": {},
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    session, read = read_stack_file(file)
    assert isinstance(session, LocalSession)
    assert read["region"] == "us-east-1"
    client = session.client("sqs")
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.config.proxies == {}


def test_settings_follow_from_the_outputs() -> None:
    settings = settings_of(FakeDesk().facts)
    assert settings.rules_table == "yuchi-Rules"
    assert settings.refresh_tokens_function == "yuchi-RefreshTokens"
    assert settings.locale == "en"
