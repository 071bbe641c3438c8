"""A WeChat account and its secrets."""

from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr

ACCOUNT_ID: Final = r"^[a-z0-9][a-z0-9-]{0,39}$"


class AccountKind(StrEnum):
    """What the account is on WeChat."""

    OFFICIAL_ACCOUNT = "official_account"
    MINI_PROGRAM = "mini_program"


class PushMode(StrEnum):
    """How WeChat pushes to us. ``SAFE`` (AES) also takes the compatible mode; ``PLAIN`` must be chosen knowingly."""

    SAFE = "safe"
    PLAIN = "plain"


class AccountSettings(BaseModel):
    """What the operator may switch per account.

    ``keep_after_unsubscribe``: keep personal data of people who left (WeChat's rules demand erasure by default).
    ``collect_location``: take in location reports (sensitive personal data, off by default).
    ``webhook_hosts``: the only host names that webhook actions may call.
    ``replenishment_days``: after how many days customers usually buy again, where neither their own habit nor the product
    says it.
    ``crm_tags``: our tag -> what the brand's own CRM calls it, told along by webhooks whose data has a ``tag``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    keep_after_unsubscribe: bool = False
    collect_location: bool = False
    webhook_hosts: tuple[str, ...] = ()
    crm_tags: dict[str, str] = Field(default_factory=dict)
    replenishment_days: Annotated[int, Field(ge=1, le=1_000)] | None = None


class Account(BaseModel):
    """One WeChat account of a brand, as stored in ``Accounts``. Holds no secret."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)

    id: Annotated[str, Field(pattern=ACCOUNT_ID, alias="account")]
    brand: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    name: str
    kind: AccountKind = AccountKind.OFFICIAL_ACCOUNT
    original_id: str
    appid: str
    mode: PushMode = PushMode.SAFE
    settings: AccountSettings = AccountSettings()
    mirrored_tags: tuple[str, ...] = ()

    @property
    def mirrors(self) -> tuple[str, ...]:
        """Those of our tags that WeChat is to have too. Mini programs have no tags."""
        return self.mirrored_tags if self.kind is AccountKind.OFFICIAL_ACCOUNT else ()

    def view(self) -> dict[str, Any]:
        """What conditions see as ``account``."""
        return {"id": self.id, "name": self.name, "brand": self.brand}


class AccountSecrets(BaseModel):
    """The secrets of one account, as stored in its SSM parameter. ``previous_*`` stay valid while keys are rotated."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    app_secret: SecretStr
    token: SecretStr
    encoding_aes_key: SecretStr | None = None
    previous_token: SecretStr | None = None
    previous_encoding_aes_key: SecretStr | None = None
    webhook_secret: SecretStr | None = None

    def tokens(self) -> tuple[str, ...]:
        """The push tokens to accept, current one first."""
        return tuple(secret.get_secret_value() for secret in (self.token, self.previous_token) if secret)

    def aes_keys(self) -> tuple[str, ...]:
        """The EncodingAESKeys to accept, current one first."""
        keys = (self.encoding_aes_key, self.previous_encoding_aes_key)
        return tuple(secret.get_secret_value() for secret in keys if secret)
