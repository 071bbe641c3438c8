"""The parts of a push that a path cannot express: lists with one or many entries, prefixes, spellings of a state."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

Payload = dict[str, Any]
Data = dict[str, Any]

_QRCODE: Final = "qrscene_"
_PAYMENT: Final = "last_trade_no_"
_PRODUCT: Final = ("scanbarcode|", "scanimage|")
_MASS_ERROR: Final = re.compile(r"err\((\d{1,9})\)")
_MASS_STATES: Final = {"sendsuccess": "success", "sendfail": "failed"}
_TEMPLATE_STATES: Final = {"success": "success", "failed:userblock": "blocked"}
_PUBLICATION_STATES: Final = {
    "0": "published",
    "1": "running",
    "2": "not_original",
    "3": "failed",
    "4": "refused",
    "5": "deleted",
    "6": "banned",
}


def at(payload: Any, path: str) -> Any:
    """What lies at ``path`` (names with ``/`` between them), or None."""
    for name in path.split("/"):
        if not isinstance(payload, dict):
            return None
        payload = payload.get(name)
    return payload


def text_at(payload: Any, path: str) -> str:
    """The text at ``path``, or an empty one."""
    value = at(payload, path)
    return value if isinstance(value, str) else ""


def each(value: Any) -> list[Any]:
    """A repeated element: absent, single or many."""
    if value in (None, ""):
        return []
    return value if isinstance(value, list) else [value]


def whole(text: str) -> int | None:
    """A short whole number, or None."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else None


def number(text: str) -> int | float | None:
    """A number, or None."""
    short = whole(text)
    if short is not None:
        return short
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _picked(entries: Iterable[Any], texts: Mapping[str, str], numbers: Mapping[str, str]) -> list[Data]:
    picked = []
    for entry in entries:
        found: Data = {name: text_at(entry, path) for name, path in texts.items() if text_at(entry, path)}
        for name, path in numbers.items():
            value = number(text_at(entry, path))
            if value is not None:
                found[name] = value
        picked.append(found)
    return [found for found in picked if found]


def _squeezed(text: str) -> str:
    return "".join(text.split()).lower()


def subscription_origin(payload: Payload) -> Data:
    """How a fan came to follow, out of the one ``EventKey`` that carries it all."""
    key = text_at(payload, "EventKey")
    if not key:
        return {"via": "search"}
    if key.startswith(_QRCODE):
        return {"via": "qrcode", "scene": key.removeprefix(_QRCODE)}
    if key.startswith(_PAYMENT):
        return {"via": "payment", "trade_no": key.removeprefix(_PAYMENT)}
    if key.startswith(_PRODUCT):
        standard, _, code = key.partition("|")[2].partition("|")
        return {"via": "product", "standard": standard, "code": code}
    return {"via": "other", "key": key}


def subscription_answers(payload: Payload) -> Data:
    """One entry a template; ``accepted`` and ``rejected`` list the templates."""
    answers = _picked(
        _subscription_entries(payload),
        {"template_id": "TemplateId", "status": "SubscribeStatusString", "popup_scene": "PopupScene"},
        {},
    )
    return {
        "answers": answers,
        "accepted": [answer.get("template_id", "") for answer in answers if answer.get("status") == "accept"],
        "rejected": [answer.get("template_id", "") for answer in answers if answer.get("status") == "reject"],
    }


def subscription_results(payload: Payload) -> Data:
    """One entry a message, and the first one's fields, since there is nearly always just one."""
    results = _picked(
        _subscription_entries(payload),
        {"template_id": "TemplateId", "message_id": "MsgID", "status": "ErrorStatus"},
        {"code": "ErrorCode"},
    )
    return {**(results[0] if results else {}), "results": results}


def _subscription_entries(payload: Payload) -> list[Any]:
    # JSON pushes have List at the top; XML wraps it, and not always in the wrapper of the event's own name.
    wrappers = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
    for wrapper in wrappers:
        wrapped = payload.get(wrapper)
        if wrapped:
            return each(at(wrapped, "List") if isinstance(wrapped, dict) and "List" in wrapped else wrapped)
    return each(payload.get("List"))


def template_status(payload: Payload) -> Data:
    """``success``, ``blocked`` or ``failed`` out of WeChat's free spelling."""
    return {"status": _TEMPLATE_STATES.get(_squeezed(text_at(payload, "Status")), "failed")}


def pictures(payload: Payload) -> Data:
    """The MD5 sum of each picture."""
    sums = [text_at(item, "PicMd5Sum") for item in each(at(payload, "SendPicsInfo/PicList/item"))]
    return {"pictures": [md5 for md5 in sums if md5]}


def beacons_around(payload: Payload) -> Data:
    """The other beacons near by."""
    beacons = each(at(payload, "AroundBeacons/AroundBeacon"))
    numbers = {"major": "Major", "minor": "Minor", "distance": "Distance"}
    return {"around": _picked(beacons, {"uuid": "Uuid"}, numbers)}


def mass_outcome(payload: Payload) -> Data:
    """State of a mass message: documented and live pushes spell it differently."""
    status = _squeezed(text_at(payload, "Status"))
    error = _MASS_ERROR.fullmatch(status)
    outcome: Data = {"status": "rejected" if error else _MASS_STATES.get(status, "unknown")}
    if error:
        outcome["reason_code"] = int(error[1])
    outcome["checks"] = _picked(
        each(at(payload, "CopyrightCheckResult/ResultList/item")),
        {"original_url": "OriginalArticleUrl"},
        {
            "index": "ArticleIdx",
            "declared": "UserDeclareState",
            "audit_state": "AuditState",
            "original_type": "OriginalArticleType",
            "can_reprint": "CanReprint",
            "replace_content": "NeedReplaceContent",
            "show_source": "NeedShowReprintSource",
        },
    )
    links = each(at(payload, "ArticleUrlResult/ResultList/item"))
    outcome["articles"] = _picked(links, {"url": "ArticleUrl"}, {"index": "ArticleIdx"})
    return outcome


def publication_outcome(payload: Payload) -> Data:
    """State and articles of a publication."""
    information = at(payload, "PublishEventInfo")
    failed = [whole(index) for index in each(at(information, "fail_idx")) if isinstance(index, str)]
    return {
        "status": _PUBLICATION_STATES.get(text_at(information, "publish_status"), "unknown"),
        "articles": _picked(each(at(information, "article_detail/item")), {"url": "article_url"}, {"index": "idx"}),
        "failed": [index for index in failed if index is not None],
    }


def media_details(payload: Payload) -> Data:
    """What each strategy of a content check said."""
    details = each(payload.get("detail"))
    return {
        "details": _picked(
            details,
            {"strategy": "strategy", "suggestion": "suggest", "label": "label", "keyword": "keyword"},
            {"code": "errcode", "probability": "prob"},
        )
    }
