"""The calls under ``/simulator/``; :mod:`infra.local.simulator.server` lists them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from infra.local.simulator.accounts import PlatformAccount
from infra.local.simulator.faults import Fault
from infra.local.simulator.platform import AccountState
from infra.local.simulator.upstream import Upstream

if TYPE_CHECKING:
    from infra.local.simulator.server import Simulator


def _received(simulator: "Simulator", query: dict[str, str], _: Any) -> object:
    after = int(query.pop("after", "0"))
    return simulator.platform.received(query, after=after)


def _forget(simulator: "Simulator", _: dict[str, str], __: Any) -> object:
    simulator.platform.forget()
    return {}


def _add_faults(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    simulator.platform.faults.add(*(Fault.from_json(each) for each in (body if isinstance(body, list) else [body])))
    return _list_faults(simulator, {}, None)


def _list_faults(simulator: "Simulator", _: dict[str, str], __: Any) -> object:
    return [asdict(fault) for fault in simulator.platform.faults.list()]


def _clear_faults(simulator: "Simulator", _: dict[str, str], __: Any) -> object:
    simulator.platform.faults.clear()
    return []


def _advance(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    simulator.platform.advance(float(body["advance"]))
    return {"now": simulator.platform.now()}


def _add_account(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    simulator.platform.add_account(PlatformAccount.from_json(body))
    return {}


def _touch_fan(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    state = simulator.platform.account(body["account"])
    if state is None:
        raise ValueError("unknown account")
    return asdict(simulator.platform.touch(state, body["openid"], body.get("trigger")))


def _add_followers(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    state = simulator.platform.account(body["account"])
    if state is None:
        raise ValueError("unknown account")
    simulator.platform.follow_before(state, body["fans"])
    return {"fans": len(state.fans)}


def _revoke(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    simulator.platform.revoke_tokens(body["account"])
    return {}


def _set_rights(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    sent = _state(simulator, body["account"]).sent
    values = {name: value for name, value in body.items() if name != "account"}
    if unknown := values.keys() - {"forbidden", "daily", "verdict", "delay", "told"}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        setattr(sent, name, set(value) if name == "forbidden" else value)
    return {}


def _grant(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    sent = _state(simulator, body["account"]).sent
    with simulator.platform.lock:
        for openid in body["openids"]:
            sent.credits[openid, body["template"]] += int(body.get("count", 1))
    return {}


def _accepted(simulator: "Simulator", query: dict[str, str], _: Any) -> object:
    with simulator.platform.lock:
        return dict(_state(simulator, query["account"]).sent.listed(query.get("client_id")))


def _state(simulator: "Simulator", name: str) -> AccountState:
    state = simulator.platform.account(name)
    if state is None:
        raise ValueError("unknown account")
    return state


def _set_upstream(simulator: "Simulator", _: dict[str, str], body: Any) -> object:
    simulator.upstream = Upstream(**body)
    return {}


STEERING: Final[Mapping[tuple[str, str], Callable[["Simulator", dict[str, str], Any], object]]] = {
    ("GET", "health"): lambda *_: {"ok": True},
    ("GET", "received"): _received,
    ("DELETE", "received"): _forget,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_faults,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clock"): _advance,
    ("POST", "accounts"): _add_account,
    ("POST", "fans"): _touch_fan,
    ("POST", "followers"): _add_followers,
    ("POST", "revoke"): _revoke,
    ("POST", "rights"): _set_rights,
    ("POST", "credits"): _grant,
    ("GET", "accepted"): _accepted,
    ("POST", "upstream"): _set_upstream,
}
