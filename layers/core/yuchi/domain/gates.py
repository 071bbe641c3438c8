"""The gates a rule passes before it fires, in order; the first that stays shut is the answer to "why not?"."""

from enum import StrEnum


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
