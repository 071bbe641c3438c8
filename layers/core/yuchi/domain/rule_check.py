"""Whether a well-formed draft may go live: what it refers to exists, its condition compiles, it does nothing
unapproved.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, Final

from yuchi.domain.account import Account
from yuchi.domain.actions import Action, Emit, News, Reply, Send, Webhook, check_texts
from yuchi.domain.catalogue import Catalogue, EventSpec
from yuchi.domain.collecting import without_collecting
from yuchi.domain.consents import GRANTED, REVOKED
from yuchi.domain.draft import ALL_ACCOUNTS, Draft, key_of, read_draft
from yuchi.domain.draft_columns import is_event_type
from yuchi.domain.language import Condition, ConditionError, parse_conditions
from yuchi.domain.problem import RuleProblem, Severity, closest
from yuchi.domain.record import record
from yuchi.domain.rule import Rule
from yuchi.domain.rule_neighbours import duplicate_hint, likeness
from yuchi.domain.triggers import LAPSED, REACHED, TIMED, Absence, trigger_of

BATCH: Final = 50
"""How many drafts are checked together: far more gain nothing, and their trees take memory."""


@record
class Checked:
    """What the check found. ``condition`` is None exactly when there are ``problems``; ``hints`` keep nothing back."""

    draft: Draft
    condition: Condition | None
    problems: tuple[RuleProblem, ...] = ()
    hints: tuple[RuleProblem, ...] = ()

    def rule(self, version: int) -> Rule:
        """The rule to publish."""
        if self.condition is None:
            raise ValueError("a draft with problems is not published")
        return make_rule(self.draft, self.condition, version)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """The outcome for one item of a file."""

    brand: str
    rule_id: str
    problems: tuple[RuleProblem, ...]
    hints: tuple[RuleProblem, ...]
    draft: Draft | None


def make_rule(draft: Draft, condition: Condition, version: int) -> Rule:
    """A rule from a draft and its compiled condition."""
    return Rule.make(draft, version=version, access=condition.access, counted=condition.counted)


def check_draft(draft: Draft, *, catalogue: Catalogue, accounts: Sequence[Account]) -> Checked:
    """Check ``draft`` against the ``catalogue`` of names and the brand's ``accounts``."""
    (checked,) = check_drafts([draft], catalogue=catalogue, accounts=accounts)
    return checked


def check_drafts(drafts: Iterable[Draft], *, catalogue: Catalogue, accounts: Sequence[Account]) -> Iterator[Checked]:
    """:func:`check_draft` of each, in their order; drafts are taken by the batch, which is faster than one by one."""
    waiting = iter(drafts)
    while batch := list(islice(waiting, BATCH)):
        with without_collecting():
            found = [_check_all_but_condition(draft, catalogue, accounts) for draft in batch]
            conditions = parse_conditions(((draft.when, draft.event_types) for draft in batch), catalogue=catalogue)
            checked = list(map(_put_together, batch, found, conditions))
        yield from checked


def _check_all_but_condition(draft: Draft, catalogue: Catalogue, accounts: Sequence[Account]) -> list[RuleProblem]:
    types = list(_check_event_types(draft, catalogue))
    misspelt = any(problem.severity is Severity.ERROR for problem in types)
    return [
        *_check_account(draft, accounts),
        *types,
        # Whether an event can be answered is known once it is spelt right.
        *(each for each in _check_actions(draft, catalogue) if not (misspelt and each.code in _ABOUT_EVENTS)),
        *_check_webhooks(draft, accounts),
    ]


def _put_together(draft: Draft, found: list[RuleProblem], condition: Condition | ConditionError) -> Checked:
    if isinstance(condition, ConditionError):
        found.extend(problem.at(field="when") for problem in condition.problems)
    else:
        found.extend(hint.at(field="when") for hint in condition.hints)
        found.extend(_check_filing(draft, condition))
        if not found:
            return Checked(draft=draft, condition=condition)
    problems = tuple(problem for problem in found if problem.severity is Severity.ERROR)
    hints = tuple(problem for problem in found if problem.severity is Severity.HINT)
    usable = None if problems or isinstance(condition, ConditionError) else condition
    return Checked(draft=draft, condition=usable, problems=problems, hints=hints)


