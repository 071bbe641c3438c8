"""``stack.json``: what a program needs to know to use a running stack. The format is documented in README.md."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class AccountDescription:
    """One seeded account, with what a pusher needs."""

    id: str
    brand: str
    original_id: str
    appid: str
    token: str
    encoding_aes_key: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class StackDescription:
    """``tables``: logical id -> name. ``queues``: logical id -> URL. ``write_keys``: source -> key.

    No URL has a path in front of the API's own.
    """

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str
    api_url: str
    wechat_url: str
    tables: dict[str, str]
    queues: dict[str, str]
    accounts: list[AccountDescription]
    write_keys: dict[str, str]

    def save(self, path: Path) -> None:
        """Write the file; only its owner may read it."""
        draft = path.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n")
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it. Raises ``OSError`` when there is none."""
        values = json.loads(path.read_text())
        return cls(**{**values, "accounts": [AccountDescription(**each) for each in values["accounts"]]})
