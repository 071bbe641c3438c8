"""Fans who left, as far as the archive still names them. Pure.

A fan who unsubscribes is forgotten: the profile with the event, the timeline within seconds. The archive holds lines of many
people in one object, so it is gone over once for all who left since. What stays of a line is a number: that something of
a kind happened on an account, when, and which rules fired; not to whom, nor what was said.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from yuchi.domain.event import derive_id, parse_time
from yuchi.domain.identity import namespace_of

OWN: Final = frozenset({"wechat", "unionid"})
"""Names that WeChat gave to a fan: what lies under these goes. What the brand's own systems told lies under theirs."""
SETTLED: Final = timedelta(hours=24)
"""How long Amazon Data Firehose keeps at most what it cannot deliver: by then all of a fan's lines are in the archive."""
GATHERED: Final = timedelta(hours=48)
"""How long the first to leave waits for others who leave, at most: one pass over the archive serves all of them."""

_NAMED: Final = re.compile(rb'"subject":(?:"((?:[^"\\]|\\.)*)"|null),"identities":\[(\]?)')
"""Where a line says whom it is about; what comes before it in a line are names of ours, which hold no quotation marks."""


class Departure(BaseModel):
    """A name of somebody who left.

    ``since``: epoch seconds before which there are no lines, None where that is not known. ``until``: when the fan left;
    what happens later is that of somebody who came back. ``noted_at``: when this was written down.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    identity: str
    since: int | None
    until: int
    noted_at: int


class Pass(BaseModel):
    """How far a pass over the archive of one brand is: all up to the object ``cursor``.

    ``before``: it is for those who were noted by then. ``salt``: by it copies of an event get the same new id; it is thrown
    away at the end, so that nobody can find out from an event which id it got.
    """

    model_config = ConfigDict(frozen=True)

    brand: str
    before: int
    salt: str
    cursor: str = ""


def names_at_wechat(identities: Iterable[str], subject: str) -> list[str]:
    """Those of a person's identities that go with the fan, ``subject`` in any case."""
    return sorted({subject, *(each for each in identities if namespace_of(each) in OWN)})


class Leavers:
    """Everybody whom one pass is for, asked line by line."""

    def __init__(self, departures: Iterable[Departure], salt: str) -> None:
        """``salt``: see :class:`Pass`."""
        self._salt = salt
        self._until = {each.identity: each.until for each in departures}
        self._written = frozenset(json.dumps(name, ensure_ascii=False)[1:-1].encode() for name in self._until)

    def without(self, line: bytes) -> bytes:
        """The line as it may stay: as it is, of nobody, or without the name of somebody who left."""
        found = _NAMED.search(line)
        if found and found[2] and found[1] not in self._written:
            return line  # nearly all, so that nothing is parsed for them
        try:
            record = json.loads(line)
            changed = self._changed(record)
        except (ValueError, TypeError, KeyError, AttributeError):
            return line  # not one of ours
        return line if changed is record else json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode()

    def _changed(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        moment = int(parse_time(record.get("recorded") or record["time"]).timestamp())
        if moment <= self._until.get(record["subject"] or "", -1):
            return {
                **record,
                "id": derive_id(self._salt, record["id"]),
                "subject": None,
                "identities": [],
                "tags": [],
                "untags": [],
                "person": None,
                "data": {},
            }
        named = record["identities"] or []
        others = [each for each in named if moment > self._until.get(each, -1)]
        return record if others == named else {**record, "identities": others}
