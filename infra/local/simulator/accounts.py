"""An account as WeChat's console knows it."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """One WeChat account. ``id`` is the operator's name for it (the last part of the callback path)."""

    id: str
    name: str
    kind: Literal["official_account", "mini_program"]
    original_id: str
    appid: str
    app_secret: str
    token: str
    encoding_aes_key: str
    mode: Literal["safe", "compatible", "plain"] = "safe"

    @classmethod
    def invent(
        cls, account: str, *, name: str, kind: Literal["official_account", "mini_program"] = "official_account"
    ) -> Self:
        """An account with ids and secrets of the right shapes, different each time."""
        return cls(
            id=account,
            name=name,
            kind=kind,
            original_id="gh_" + secrets.token_hex(6),
            appid="wx" + secrets.token_hex(8),
            app_secret=secrets.token_hex(16),
            token=secrets.token_hex(12),
            # 32 bytes are 43 characters of base64 and one "=", which WeChat leaves out.
            encoding_aes_key=base64.b64encode(secrets.token_bytes(32)).decode().rstrip("="),
        )

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_json`."""
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """All of it, secrets too: this is the platform's side."""
        return asdict(self)
