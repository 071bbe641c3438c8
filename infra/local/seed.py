"""Puts accounts into a deployed stack: the item in ``Accounts``, the secrets in SSM, and the platform's side."""

import json
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
