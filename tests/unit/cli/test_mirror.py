"""`yuchi account mirror`: the list of tags that WeChat is to have too."""

import json

from tests.unit.cli.desk import SECRETS, TEA, FakeDesk, run


def desk_with_tea() -> FakeDesk:
    desk = FakeDesk()
    desk.accounts.put(TEA, SECRETS)
    return desk


def test_tags_are_put_on_the_list_taken_off_it_and_shown() -> None:
    desk = desk_with_tea()
    secrets = desk.accounts.kept.get("tea")
    assert run(desk, "account", "mirror", "tea", "会员", "试用", "会员").status == 0
    assert desk.accounts.known["tea"].mirrored_tags == ("会员", "试用")
    assert run(desk, "account", "mirror", "tea", "会员", "--remove").status == 0
    outcome = run(desk, "account", "mirror", "tea", "--json")
    assert json.loads(outcome.out) == {"account": "tea", "mirrored_tags": ["试用"]}
    assert desk.accounts.kept.get("tea") == secrets


def test_what_wechat_would_refuse_is_refused_here() -> None:
    desk = desk_with_tea()
    assert run(desk, "account", "mirror", "tea", "长" * 31).status != 0
    assert run(desk, "account", "mirror", "tea", *(f"t{number}" for number in range(98))).status != 0
    assert run(desk, "account", "mirror", "gone", "会员").status != 0
    assert desk.accounts.known["tea"].mirrored_tags == ()
