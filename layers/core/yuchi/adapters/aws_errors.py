"""AWS errors as the errors of the ports."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from yuchi.services.ports import UnavailableError

CONDITION_FAILED: Final = "ConditionalCheckFailedException"
TRANSACTION_CANCELLED: Final = "TransactionCanceledException"


def code_of(error: ClientError) -> str:
    """The error code AWS answered with."""
    return str(error.response.get("Error", {}).get("Code", ""))


def item_in(refusal: Any) -> dict[str, Any] | None:
    """The item that a refused condition met, from an error's response or a transaction's reason."""
    item: dict[str, Any] | None = refusal.get("Item")
    return item


@contextmanager
def unavailable(*spared: str) -> Iterator[None]:
    """Turn what AWS or the way to it refuses into :class:`UnavailableError`, which says only the kind of error.

    Answers with one of the codes ``spared`` mean something to the caller and come through as they are.
    """
    try:
        yield
    except ClientError as error:
        if code_of(error) in spared:
            raise
        raise UnavailableError(code_of(error)) from error
    except BotoCoreError as error:
        raise UnavailableError(type(error).__name__) from error
