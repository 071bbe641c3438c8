import pytest

from yuchi.adapters.webhooks.destination import Destination, normalise_host, parse_destination
from yuchi.services.call_webhook import NoAnswerError, Reason, WebhookOutcome


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("hooks.example.com", "hooks.example.com"),
        ("HOOKS.Example.COM", "hooks.example.com"),
        ("hooks.example.com.", "hooks.example.com"),
        ("回调.例子.中国", "xn--zbss05j.xn--fsqu00a.xn--fiqs8s"),
        ("hooks。example。com", "hooks.example.com"),
        ("ｈｏｏｋｓ.example.com", "hooks.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_name_has_one_spelling(typed: str, host: str) -> None:
    assert normalise_host(typed) == host


@pytest.mark.parametrize(
    "typed",
    [
        "", ".", "..", "localhost", "intranet", "a..example.com", ".example.com", "example.com..", "-a.example.com",
        "a-.example.com", "*.example.com", "a_b.example.com", "ex%61mple.com", "127.0.0.1", "127.1", "2130706433",
        "0x7f.1", "0177.0.0.1", "0x7f000001", "1.2.3.0x4", "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "::1", "[::1]",
        "a" * 64 + ".example.com", "a." * 126 + "com", "\u200b.example.com", "ex\u00admple", "a\x00.example.com",
    ],
)  # fmt: skip
def test_what_is_not_a_host_name_has_none(typed: str) -> None:
    assert normalise_host(typed) is None


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.com", "/"),
        ("https://hooks.example.com/?", "/"),
        ("HTTPS://HOOKS.example.com:443/a/b?c=d&e=%20#gone", "/a/b?c=d&e=%20"),
        ("https://hooks.example.com//other.example/x", "//other.example/x"),
        ("https://hooks.example.com/@evil.example", "/@evil.example"),
        ("https://hooks.example.com?who=张三", "/?who=%E5%BC%A0%E4%B8%89"),
        ("https://hooks.example.com/新", "/%E6%96%B0"),
    ],
)
def test_the_target_is_ascii_and_without_fragment(url: str, target: str) -> None:
    expected = Destination(host="hooks.example.com", port=443, target=target)
    assert parse_destination(url, allowed_hosts=["Hooks.Example.com."], port=443) == expected


def test_the_allowed_hosts_are_normalised_too() -> None:
    by_ascii = parse_destination("https://bücher.example/", allowed_hosts=["xn--bcher-kva.example"], port=443)
    by_unicode = parse_destination("https://xn--bcher-kva.example/", allowed_hosts=["BÜCHER.example"], port=443)
    assert by_ascii == by_unicode


@pytest.mark.parametrize("allowed", [[], ["*"], ["*.example.com"], ["example.com"], ["s.example.com"], ["", "."]])
def test_a_host_is_allowed_by_its_whole_name_only(allowed: list[str]) -> None:
    with pytest.raises(NoAnswerError) as refused:
        parse_destination("https://hooks.example.com/", allowed_hosts=allowed, port=443)
    assert (refused.value.outcome, refused.value.reason) == (WebhookOutcome.REFUSED, Reason.HOST_NOT_ALLOWED)
