"""What is misconfigured in a deployment, and how to mend it: what ``yuchi doctor`` tells."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from yuchi.domain.words import Words
from yuchi.services.diagnosis import resources, rules, wechat
from yuchi.services.diagnosis.base import Check, Finding, Level, Patient, unseen
from yuchi.services.ports import UnavailableError

__all__ = ["CHECKS", "Diagnosis", "Finding", "Level", "Patient"]

CHECKS: Final[Mapping[str, tuple[Words, Check]]] = {
    "stack": (Words("部署", "stack"), resources.check_stack),
    "tables": (Words("表", "tables"), resources.check_tables),
    "queues": (Words("队列", "queues"), resources.check_queues),
    "functions": (Words("函数", "functions"), resources.check_functions),
    "schedules": (Words("定时", "schedules"), resources.check_schedules),
    "accounts": (Words("账号", "accounts"), wechat.check_accounts),
    "tokens": (Words("access_token", "access tokens"), wechat.check_tokens),
    "callbacks": (Words("回调", "callbacks"), wechat.check_callbacks),
    "rules": (Words("规则", "rules"), rules.check_rules),
    "alarms": (Words("告警", "alarms"), resources.check_alarms),
}
"""What is looked at, in this order."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Every check of :data:`CHECKS` in its order. One that cannot be made says so and stops no other."""

    patient: Patient
    checks: Mapping[str, tuple[Words, Check]] = field(default_factory=lambda: CHECKS)

    def run(self, begin: Callable[[Words], None] = lambda _: None) -> Iterator[tuple[Words, Finding]]:
        """The findings, each with the name of its check. ``begin`` hears of each check before it is made."""
        for name, check in self.checks.values():
            begin(name)
            findings = check(self.patient)
            while True:
                try:
                    finding = next(findings)
                except StopIteration:
                    break
                except UnavailableError as error:
                    yield name, unseen(name.en, error)
                    break
                yield name, finding
