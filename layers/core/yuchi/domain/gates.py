"""The gates a rule passes before it fires, in order; the first that stays shut is the answer to "why not?"."""

from datetime import datetime
from enum import StrEnum

from yuchi.domain.profile import Fired
from yuchi.domain.rule import Rule


class Gate(StrEnum):
    """Where a rule that was looked at stopped."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    CONDITION = "condition"
    LIMIT = "limit"
    STOPPED = "stopped"


GATE_TEXTS: dict[Gate, tuple[str, str]] = {
    Gate.NOT_STARTED: ("还没到开始时间（starts_at）", "it has not started yet (starts_at)"),
    Gate.ENDED: ("已经过了结束时间（ends_at）", "it has ended (ends_at)"),
    Gate.CONDITION: ("条件（when）不成立", "its condition (when) does not hold"),
    Gate.LIMIT: ("已达到每人次数上限（limit）", "the person has reached its limit"),
    Gate.STOPPED: ("前面的规则设置了 stop", "a rule before it said stop"),
}
"""Chinese and English, for people."""


def first_shut_gate(rule: Rule, *, matched: bool, fired: Fired | None, stopped: bool, now: datetime) -> Gate | None:
    """The first gate that keeps ``rule`` from firing, None where it fires.

    ``matched``: its condition holds. ``fired``: how often it fired for this person. ``stopped``: a rule before said stop.
    """
    if rule.starts_at and now < rule.starts_at:
        return Gate.NOT_STARTED
    if rule.ends_at and now >= rule.ends_at:
        return Gate.ENDED
    if not matched:
        return Gate.CONDITION
    if rule.limit and not rule.limit.allows(fired, now):
        return Gate.LIMIT
    return Gate.STOPPED if stopped else None
