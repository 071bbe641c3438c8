"""Where pushes are passed on to."""

from dataclasses import dataclass

from infra.local.ports import HOST


@dataclass(slots=True)
class Upstream:
    """Where the product's API is; ``prefix`` comes before its paths."""

    host: str = HOST
    port: int = 0
    prefix: str = ""
