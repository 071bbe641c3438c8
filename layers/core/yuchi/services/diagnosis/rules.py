"""Rules: which are invalid, which were not reviewed, and whether what is published is what the table says."""

from collections.abc import Iterator, Sequence
from typing import Final

from yuchi.services.diagnosis.base import Finding, Patient, bad, good
from yuchi.services.ports_rules import Item, Status
from yuchi.services.push_rules import POLL_SECONDS, WAIT_SECONDS, is_reviewed

SHOWN: Final = 5
"""How many names are listed."""


def check_rules(patient: Patient) -> Iterator[Finding]:
    """Valid, reviewed, and published as the table says?"""
    for brand in sorted({account.brand for account in patient.accounts.all()}):
        late = _unreviewed(patient, brand, patient.rules.all(brand))
        drafts = list(patient.rules.all(brand))  # as they are after the wait
        invalid = [str(item["rule_id"]) for item in drafts if item.get("status") == Status.INVALID]
        live = sum(item.get("live_version") is not None for item in drafts)
        published = patient.rulesets.get_manifest(brand).rules
        if invalid:
            yield bad(
                brand,
                (
                    f"{len(invalid)} 条规则有问题：{_names(invalid)}",
                    f"{len(invalid)} {'rule is' if len(invalid) == 1 else 'rules are'} invalid: {_names(invalid)}",
                ),
                (
                    "看 problem 一栏：yuchi rules list --status invalid",
                    "read their problems: yuchi rules list --status invalid",
                ),
            )
        if late:
            yield bad(
                brand,
                (
                    f"{len(late)} 条规则改了还没审核：{_names(late)}",
                    f"{len(late)} rules were edited and not reviewed: {_names(late)}",
                ),
                (
                    "查 review_edit 的日志，修好后 yuchi redrive edits",
                    "read the log of review_edit, then yuchi redrive edits",
                ),
            )
        elif live != published:
            yield bad(
                brand,
                (
                    f"表里 {live} 条在线，线上规则集有 {published} 条",
                    f"{live} say they are live, {published} are published",
                ),
                (
                    "让它们重新审核：yuchi redrive edits --all",
                    "have them all reviewed again: yuchi redrive edits --all",
                ),
            )
        if not invalid and not late and live == published:
            yield good(brand, f"{len(drafts)} 条规则，{published} 条在线", f"{len(drafts)} rules, {published} live")


def _unreviewed(patient: Patient, brand: str, drafts: Sequence[Item]) -> list[str]:
    """What is still not reviewed after the time that a review takes."""
    waited = 0.0
    while late := [item for item in drafts if not is_reviewed(item)]:
        if waited >= WAIT_SECONDS:
            return [str(item["rule_id"]) for item in late]
        patient.wait(POLL_SECONDS)
        waited += POLL_SECONDS
        drafts = [now for item in late if (now := patient.rules.get(brand, str(item["rule_id"]))) is not None]
    return []


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
