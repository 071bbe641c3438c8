"""The endpoints of WeChat's own tags, with their limits."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from infra.local.simulator import limits
from infra.local.simulator.platform import AccountState, ApiError, FanState

if TYPE_CHECKING:
    from infra.local.simulator.endpoints import Call

FIRST: Final = 100
"""Numbers below are WeChat's own."""
OK: Final[Mapping[str, Any]] = {"errcode": 0, "errmsg": "ok"}


def get(call: "Call") -> dict[str, Any]:
    """GET /cgi-bin/tags/get."""
    return {
        "tags": [
            {"id": number, "name": name, "count": len(_fans_of(call.account, number))}
            for number, name in call.account.tags.items()
        ]
    }


def create(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/tags/create."""
    with call.platform.lock:
        name = _new_name(call)
        if len(call.account.tags) >= limits.TAGS:
            raise ApiError(45056)
        number = max(call.account.tags, default=FIRST - 1) + 1
        call.account.tags[number] = name
    return {"tag": {"id": number, "name": name}}


def update(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/tags/update."""
    with call.platform.lock:
        number = _number(call.account, _tag(call).get("id"))
        call.account.tags[number] = _new_name(call, besides=number)
    return dict(OK)


def delete(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/tags/delete."""
    with call.platform.lock:
        number = _number(call.account, _tag(call).get("id"))
        fans = _fans_of(call.account, number)
        if len(fans) > limits.FANS_OF_DELETABLE_TAG:
            raise ApiError(45057)
        for fan in fans:
            fan.tags.remove(number)
        del call.account.tags[number]
    return dict(OK)


def give(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/tags/members/batchtagging: all of them, or none."""
    with call.platform.lock:
        number, fans = _members(call)
        others = [fan for fan in fans if number not in fan.tags]
        if any(len(fan.tags) >= limits.TAGS_OF_FAN for fan in others):
            raise ApiError(45059)
        for fan in others:
            fan.tags.append(number)
    return dict(OK)


def take(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/tags/members/batchuntagging."""
    with call.platform.lock:
        number, fans = _members(call)
        for fan in fans:
            if number in fan.tags:
                fan.tags.remove(number)
    return dict(OK)


def of_fan(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/tags/getidlist."""
    fan = call.account.fans.get(call.text("openid"))
    if fan is None:
        raise ApiError(40003)
    return {"tagid_list": list(fan.tags)}


def fans(call: "Call") -> dict[str, Any]:
    """POST /cgi-bin/user/tag/get: ten thousand openids a page."""
    number = _number(call.account, call.parsed.get("tagid"))
    start = call.text("next_openid")
    openids = sorted(fan.openid for fan in _fans_of(call.account, number) if fan.openid > start)
    page = openids[: limits.OPENIDS_PER_PAGE]
    content = {"data": {"openid": page}, "next_openid": page[-1]} if page else {}
    return {"count": len(page), **content}


def _tag(call: "Call") -> Mapping[str, Any]:
    tag = call.parsed.get("tag")
    if not isinstance(tag, dict):
        raise ApiError(47001)
    return tag


def _new_name(call: "Call", *, besides: int | None = None) -> str:
    name = str(_tag(call).get("name", ""))
    if not 0 < len(name) <= limits.TAG_CHARACTERS:
        raise ApiError(45158)
    if any(name == other and number != besides for number, other in call.account.tags.items()):
        raise ApiError(45157)
    return name


def _number(state: AccountState, number: object) -> int:
    if number in {0, 1, 2}:
        raise ApiError(45058)
    if not isinstance(number, int) or number not in state.tags:
        raise ApiError(45159)
    return number


def _fans_of(state: AccountState, number: int) -> list[FanState]:
    return [fan for fan in state.fans.values() if fan.subscribed and number in fan.tags]


def _members(call: "Call") -> tuple[int, list[FanState]]:
    openids = call.parsed.get("openid_list")
    if not isinstance(openids, list) or not 1 <= len(openids) <= limits.OPENIDS_PER_TAGGING:
        raise ApiError(40032)
    number = _number(call.account, call.parsed.get("tagid"))
    found = [call.account.fans.get(str(openid)) for openid in openids]
    fans = [fan for fan in found if fan is not None and fan.subscribed]
    if len(fans) != len(openids):
        raise ApiError(40003)
    return number, fans
