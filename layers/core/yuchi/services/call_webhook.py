"""Make one signed call to a third party's endpoint and say what became of it: may the caller repeat it?

Runs in a function of its own whose role may write logs and nothing else: whatever a URL talks it into, there is nothing
to steal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MAX_SECONDS: Final = 3.0
"""The longest that a call may take, from the name's lookup to the last byte of the answer."""

MAX_BODY: Final = 256 * 1024
"""The longest body that is sent, in characters."""

_NOT_FOR_CALLERS: Final = frozenset(
    {
        "connection", "content-length", "cookie", "expect", "host", "keep-alive", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers that frame or route the request: set by the client alone."""


class WebhookOutcome(StrEnum):
    """What became of a call.

    ``DELIVERED``: the receiver took it. ``REFUSED``: it will not be taken, this time or later. ``NOT_SENT``: surely not
    taken, may be tried again. ``UNKNOWN``: perhaps taken; may be repeated with the same ``webhook-id``, by which the
    receiver knows a repetition.
    """

    DELIVERED = "delivered"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why; a closed list, fit for logs, metrics and the ledger."""

    ACCEPTED = "accepted"

    CALL_INVALID = "call_invalid"
    URL_INVALID = "url_invalid"
    SCHEME_NOT_ALLOWED = "scheme_not_allowed"
    CREDENTIALS_IN_URL = "credentials_in_url"
    PORT_NOT_ALLOWED = "port_not_allowed"
    HOST_NOT_A_NAME = "host_not_a_name"
    HOST_NOT_ALLOWED = "host_not_allowed"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"

    NAME_NOT_FOUND = "name_not_found"
    CONNECT_FAILED = "connect_failed"
    TLS_FAILED = "tls_failed"
    TIMEOUT = "timeout"
    ANSWER_LOST = "answer_lost"
    ANSWER_TOO_LARGE = "answer_too_large"

    REDIRECTED = "redirected"
    REJECTED = "rejected"
    RECEIVER_BUSY = "receiver_busy"
    RECEIVER_FAILED = "receiver_failed"


def _no_framing_headers(headers: dict[str, str]) -> dict[str, str]:
    if _NOT_FOR_CALLERS & headers.keys():
        raise ValueError("a header that only the client may set")
    return headers


def _lower_names(headers: object) -> object:
    if isinstance(headers, Mapping):
        return {name.lower() if isinstance(name, str) else name: value for name, value in headers.items()}
    return headers


HeaderName = Annotated[str, Field(pattern=r"^[a-z0-9!#$%&'*+.^_`|~-]{1,100}\z")]
HeaderValue = Annotated[str, Field(pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?\z", max_length=2000)]


class WebhookCall(BaseModel):
    """The input. ``headers`` are sent as they are, names in lower case; ``body`` is sent as UTF-8.

    ``allowed_hosts``: the only host names that may be called, exact, as the account's operator wrote them.
    ``timeout_seconds`` may shorten the call's deadline and never lengthen it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: Annotated[str, Field(min_length=1, max_length=2048, repr=False)]
    headers: Annotated[
        dict[HeaderName, HeaderValue],
        BeforeValidator(_lower_names),
        AfterValidator(_no_framing_headers),
        Field(max_length=30, repr=False),
    ] = {}
    body: Annotated[str, Field(max_length=MAX_BODY, repr=False)] = ""
    allowed_hosts: tuple[str, ...] = ()
    timeout_seconds: Annotated[float, Field(gt=0), AfterValidator(lambda asked: min(asked, MAX_SECONDS))] = MAX_SECONDS


class WebhookResult(BaseModel):
    """The output. ``status`` is the receiver's HTTP status, None where none arrived."""

    model_config = ConfigDict(frozen=True)

    outcome: WebhookOutcome
    status: int | None = None
    reason: Reason


class NoAnswerError(Exception):
    """No HTTP status arrived: the call was refused before it was made, or got lost on the way."""

    def __init__(self, outcome: WebhookOutcome, reason: Reason) -> None:
        super().__init__(f"{outcome}: {reason}")
        self.outcome = outcome
        self.reason = reason


class WebhookClient(Protocol):
    """Makes the HTTPS request."""

    def post(self, call: WebhookCall) -> int:
        """The HTTP status that the receiver answered. Raises :class:`NoAnswerError` and nothing else."""
        ...


_VERDICT_OF_STATUS: Final[Mapping[int, tuple[WebhookOutcome, Reason]]] = dict.fromkeys(
    (408, 425, 429), (WebhookOutcome.NOT_SENT, Reason.RECEIVER_BUSY)
)
"""Statuses by which the receiver itself asks for a repetition (RFC 9110 15.5.9, RFC 8470 5.2, RFC 6585 4)."""

_VERDICT_OF_CLASS: Final[Mapping[int, tuple[WebhookOutcome, Reason]]] = {
    2: (WebhookOutcome.DELIVERED, Reason.ACCEPTED),
    3: (WebhookOutcome.REFUSED, Reason.REDIRECTED),
    4: (WebhookOutcome.REFUSED, Reason.REJECTED),
}

_ANY_OTHER: Final = (WebhookOutcome.UNKNOWN, Reason.RECEIVER_FAILED)


def judge_status(status: int) -> WebhookResult:
    """What an HTTP ``status`` means for the call, after the Standard Webhooks specification."""
    outcome, reason = _VERDICT_OF_STATUS.get(status) or _VERDICT_OF_CLASS.get(status // 100, _ANY_OTHER)
    return WebhookResult(outcome=outcome, status=status, reason=reason)


@dataclass(frozen=True, slots=True)
class CallWebhook:
    """The use case behind ``functions/call_webhook``."""

    client: WebhookClient

    def call(self, call: WebhookCall) -> WebhookResult:
        """Make the call once. Never raises for what the other side does."""
        try:
            return judge_status(self.client.post(call))
        except NoAnswerError as lost:
            return WebhookResult(outcome=lost.outcome, reason=lost.reason)
