"""Steers a running simulator: what it received, what goes wrong, how late it is."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.faults import Fault
from infra.local.simulator.sent import Got


class SimulatorError(Exception):
    """The simulator refused a call; the message is its answer."""


@dataclass(slots=True)
class SimulatorClient:
    """The calls of :mod:`infra.local.simulator.server` under ``/simulator/``."""

    url: str
    _pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def is_healthy(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self._call("GET", "health")["ok"])
        except (urllib3.exceptions.HTTPError, SimulatorError):
            return False

    def received(self, *, after: int = 0, **where: str) -> list[dict[str, Any]]:
        """What came in, in order: ``kind`` (api, push, reply), ``account``, ``openid``, ``path``, ``content``, ..."""
        found: list[dict[str, Any]] = self._call("GET", f"received?{urlencode({**where, 'after': after})}")
        return found

    def custom_messages(self, *, after: int = 0, **where: str) -> list[dict[str, Any]]:
        """The customer-service messages that reached a fan: the bodies of those calls, each with its ``number``."""
        calls = self.received(after=after, kind="api", path="/cgi-bin/message/custom/send", errcode="0", **where)
        return [{**call["content"], "number": call["number"]} for call in calls]

    def forget(self) -> None:
        """Forget what came in."""
        self._call("DELETE", "received")

    def break_with(self, *faults: Fault) -> None:
        """Make things go wrong."""
        self._call("POST", "faults", [asdict(fault) for fault in faults])

    def faults(self) -> list[Fault]:
        """What is switched on, with its hits."""
        return [Fault.from_json(each) for each in self._call("GET", "faults")]

    def mend(self) -> None:
        """Switch all faults off."""
        self._call("DELETE", "faults")

    def advance(self, seconds: float) -> None:
        """Let time pass for windows and tokens."""
        self._call("POST", "clock", {"advance": seconds})

    def add_account(self, account: PlatformAccount) -> None:
        """Register an account."""
        self._call("POST", "accounts", account.to_json())

    def add_followers(self, account: str, fans: list[dict[str, Any]]) -> None:
        """People who followed before anybody listened; see ``Platform.follow_before``."""
        self._call("POST", "followers", {"account": account, "fans": fans})

    def revoke_tokens(self, account: str) -> None:
        """Make every token of an account bad."""
        self._call("POST", "revoke", {"account": account})

    def set_rights(self, account: str, **rights: Any) -> None:
        """``forbidden`` interfaces (48001), ``daily`` quotas by interface, ``verdict`` on mass messages, ``delay`` of
        results, ``told`` of results at all.
        """
        self._call("POST", "rights", {"account": account, **rights})

    def grant(self, account: str, template: str, openids: list[str], count: int = 1) -> None:
        """These fans agreed to ``count`` notices of a template."""
        self._call("POST", "credits", {"account": account, "template": template, "openids": openids, "count": count})

    def accepted(self, account: str, client_id: str | None = None) -> dict[str, list[Got]]:
        """What each openid was sent by mass, custom, template and subscription messages, whatever was answered."""
        query = {"account": account} | ({"client_id": client_id} if client_id is not None else {})
        found: dict[str, list[list[Any]]] = self._call("GET", f"accepted?{urlencode(query)}")
        return {openid: [Got(*each) for each in messages] for openid, messages in found.items()}

    def set_upstream(self, *, host: str, port: int, prefix: str) -> None:
        """Where the product's API is."""
        self._call("POST", "upstream", {"host": host, "port": port, "prefix": prefix})

    def _call(self, method: str, what: str, body: Mapping[str, Any] | list[Any] | None = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        response = self._pool.request(method, f"{self.url}/simulator/{what}", body=content, timeout=10.0)
        if response.status != 200:
            raise SimulatorError(response.data.decode(errors="replace"))
        return response.json()