def check_rules(
    items: Iterable[Mapping[str, Any]], *, catalogue: Catalogue, accounts: Sequence[Account] | None = None
) -> list[FileCheck]:
    """Check items that are in a file or a table. Without ``accounts``, what refers to accounts is taken as it is."""
    checks: list[FileCheck] = []
    like: dict[tuple[Any, ...], str] = {}
    read = [(key_of(item), read_draft(item)) for item in items]
    all_checked = check_drafts(
        (reading.draft for _, reading in read if reading.draft), catalogue=catalogue, accounts=accounts or ()
    )
    for (brand, rule_id), reading in read:
        checked = next(all_checked) if reading.draft else None
        if checked and accounts is None:
            checked = _without_accounts(checked)
        hints = list(checked.hints) if checked else []
        if reading.draft is not None:
            twin = like.setdefault(likeness(reading.draft), rule_id)
            hints.extend([duplicate_hint(twin)] if twin != rule_id else [])
        checks.append(
            FileCheck(
                brand=brand,
                rule_id=rule_id,
                problems=checked.problems if checked else reading.problems,
                hints=tuple(hints),
                draft=reading.draft,
            )
        )
    return checks


def _without_accounts(checked: Checked) -> Checked:
    kept = tuple(problem for problem in checked.problems if problem.code not in _ABOUT_ACCOUNTS)
    return replace(checked, problems=kept)


_ABOUT_EVENTS: Final = frozenset({"reply.impossible", "send.window"})
_ABOUT_ACCOUNTS: Final = frozenset({"brand.unknown", "account.unknown", "webhook.not_allowed"})


def _check_account(draft: Draft, accounts: Sequence[Account]) -> Iterator[RuleProblem]:
    known = [account.id for account in accounts]
    if not known:
        yield RuleProblem(
            "brand.unknown",
            f"品牌 {draft.brand} 还没有账号，请先由管理员添加账号",
            f"the brand {draft.brand} has no account yet; an operator has to add one",
            field="brand",
        )
    elif draft.account not in {ALL_ACCOUNTS, *known}:
        yield RuleProblem(
            "account.unknown",
            f"品牌 {draft.brand} 没有账号 {draft.account}",
            f"the brand {draft.brand} has no account {draft.account}",
            field="account",
            suggestion=closest(draft.account, known) or ALL_ACCOUNTS,
        )


def _check_event_types(draft: Draft, catalogue: Catalogue) -> Iterator[RuleProblem]:
    for listened_to in draft.on:
        trigger = trigger_of(listened_to)
        if isinstance(trigger, Absence):
            yield from _check_event_type(trigger.activity, catalogue, written=partial(_absence_of, trigger))
        elif trigger is None:
            yield from _check_event_type(listened_to, catalogue)


def _absence_of(trigger: Absence, activity: str) -> str:
    return str(replace(trigger, activity=activity))


def _check_event_type(
    event_type: str, catalogue: Catalogue, *, written: Callable[[str], str] = str
) -> Iterator[RuleProblem]:
    """``written``: how ``on`` says the event that was meant."""
    if event_type in TIMED:
        yield RuleProblem(
            "on.timed",
            f"{event_type} 不能直接写，要写明是什么：多久没有做什么，或者哪个日期",
            f"{event_type} does not stand by itself: say what did not happen for how long, or which date",
            field="on",
            suggestion=_TIMED_EXAMPLES[event_type],
        )
    elif event_type not in catalogue.events:
        meant = _meant(event_type, catalogue)
        if meant or not is_event_type(event_type):
            yield RuleProblem(
                "on.unknown",
                f"没有 {event_type} 这种事件",
                f"there is no event {event_type}",
                field="on",
                suggestion=written(meant) if meant else "",
            )
        else:
            yield RuleProblem(
                "on.foreign",
                f"{event_type} 不是内置事件，只有其他规则的 emit 或外部系统发来时才会触发",
                f"{event_type} is no built-in event; it comes only by another rule's emit or from outside",
                field="on",
                severity=Severity.HINT,
            )


_TIMED_EXAMPLES: Final = {LAPSED: "no order.completed for 30d", REACHED: "date 生日"}


def _meant(event_type: str, catalogue: Catalogue) -> str:
    for spec in catalogue.events.values():
        if event_type in spec.zh or spec.zh in event_type:
            return spec.type
    return closest(event_type, catalogue.events, cutoff=0.8)


def _check_actions(draft: Draft, catalogue: Catalogue) -> Iterator[RuleProblem]:
    types = draft.event_types
    specs = [catalogue.events.get(event_type) for event_type in types]
    replies = 0
    for number, action in enumerate(draft.then, 1):
        for problem in check_texts(action, catalogue=catalogue, event_types=types):
            # Its column counts from where this text begins, which is not the line that the marketer sees.
            yield replace(problem, field="then", item=number, column=None)
        replies += isinstance(action, Reply)
        check = _CHECKS.get(type(action))
        if check is not None:
            for problem in check(action, specs, draft, catalogue):
                yield problem.at(field="then", item=number)
    if replies > 1:
        yield RuleProblem(
            "reply.twice",
            "一条规则只能有一个 reply，其余请用 send",
            "a rule has at most one reply; use send for the others",
            field="then",
        )


