"""Why a rule fires on an event for a person, or does not: the gates in their order, the first shut one is the answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from yuchi.domain.account import Account
from yuchi.domain.draft import ALL_ACCOUNTS, read_draft
from yuchi.domain.event import Event
from yuchi.domain.gates import GATE_TEXTS, Gate, first_shut_gate
from yuchi.domain.language import Bucket, ConditionError, Context, describe_access, explain, parse_condition, summary
from yuchi.domain.orders import event_view
from yuchi.domain.placeholders import BEIJING
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Fired, Profile
from yuchi.domain.profile_view import profile_view
from yuchi.domain.rule import Rule
from yuchi.domain.standard.model import BrandSchema
from yuchi.domain.standard.values import conform
from yuchi.domain.timeline import FORGOTTEN, TimelineEntry
from yuchi.domain.triggers import listened, trigger_of
from yuchi.domain.words import Words
from yuchi.services.ports_rules import Item


@dataclass(frozen=True, slots=True)
class Step:
    """One gate. ``open``: whether the rule passes it; None where it was not asked. ``lines``: details for people."""

    name: Words
    open: bool | None
    said: Words
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleStory:
    """The answer. ``record``: what was decided when the event came, None where that is not known."""

    fires: bool
    steps: tuple[Step, ...]
    record: Words | None = None
    version: int | None = None

    @property
    def answer(self) -> Step | None:
        """The first shut gate, None where the rule fires."""
        return next((step for step in self.steps if step.open is False), None)


@dataclass(frozen=True, slots=True)
class Question:
    """All that the answer depends on. ``item``: the draft; ``rule``: what is live of it; ``bucket``: the rules of the
    event. ``profile`` is what is known now, which for a past event may be more than was known then. ``schema``: what the
    brand defined for itself.
    """

    item: Item | None
    rule: Rule | None
    event: Event
    profile: Profile
    account: Account
    bucket: Bucket | None
    schema: BrandSchema
    now: datetime
    locale: Locale


def explain_rule(question: Question, entry: TimelineEntry | None = None) -> RuleStory:
    """Ask each gate in its order. ``entry``: what was recorded when this very event came."""
    rule = question.rule
    steps = [_published(question)]
    if rule is None:
        return RuleStory(fires=False, steps=tuple(steps))
    steps += [_account(question, rule), _event_type(question, rule)]
    concerned = all(step.open for step in steps)
    context = _context(question)
    condition = _condition(question, rule, context, concerned=concerned)
    fired = question.profile.fired.get(rule.rule_id)
    stopped_by = _stopped_by(question, rule, context) if concerned else None
    shut = first_shut_gate(
        rule, matched=condition.open is True, fired=fired, stopped=stopped_by is not None, now=question.now
    )
    order = list(Gate)
    for gate, step in (
        (Gate.NOT_STARTED, _dates(rule, question.now)),
        (Gate.CONDITION, condition),
        (Gate.LIMIT, _limit(rule, fired, question.now)),
        (Gate.STOPPED, _stop(stopped_by)),
    ):
        behind = shut is not None and order.index(gate) > order.index(shut)
        steps.append(Step(step.name, None, _NOT_ASKED) if behind or not concerned else step)
    return RuleStory(
        fires=all(step.open for step in steps),
        steps=tuple(steps),
        record=_record(entry, rule.rule_id) if entry else None,
        version=rule.version,
    )


_NOT_ASKED: Final = Words("没有查到这一步", "not asked")
_PUBLISHED: Final = Words("上线", "published")
_ACCOUNT: Final = Words("账号（account）", "account")
_EVENT: Final = Words("事件（on）", "event (on)")
_DATES: Final = Words("日期（starts_at、ends_at）", "dates (starts_at, ends_at)")
_CONDITION: Final = Words("条件（when）", "condition (when)")
_LIMIT: Final = Words("次数（limit）", "limit")
_STOP: Final = Words("前面的规则（stop）", "rules before it (stop)")


def _published(question: Question) -> Step:
    item, rule = question.item, question.rule
    reading = read_draft(item) if item is not None else None
    if rule is not None:
        said = Words(f"第 {rule.version} 版在线上", f"version {rule.version} is live")
        if reading is not None and reading.problems:
            said = Words(
                f"线上是第 {rule.version} 版；表里新的改动有问题，没有上线",
                f"version {rule.version} is live; the newer draft in the table has problems and is not",
            )
        return Step(_PUBLISHED, open=True, said=said)
    if item is None or reading is None:
        return Step(
            _PUBLISHED, open=False, said=Words("Rules 表里没有这条规则", "there is no such rule in the table Rules")
        )
    if reading.disabled:
        return Step(_PUBLISHED, open=False, said=Words("规则没有启用（enabled）", "it is switched off (enabled)"))
    problem = str(item.get("problem") or "")
    return Step(
        _PUBLISHED,
        open=False,
        said=Words("从来没有上过线", "it never went live"),
        lines=tuple(problem.splitlines()) or tuple(each.text(question.locale) for each in reading.problems),
    )


def _account(question: Question, rule: Rule) -> Step:
    fits = rule.account in {ALL_ACCOUNTS, question.event.account}
    seen = question.event.account
    said = (
        Words(f"适用于 {rule.account}", f"it is for {rule.account}")
        if fits
        else Words(
            f"只用于 {rule.account}，事件来自 {seen}", f"it is only for {rule.account}; the event came by {seen}"
        )
    )
    return Step(_ACCOUNT, open=fits, said=said)


def _event_type(question: Question, rule: Rule) -> Step:
    seen, wanted = listened(question.event), ", ".join(rule.on)
    fits = seen in rule.on
    said = (
        Words(f"{seen}", f"{seen}")
        if fits
        else Words(f"要 {wanted}，这次是 {seen}", f"it waits for {wanted}; this is {seen}")
    )
    return Step(_EVENT, open=fits, said=said, lines=() if fits else tuple(_waits(question, rule)))


def _waits(question: Question, rule: Rule) -> Iterator[str]:
    """When what the rule waits for comes due for the person by time alone."""
    for each in rule.on:
        if trigger_of(each) is None:
            continue
        at = question.profile.waits.get(each)
        if at is None:
            said = Words(
                f"{each}：这个人现在没有在等（从来没有做过、没有这个日期，或者这一次已经触发过）",
                f"{each}: nothing is due for this person (it was never done, there is no such date, or this time is over)",
            )
        else:
            moment = f"{datetime.fromtimestamp(at, BEIJING):%Y-%m-%d %H:%M}"
            said = Words(f"{each}：这个人到 {moment}（北京时间）", f"{each}: due for this person at {moment} (Beijing)")
        yield said.text(question.locale)


def _dates(rule: Rule, now: datetime) -> Step:
    if rule.starts_at and now < rule.starts_at:
        return Step(_DATES, open=False, said=Words(*GATE_TEXTS[Gate.NOT_STARTED]))
    if rule.ends_at and now >= rule.ends_at:
        return Step(_DATES, open=False, said=Words(*GATE_TEXTS[Gate.ENDED]))
    return Step(_DATES, open=True, said=Words("在有效期内", "within its dates"))


def _context(question: Question) -> Context:
    event = conform(question.event, question.schema).event
    return Context(
        event=event_view(event),
        profile=profile_view(
            question.profile, question.account.id, question.now, event.subject, schema=question.schema
        ),
        account=question.account.view(),
        now=question.now,
        past=question.profile.activity,
    )


def _condition(question: Question, rule: Rule, context: Context, *, concerned: bool) -> Step:
    try:
        condition = parse_condition(rule.when)
    except ConditionError as error:
        problems = tuple(problem.text(question.locale) for problem in error.problems)
        return Step(_CONDITION, open=False, said=Words("条件无法读取", "its condition cannot be read"), lines=problems)
    explanation = explain(condition, context)
    lines = [] if rule.when == "true" else list(explanation.root.text_lines(question.locale))
    if not explanation.holds and concerned and question.bucket is not None:
        filing = question.bucket.filing(rule.rule_id)
        looked_at = any(entry.rule_id == rule.rule_id for entry in question.bucket.candidates(context))
        if not looked_at:
            lines.append(describe_access(filing, question.locale, context))
    if explanation.first_failing is None:
        return Step(_CONDITION, open=True, said=Words("成立", "holds"), lines=tuple(lines))
    failing = explanation.first_failing
    said = Words(
        f"首先不成立的是 {summary(failing, Locale.ZH)}", f"the first part that fails is {summary(failing, Locale.EN)}"
    )
    return Step(_CONDITION, open=False, said=said, lines=tuple(lines))


def _limit(rule: Rule, fired: Fired | None, now: datetime) -> Step:
    if rule.limit is None:
        return Step(_LIMIT, open=True, said=Words("不限次数", "no limit"))
    times = fired.count if fired is not None and not rule.limit.is_over(fired, now) else 0
    said = Words(f"{rule.limit}，这个人已有 {times} 次", f"{rule.limit}; {times} so far for this person")
    return Step(_LIMIT, open=rule.limit.allows(fired, now), said=said)


def _stop(stopped_by: Rule | None) -> Step:
    if stopped_by is None:
        return Step(_STOP, open=True, said=Words("没有被拦住", "none of them said stop"))
    name = stopped_by.rule_id
    return Step(
        _STOP,
        open=False,
        said=Words(f"规则 {name} 先触发并设置了 stop", f"the rule {name} fired before it and said stop"),
    )


def _stopped_by(question: Question, rule: Rule, context: Context) -> Rule | None:
    """The rule before ``rule`` that fires and says stop."""
    for entry, matched in question.bucket.judge(context) if question.bucket else ():
        other: Rule = entry.payload
        if other.rule_id == rule.rule_id:
            return None
        fired = question.profile.fired.get(other.rule_id)
        if other.stop and first_shut_gate(other, matched=matched, fired=fired, stopped=False, now=question.now) is None:
            return other
    return None


_FULL: Final = Words("当时没有执行规则：资料太多，存不下", "no rule was carried out then: there was too much to store")
_NOTES: Final[Mapping[str, Words]] = {
    "budget.cut": Words(
        "当时没有看任何规则：规则引起的事件，一小时内为这个人触发得太多",
        "no rule was looked at then: too many had fired for this person within the hour on events that rules caused",
    ),
    "timer.outdated": Words("定时器已经被后来设的取代", "the timer had been replaced by a later one"),
    "rules.historical": Words(
        "这是补录的旧事，不触发规则", "it was told long after it happened, which sets off no rule"
    ),
    "profile.too_large": _FULL,
    "entry.too_large": _FULL,
    FORGOTTEN: Words("内容已删除：这个人取关了", "its content was erased: the person left"),
}
"""What the notes of an entry say of every rule that is not on it."""


def _record(entry: TimelineEntry, rule_id: str) -> Words:
    for match in entry.matched:
        if match.rule == rule_id:
            return Words(f"当时触发了（第 {match.version} 版）", f"it fired then (version {match.version})")
    for each in entry.passed:
        if each.rule == rule_id:
            zh, en = GATE_TEXTS[Gate(each.gate)]
            detail = f" {each.part}" + _seen(each.seen) if each.part else ""
            return Words(
                f"当时没有触发（第 {each.version} 版）：{zh}{detail}",
                f"it did not fire then (version {each.version}): {en}{detail}",
            )
    for note, why in _NOTES.items():
        if note in entry.notes:
            return why
    return Words(
        f"当时没有查到这条规则（规则集第 {entry.ruleset_version} 版）",
        f"it was not even looked at then (ruleset version {entry.ruleset_version})",
    )


def _seen(seen: Mapping[str, str]) -> str:
    return " (" + ", ".join(f"{name} = {value}" for name, value in seen.items()) + ")" if seen else ""


def rule_ids_like(rule_id: str, items: Sequence[Item]) -> list[str]:
    """The ids of drafts that may be meant."""
    ids = [str(item.get("rule_id", "")) for item in items]
    named = [str(item["rule_id"]) for item in items if item.get("name") == rule_id]
    return named or get_close_matches(rule_id, ids, n=3, cutoff=0.5)
