"""What a function reads from its environment, once, at cold start."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError


class MissingSettingError(Exception):
    """A setting is missing or not what it should be; the message names the environment variable."""


class Settings(BaseModel):
    """One field for each environment variable of the template, in lower case.

    Fields without a value here are those that only some functions have: asking for one that the function was not given
    raises :class:`MissingSettingError` with its name, at cold start.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    locale: Literal["zh", "en"] = "zh"
    parameter_prefix: str | None = None
    powertools_service_name: str = "yuchi"
    powertools_metrics_namespace: str = "Yuchi"
    wechat_api_url: str = "https://api.weixin.qq.com"
    accounts_table: str | None = None
    sources_table: str | None = None
    identities_table: str | None = None
    profiles_table: str | None = None
    timeline_table: str | None = None
    rules_table: str | None = None
    schema_table: str | None = None
    campaigns_table: str | None = None
    approvals_table: str | None = None
    live_table: str | None = None
    timers_table: str | None = None
    merges_table: str | None = None
    tokens_table: str | None = None
    ledger_table: str | None = None
    receipts_table: str | None = None
    counters_table: str | None = None
    imports_table: str | None = None
    runs_table: str | None = None
    reach_table: str | None = None
    quotas_table: str | None = None
    links_table: str | None = None
    outcomes_table: str | None = None
    archive_stream: str | None = None
    archive_bucket: str | None = None
    archive_retention: str | None = None
    imports_bucket: str | None = None
    events_queue_url: str | None = None
    actions_queue_url: str | None = None
    imports_queue_url: str | None = None
    audience_queue_url: str | None = None
    sends_queue_url: str | None = None
    deliveries_queue_url: str | None = None
    links_url: str | None = None
    refresh_tokens_function: str | None = None
    call_webhook_function: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read ``environment``. Raises :class:`MissingSettingError`."""
        present = {name: environment[name.upper()] for name in cls.model_fields if environment.get(name.upper())}
        try:
            return cls.model_validate(present)
        except ValidationError as error:
            names = ", ".join(str(part).upper() for each in error.errors() for part in each["loc"])
            raise MissingSettingError(f"environment variable {names} has a value that Yuchi does not know") from None

    def need(self, name: str) -> str:
        """The setting ``name``. Raises :class:`MissingSettingError` where the function was not given it."""
        value: str | None = getattr(self, name)
        if not value:
            raise MissingSettingError(f"environment variable {name.upper()} is missing")
        return value
