"""`make demo`: half a day of two accounts, played on the deployed stack, and what came of it."""

from infra.local.demo.run import run

__all__ = ["run"]
