"""MiniStack as a child of the supervisor: `python -m infra.local.emulator FUNCTION_PYTHON`.

Differs from running `ministack` in these things:

- It ends when its standard input does, that is when its parent is gone for whatever reason.
- Functions run under an interpreter without site-packages (the argument: a small script that starts one), so that they
  see the standard library and their layers only, as on AWS: a package that the layer lacks is missing here too, although
  this environment has it.
- IAM knows no action of its own for SQS's batch calls: on AWS `sqs:SendMessage` allows SendMessageBatch as well.
- CORS settings of a template are those of the API.
- A compressed body reaches a function as bytes (base64), whatever its content type, as on AWS.
- A queue has at most :data:`WORKERS` workers: 64 interpreters that start at once on two processors would all time out.
"""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final

BATCH_ACTIONS: Final[Mapping[str, str]] = {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:SendMessageBatch": "sqs:SendMessage",
}

WORKERS: Final = 4
"""How many batches of one queue are worked on at once, where the template allows more."""


def end_with_parent() -> None:
    """Blocks until standard input is at its end; then ends this process, by force if it has to."""
    wait_for_end_of_input()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(5.0)
    os._exit(1)


def wait_for_end_of_input() -> None:
    """Not through ``sys.stdin``, whose lock a thread would still hold when the interpreter shuts down."""
    while os.read(0, 1):
        pass


def authorize_batches_as_single_calls() -> None:
    """Let MiniStack ask IAM for the action that AWS asks for."""
    from ministack.core import iam_actions

    extract = iam_actions.extract_iam_action

    def extract_iam_action(*arguments: Any, **named: Any) -> str | None:
        action: str | None = extract(*arguments, **named)
        return BATCH_ACTIONS.get(action or "", action)

    iam_actions.extract_iam_action = extract_iam_action


def deliver_compressed_bodies_as_bytes() -> None:
    """Let MiniStack read a compressed body of type JSON as no text, which would destroy it."""
    from ministack.services import apigateway

    invoke, is_text = apigateway._invoke_lambda_proxy, apigateway._v2_request_body_is_text  # noqa: SLF001 - MiniStack has no public place for this
    compressed: ContextVar[bool] = ContextVar("compressed", default=False)

    async def invoke_lambda_proxy(*arguments: Any, **named: Any) -> Any:
        headers: Mapping[str, str] = arguments[5]
        compressed.set(any(name.lower() == "content-encoding" for name in headers))
        return await invoke(*arguments, **named)

    apigateway._invoke_lambda_proxy = invoke_lambda_proxy  # noqa: SLF001 - MiniStack has no public place for this
    apigateway._v2_request_body_is_text = lambda kind: is_text(kind) and not compressed.get()  # noqa: SLF001 - MiniStack has no public place for this


def read_cors_of_templates() -> None:
    """Let MiniStack know the settings of CloudFormation by their names there (``AllowOrigins``)."""
    from ministack.services import apigateway

    def renamed(settings: Mapping[str, Any]) -> dict[str, Any]:
        return {name[:1].lower() + name[1:]: value for name, value in settings.items()}

    headers, preflight = apigateway._cors_response_headers, apigateway._cors_preflight_response  # noqa: SLF001 - MiniStack has no public place for this
    apigateway._cors_response_headers = lambda settings, origin: headers(renamed(settings), origin)  # noqa: SLF001 - MiniStack has no public place for this
    apigateway._cors_preflight_response = lambda settings, origin: preflight(renamed(settings), origin)  # noqa: SLF001 - MiniStack has no public place for this


def limit_workers() -> None:
    """Let MiniStack start no more workers for a queue than one machine can feed."""
    from ministack.services import lambda_svc

    concurrency = lambda_svc._sqs_esm_concurrency  # noqa: SLF001 - MiniStack has no public place for this
    lambda_svc._sqs_esm_concurrency = lambda *of_mapping: min(concurrency(*of_mapping), WORKERS)  # noqa: SLF001 - MiniStack has no public place for this


def main() -> None:
    """Serve until told to stop. MiniStack takes its settings from the environment."""
    from ministack.app import main as serve  # reads the environment at import

    authorize_batches_as_single_calls()
    deliver_compressed_bodies_as_bytes()
    read_cors_of_templates()
    limit_workers()
    threading.Thread(target=end_with_parent, name="end-with-parent", daemon=True).start()
    # MiniStack starts workers with `sys.executable`.
    function_python, sys.executable = sys.argv[1], sys.argv[1]
    sys.argv = [function_python]
    serve()


if __name__ == "__main__":
    main()