def _check_reply(
    action: Action, specs: Sequence[EventSpec | None], draft: Draft, _catalogue: Catalogue
) -> Iterator[RuleProblem]:
    types = draft.event_types
    without = [event_type for event_type, spec in zip(types, specs, strict=True) if spec is None or not spec.replies]
    if without:
        every = len(without) == len(types)
        yield RuleProblem(
            "reply.impossible",
            f"{'、'.join(without)} 事件不能直接回复，请改用 send" if every else f"{'、'.join(without)} 事件上不会回复",
            f"{', '.join(without)} cannot be answered; use send" if every else f"no reply on {', '.join(without)}",
            severity=Severity.ERROR if every else Severity.HINT,
        )
    many = isinstance(action, Reply) and isinstance(action.message, News) and len(action.message.articles) > 1
    if many and any(event_type.startswith("message.") for event_type in draft.on):
        yield RuleProblem("news.many", "回复粉丝消息时图文只能有 1 篇", "an answer to a message carries one article")


def _check_send(
    _action: Action, specs: Sequence[EventSpec | None], _draft: Draft, _catalogue: Catalogue
) -> Iterator[RuleProblem]:
    if not any(spec is not None and spec.window for spec in specs):
        yield RuleProblem(
            "send.window",
            "这些事件不会打开客服消息时限，只有粉丝最近 48 小时内发过消息时才发得出去",
            "these events open no customer-service window; it is sent only if the fan wrote within 48 hours",
            severity=Severity.HINT,
        )


EMITTED: Final = frozenset({GRANTED, REVOKED})
"""The built-in events that rules may make: people say what they agree to in words, too."""


def _check_emit(
    action: Action, _specs: Sequence[EventSpec | None], draft: Draft, catalogue: Catalogue
) -> Iterator[RuleProblem]:
    if isinstance(action, Emit) and action.type in catalogue.events and action.type not in EMITTED:
        yield RuleProblem(
            "emit.reserved",
            f"{action.type} 是内置事件，不能由规则触发，请换一个名称",
            f"{action.type} is a built-in event and cannot be emitted, choose another name",
        )
    if isinstance(action, Emit) and action.type in draft.on:
        yield RuleProblem(
            "emit.loop",
            "这条规则会再次触发自己，最多连续 5 次",
            "this rule sets itself off again, five times at most",
            severity=Severity.HINT,
        )


_CHECKS: Final[
    Mapping[type, Callable[[Action, Sequence[EventSpec | None], Draft, Catalogue], Iterator[RuleProblem]]]
] = {Reply: _check_reply, Send: _check_send, Emit: _check_emit}


def _check_filing(draft: Draft, condition: Condition) -> Iterator[RuleProblem]:
    if condition.access is None and draft.when != "true":
        yield RuleProblem(
            "when.linear",
            "这个条件无法索引，每个事件都要算一遍；最好再加上一个 ==、in、标签或关键词的判断",
            "no index can file this condition, so each event has to try it; add an ==, in, tag or keyword part",
            field="when",
            severity=Severity.HINT,
        )


def _check_webhooks(draft: Draft, accounts: Sequence[Account]) -> Iterator[RuleProblem]:
    """Calling another system is the one risky thing a rule can do; the operator's list of hosts is the approval."""
    for number, action in enumerate(draft.then, 1):
        if not isinstance(action, Webhook):
            continue
        concerned = [account for account in accounts if draft.account in {ALL_ACCOUNTS, account.id}]
        without = [account.id for account in concerned if action.host not in account.settings.webhook_hosts]
        if len(without) == len(concerned):
            yield RuleProblem(
                "webhook.not_allowed",
                f"域名 {action.host} 还没有被允许，请管理员加到账号的 webhook_hosts 里",
                f"the host {action.host} is not allowed yet; an operator adds it to the account's webhook_hosts",
                field="then",
                item=number,
            )
        elif without:
            yield RuleProblem(
                "webhook.partly_allowed",
                f"域名 {action.host} 在账号 {'、'.join(without)} 上没有被允许，在那里不会调用",
                f"the host {action.host} is not allowed on {', '.join(without)} and is not called there",
                field="then",
                item=number,
                severity=Severity.HINT,
            )
