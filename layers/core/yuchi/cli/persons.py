"""Whom an operator means."""

from collections.abc import Iterable

from yuchi.cli.errors import refuse
from yuchi.domain.account import Account
from yuchi.services.find_person import AmbiguousPersonError, Found, find_person
from yuchi.services.ports_operators import People


def require_person(people: People, wanted: str, accounts: Iterable[Account], *, brand: str | None) -> Found:
    """The person called ``wanted``. Raises :class:`~yuchi.cli.errors.CommandError`."""
    try:
        found = find_person(people, wanted.strip(), accounts, brand=brand)
    except AmbiguousPersonError as error:
        names = ", ".join(f"{each.profile.brand}: {each.profile.person}" for each in error.found)
        raise refuse(
            (f"{wanted} 对应 {len(error.found)} 个人", f"{wanted} may be {len(error.found)} persons"),
            ("加上 --brand，或直接写画像编号", "add --brand, or give the person's own id"),
            why=(names, names),
        ) from error
    if found is None:
        raise refuse(
            (f"没有找到 {wanted}", f"there is nobody called {wanted}"),
            (
                "可以写画像编号（p…）、身份（wechat:账号:openid）或 openid；第一次出现之前没有画像",
                "give a person's id (p...), an identity (wechat:ACCOUNT:OPENID) or an openid; a first event makes a person",
            ),
        )
    return found
