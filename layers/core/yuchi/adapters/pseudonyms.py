"""The keyed hashes that stand for erased identities, under the deployment's key (:mod:`yuchi.adapters.contacts`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import unavailable
from yuchi.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NO_KEYS_BELIEVED: Final = timedelta(seconds=60)
"""How long it is believed that there are no keys, and so nobody who was erased."""
_NO_SUCH: Final = "ParameterNotFound"


@dataclass(slots=True)
class ParameterPseudonyms:
    """Pseudonyms by the key in SSM, read when first needed and kept: it never changes once it is there."""

    ssm: "Callable[[], SSMClient]"
    parameter_prefix: str
    clock: Clock
    _hash: Callable[[str], str] | None = field(default=None, repr=False)
    _absent_until: datetime | None = None

    def of(self, value: str) -> str | None:
        """The pseudonym of ``value``; None where there is no key yet. Raises ``UnavailableError``."""
        if self._hash is None and (self._absent_until is None or self.clock() >= self._absent_until):
            self._read()
        return self._hash(value) if self._hash else None

    def _read(self) -> None:
        # imported where it is needed: its cryptography costs a cold start, and most events meet nobody new
        from yuchi.adapters.contacts import ContactSealer, IdentityKeys

        name = f"{self.parameter_prefix}/identity"
        try:
            with unavailable(_NO_SUCH):
                found = self.ssm().get_parameter(Name=name, WithDecryption=True)["Parameter"]
        except ClientError:
            self._absent_until = self.clock() + NO_KEYS_BELIEVED
            return
        self._hash = ContactSealer(IdentityKeys.model_validate_json(found["Value"])).pseudonym
