"""A port that was typed is a port, or the message says which ones are."""

import pytest

from infra.local.__main__ import main
from infra.local.ports import PortError, parse_port


@pytest.mark.parametrize("text", ["1024", "9000", "65534"])
def test_a_port(text: str) -> None:
    assert parse_port(text) == int(text)


@pytest.mark.parametrize("text", ["abc", "", "80", "65535", "9" * 5000, "-9000", "9000.5", "\u0669\u0669\u0669\u0669"])
def test_what_is_no_port_is_told_with_a_way_out(text: str) -> None:
    with pytest.raises(PortError, match=r"from 1024 to 65534, for example PORT=9000$"):
        parse_port(text)


@pytest.mark.parametrize("command", ["up", "demo"])
def test_the_command_tells_it_without_a_usage(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--port", "abc"]) == 1
    told = capsys.readouterr()
    assert "PORT=abc" in told.out
    assert "usage" not in told.out + told.err
