"""New accounts, their secrets, and changing these without losing a push."""

import secrets as randomness
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from yuchi.domain.account import Account, AccountSecrets

TOKEN_LENGTH: Final = 32
"""The most that WeChat's console takes (3 to 32 letters and digits)."""
AES_KEY_LENGTH: Final = 43
_LETTERS: Final = string.ascii_letters + string.digits
_LAST_LETTERS: Final = "AEIMQUYcgkosw048"
"""A key of 43 characters of base64 has two bits too many; these are the characters in which they are zero."""


class RotationUnfinishedError(Exception):
    """Values of the last rotation are still kept: rotating again would shut out the ones that WeChat may use."""


@dataclass(frozen=True, slots=True)
class Clash:
    """Another account has the same ``column`` (``appid`` or ``original_id``)."""

    column: str
    account: str


def new_token() -> str:
    """A push Token for WeChat's console."""
    return "".join(randomness.choice(_LETTERS) for _ in range(TOKEN_LENGTH))


def new_aes_key() -> str:
    """An EncodingAESKey: 43 letters and digits that are the base64 of 32 bytes."""
    start = "".join(randomness.choice(_LETTERS) for _ in range(AES_KEY_LENGTH - 1))
    return start + randomness.choice(_LAST_LETTERS)


def find_clash(account: Account, others: Iterable[Account]) -> Clash | None:
    """Another account that is the same one on WeChat: the two would take each other's tokens and pushes."""
    for other in others:
        for column in ("appid", "original_id"):
            if other.id != account.id and getattr(other, column) == getattr(account, column):
                return Clash(column=column, account=other.id)
    return None


def rotate(
    secrets: AccountSecrets, *, token: str | None, aes_key: str | None, webhook_secret: str | None, again: bool = False
) -> AccountSecrets:
    """``secrets`` with the new values in place and the old ones still accepted.

    A webhook's receiver is given signatures by the new and the last secret. Raises :class:`RotationUnfinishedError`
    where values of an earlier rotation are still kept, unless ``again``.
    """
    changes: dict[str, SecretStr | None] = {}
    for name, new in (("token", token), ("encoding_aes_key", aes_key)):
        if new is None:
            continue
        if getattr(secrets, f"previous_{name}") is not None and not again:
            raise RotationUnfinishedError
        changes[f"previous_{name}"] = getattr(secrets, name)
        changes[name] = SecretStr(new)
    if webhook_secret is not None:
        last = secrets.webhook_secret.get_secret_value().split() if secrets.webhook_secret else []
        changes["webhook_secret"] = SecretStr(" ".join([webhook_secret, *last[:1]]))
    return secrets.model_copy(update=changes)


def finish_rotation(secrets: AccountSecrets) -> AccountSecrets:
    """``secrets`` without the values that were replaced."""
    webhook = secrets.webhook_secret.get_secret_value().split() if secrets.webhook_secret else []
    return secrets.model_copy(
        update={
            "previous_token": None,
            "previous_encoding_aes_key": None,
            "webhook_secret": SecretStr(webhook[0]) if webhook else None,
        }
    )
