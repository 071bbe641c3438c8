"""Puts accounts into a deployed stack: the item in ``Accounts``, the secrets in SSM, and the platform's side."""

import json
from hashlib import sha256
from typing import Any, Final

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.client import SimulatorClient

BRAND: Final = "demo"

SETTINGS: Final = {"collect_location": True}
"""The demo's fans report where they are; without this the product would refuse to know."""


def invent_accounts() -> list[PlatformAccount]:
    """The two accounts of the demo's brand."""
    return [
        PlatformAccount.invent("flagship", name="鱼池旗舰店"),
        PlatformAccount.invent("member-club", name="鱼池会员中心"),
    ]


SOURCES: Final = {
    "shop-server": {"name": "商城后台", "trusted": True},
    "site": {"name": "官网", "trusted": False},
}
"""The systems that tell the demo's brand events: one that keeps its key secret, one whose key any browser shows."""


def seed_source(source: str, write_key: str, *, table: Any, brand: str = BRAND) -> None:
    """Let ``source`` in with ``write_key``. ``table``: a boto3 ``Table``; may be repeated."""
    key_hash = sha256(write_key.encode()).hexdigest()
    table.put_item(
        Item={"source": source, "brand": brand, "kind": "segment", "write_key_hash": key_hash, **SOURCES[source]}
    )


def seed_identity_keys(keys: dict[str, str], *, ssm: Any, parameter_prefix: str) -> None:
    """The keys under which phones and addresses are kept. May be repeated."""
    ssm.put_parameter(Name=f"{parameter_prefix}/identity", Value=json.dumps(keys), Type="SecureString", Overwrite=True)


def seed_account(
    account: PlatformAccount,
    *,
    table: Any,
    ssm: Any,
    parameter_prefix: str,
    simulator: SimulatorClient,
    brand: str = BRAND,
) -> None:
    """Make one account known to both sides. ``table``: a boto3 ``Table``; may be repeated."""
    simulator.add_account(account)
    secrets = {name: getattr(account, name) for name in ("app_secret", "token", "encoding_aes_key")}
    ssm.put_parameter(
        Name=f"{parameter_prefix}/accounts/{account.id}",
        Value=json.dumps(secrets),
        Type="SecureString",
        Overwrite=True,
    )
    table.put_item(
        Item={
            "account": account.id,
            "brand": brand,
            "name": account.name,
            "kind": account.kind,
            "original_id": account.original_id,
            "appid": account.appid,
            "mode": "plain" if account.mode == "plain" else "safe",
            "settings": SETTINGS,
        }
    )
