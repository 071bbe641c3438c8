"""Phones and addresses under the deployment's two keys: a keyed hash to compare by, a ciphertext to keep.

The keys lie in one SSM parameter, ``<prefix>/identity``. Without them nobody can tell whose a hash is, and a new pair
makes everybody a stranger: they are made once and never overwritten.
"""

import base64
import hmac
import json
import secrets as randomness
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import BaseModel, ConfigDict, SecretStr

from yuchi.adapters.aws_errors import unavailable
from yuchi.domain.contacts import ContactKind, mask, normalise
from yuchi.domain.event import Contact

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

HASH_LENGTH: Final = 32
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_ALREADY_THERE: Final = "ParameterAlreadyExists"


class SealedWrongError(Exception):
    """A sealed contact was not sealed with this key, or was changed. The text never quotes it."""


class IdentityKeys(BaseModel):
    """The two keys, each the base64 of 32 bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hash_key: SecretStr
    seal_key: SecretStr


def new_keys() -> IdentityKeys:
    """A fresh pair."""
    made = [base64.b64encode(randomness.token_bytes(KEY_BYTES)).decode() for _ in range(2)]
    return IdentityKeys(hash_key=SecretStr(made[0]), seal_key=SecretStr(made[1]))


@dataclass(frozen=True)
class ContactSealer:
    """:class:`yuchi.services.ports_sources.Contacts` by HMAC-SHA256 and AES-GCM."""

    keys: IdentityKeys

    def seal(self, kind: ContactKind, value: str) -> tuple[str, Contact] | None:
        """The identity and the sealed form of ``value``; None where it is no phone number or address."""
        plain = normalise(kind, value)
        if plain is None:
            return None
        nonce = randomness.token_bytes(NONCE_BYTES)
        sealed = base64.b64encode(nonce + self._cipher.encrypt(nonce, plain.encode(), None)).decode()
        return f"{kind}:{self._hash(f'{kind}:{plain}')}", Contact(sealed=sealed, masked=mask(kind, plain))

    def open(self, sealed: str) -> str:
        """What was sealed. Raises :class:`SealedWrongError`."""
        try:
            content = base64.b64decode(sealed, validate=True)
            return self._cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], None).decode()
        except (ValueError, InvalidTag):
            raise SealedWrongError("not sealed with this key") from None

    def pseudonym(self, value: str) -> str:
        """A keyed hash that stands for ``value``."""
        return self._hash(f"pseudonym:{value}")

    def _hash(self, text: str) -> str:
        return hmac.digest(self._hash_key, text.encode(), sha256).hex()[:HASH_LENGTH]

    @cached_property
    def _hash_key(self) -> bytes:
        return base64.b64decode(self.keys.hash_key.get_secret_value())

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(base64.b64decode(self.keys.seal_key.get_secret_value()))


@dataclass(slots=True)
class ParameterContacts:
    """The same with the keys from SSM, read when first needed and kept: they never change."""

    ssm: "SSMClient"
    parameter_prefix: str
    _sealer: ContactSealer | None = field(default=None, repr=False)

    @property
    def parameter(self) -> str:
        """Where the keys lie."""
        return f"{self.parameter_prefix}/identity"

    @property
    def sealer(self) -> ContactSealer:
        """The sealer. Raises ``UnavailableError``."""
        if self._sealer is None:
            with unavailable():
                found = self.ssm.get_parameter(Name=self.parameter, WithDecryption=True)["Parameter"]
            self._sealer = ContactSealer(IdentityKeys.model_validate_json(found["Value"]))
        return self._sealer

    def seal(self, kind: ContactKind, value: str) -> tuple[str, Contact] | None:
        """See :meth:`ContactSealer.seal`."""
        return self.sealer.seal(kind, value)

    def open(self, sealed: str) -> str:
        """See :meth:`ContactSealer.open`."""
        return self.sealer.open(sealed)

    def pseudonym(self, value: str) -> str:
        """See :meth:`ContactSealer.pseudonym`."""
        return self.sealer.pseudonym(value)

    def make_keys(self) -> bool:
        """Make the keys where there are none; False where there are. Raises ``UnavailableError``."""
        plain: dict[str, Any] = {name: value.get_secret_value() for name, value in new_keys()}
        try:
            with unavailable(_ALREADY_THERE):
                self.ssm.put_parameter(
                    Name=self.parameter, Value=json.dumps(plain), Type="SecureString", Overwrite=False
                )
        except ClientError:
            return False
        return True
