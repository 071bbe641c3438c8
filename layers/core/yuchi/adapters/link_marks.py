"""The ids and marks of tracked links, under a key of their own in SSM (``<prefix>/links``).

A mark is the fan's openid, sealed by AES-SIV (RFC 5297) for one link: the same each time, so that a repeated send says the
same; nobody without the key can make one, read it, or use it with another link.
"""

import base64
import hmac
import secrets as randomness
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from yuchi.adapters.aws_errors import unavailable
from yuchi.services.ports_links import NoLinkKeyError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

KEY_BYTES: Final = 64
ID_BYTES: Final = 16
MAX_MARK: Final = 200
_ALREADY_THERE: Final = "ParameterAlreadyExists"
_NO_SUCH: Final = "ParameterNotFound"


@dataclass(frozen=True)
class LinkMarks:
    """:class:`yuchi.services.ports_links.Marks` under one key of 64 bytes."""

    key: bytes = field(repr=False)

    def link_id(self, *parts: str) -> str:
        """128 bits that nobody guesses and that are the same for the same ``parts``."""
        text = "\x1f".join(parts).encode()
        return _text(hmac.digest(self._id_key, text, sha256)[:ID_BYTES])

    def seal(self, link: str, openid: str) -> str:
        """``openid`` as the mark of one fan in the address of ``link``."""
        return _text(self._cipher.encrypt(openid.encode(), [link.encode()]))

    def open(self, link: str, mark: str) -> str | None:
        """Whose mark it is; None where it was not made for ``link``, or not by us."""
        if not mark or len(mark) > MAX_MARK or not mark.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4))
            if _text(sealed) != mark:  # base64 has several ways to write the same
                return None
            return self._cipher.decrypt(sealed, [link.encode()]).decode()
        except (ValueError, InvalidTag):
            return None

    @cached_property
    def _id_key(self) -> bytes:
        return hmac.digest(self.key, b"links", sha256)

    @cached_property
    def _cipher(self) -> AESSIV:
        return AESSIV(hmac.digest(self.key, b"marks", sha256))


@dataclass(slots=True)
class ParameterMarks:
    """The same with the key from SSM, read when first needed and kept: it never changes once it is there."""

    ssm: "Callable[[], SSMClient]"
    parameter_prefix: str
    _marks: LinkMarks | None = field(default=None, repr=False)

    @property
    def parameter(self) -> str:
        """Where the key lies."""
        return f"{self.parameter_prefix}/links"

    def link_id(self, *parts: str) -> str:
        """See :meth:`LinkMarks.link_id`. Raises ``UnavailableError``."""
        return self.marks.link_id(*parts)

    def seal(self, link: str, openid: str) -> str:
        """See :meth:`LinkMarks.seal`. Raises ``UnavailableError``."""
        return self.marks.seal(link, openid)

    def open(self, link: str, mark: str) -> str | None:
        """See :meth:`LinkMarks.open`. Raises ``UnavailableError``."""
        return self.marks.open(link, mark)

    @property
    def marks(self) -> LinkMarks:
        """Those under the key. Raises ``UnavailableError``, :class:`NoLinkKeyError`."""
        if self._marks is None:
            try:
                with unavailable(_NO_SUCH):
                    found = self.ssm().get_parameter(Name=self.parameter, WithDecryption=True)["Parameter"]
            except ClientError:
                raise NoLinkKeyError from None
            self._marks = LinkMarks(base64.b64decode(found["Value"]))
        return self._marks

    def make_key(self) -> bool:
        """Make the key where there is none; False where there is. Raises ``UnavailableError``."""
        try:
            _ = self.marks
        except NoLinkKeyError:
            value = base64.b64encode(randomness.token_bytes(KEY_BYTES)).decode()
        else:
            return False
        try:
            with unavailable(_ALREADY_THERE):
                self.ssm().put_parameter(Name=self.parameter, Value=value, Type="SecureString", Overwrite=False)
        except ClientError:
            return False
        return True


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
