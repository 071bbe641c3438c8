"""What a diagnosis is made of: the deployment as its checks reach it, and what they find."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from yuchi.domain.words import Words
from yuchi.services.ports import Clock, UnavailableError
from yuchi.services.ports_operators import AccountBook, DeadLetters, Inspection, RuleBook, StackFacts, TokenDesk
from yuchi.services.ports_rules import RulesetStore


class Level(StrEnum):
    """How bad a finding is. ``UNKNOWN``: it could not be looked at."""

    GOOD = "good"
    HINT = "hint"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and how to mend it."""

    level: Level
    subject: str
    said: Words
    mend: Words | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """The deployment, as :class:`Diagnosis` reaches it. ``meaning``: what WeChat's errcodes say."""

    facts: StackFacts
    accounts: AccountBook
    tokens: TokenDesk
    rules: RuleBook
    rulesets: RulesetStore
    dead_letters: DeadLetters
    inspection: Inspection
    clock: Clock
    wait: Callable[[float], None]
    meaning: Callable[[int], Words]
    tables: Sequence[str]
    functions: Sequence[str]


Check = Callable[[Patient], Iterator[Finding]]


def good(subject: str, zh: str, en: str) -> Finding:
    """Nothing to mend."""
    return Finding(Level.GOOD, subject, Words(zh, en))


def bad(subject: str, said: tuple[str, str], mend: tuple[str, str], *, level: Level = Level.BAD) -> Finding:
    """Something to mend."""
    return Finding(level, subject, Words(*said), Words(*mend))


def unseen(subject: str, error: UnavailableError) -> Finding:
    """Something that could not be looked at."""
    return bad(
        subject,
        (f"查不了：{error}", f"could not be looked at: {error}"),
        ("看看您的 AWS 权限和网络", "look at your AWS permissions and the network"),
        level=Level.UNKNOWN,
    )
