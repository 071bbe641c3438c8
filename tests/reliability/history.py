"""The history checker: what the far ends accepted, what the ledger says, what was recorded; they must tell one story.

Letters are those of the promises: a) at most one acceptance for each effect, b) SENT was accepted, c) accepted is SENT
or UNKNOWN, d) every decided action ends in one state, e) nobody who left is written to, h) rows go the allowed ways,
i) counts and profiles equal a recount of the record, j) every final state has a reason from a closed list, k) messages
of a person are accepted in the order of the events, and no chain is longer than its limit.
"""

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from yuchi.adapters.webhooks.signature import webhook_id
from yuchi.domain.event import MAX_HOPS, openid_of
from yuchi.domain.ledger import TRANSITIONS, LedgerEntry, LedgerState
from yuchi.services.ports import ActionMessage

if TYPE_CHECKING:
    from tests.reliability.system import System

REASONS = frozenset(
    {
        "",
        "accepted",
        "answer_lost",
        "answered_already",
        "claimed",
        "function_failed",
        "function_unavailable",
        "minute_limit",
        "no_webhook_secret",
        "not_a_fan",
        "not_a_message",
        "not_finished",
        "not_sent",
        "erased",
        "opted_out",
        "passive_only",
        "rejected",
        "store_unavailable",
        "token",
        "too_old",
        "unknown_account",
        "unknown_action",
        "unsubscribed",
        "window_closed",
        "worker_lost",
    }
)


def violations(system: "System") -> list[str]:
    """Every broken promise, in words; nothing when all hold. Texts of messages must be different for each action."""
    return [*_acceptances(system), *_ledger_ways(system), *_recount(system)]


def _acceptances(system: "System") -> list[str]:
    found = []
    accepted = system.platform.counts()
    # from the queue: the record of people who left holds no texts any more
    actions = [message.action for message in _decided(system)]
    texts = {
        (openid_of(message.subject) or "", message.action.body["message"]["text"]): message.action.id
        for message in _decided(system)
        if "message" in message.action.body
    }
    rows = {row.key.entry: row for row in system.ledger.rows.values()}
    for (openid, text), times in accepted.items():
        row = rows.get(texts.get((openid, text), ""))
        if times > 1:
            found.append(f"a) {text} accepted {times} times")
        if row is None or (row.state not in {LedgerState.SENT, LedgerState.UNKNOWN, LedgerState.CLAIMED}):
            found.append(f"c) {text} accepted, and the ledger says {row.state if row else None}")
    for (openid, text), action_id in texts.items():
        row = rows.get(action_id)
        if row and row.state is LedgerState.SENT and not accepted[openid, text]:
            found.append(f"b) {text} is SENT and was not accepted")
    known = {webhook_id(action.id) for action in actions}
    found += [f"a) unknown webhook {each}" for each in system.receiver.seen if each not in known]
    return found


def _decided(system: "System") -> list[ActionMessage]:
    return [message for _, message in system.actions.read(system.actions.everything)]


def _ledger_ways(system: "System") -> list[str]:
    found = []
    ways: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
    for row in system.ledger.history:
        ways[row.key.entry].append(row)
    for action, rows in ways.items():
        previous = None
        for version, row in enumerate(rows, start=1):
            placed = previous is not None and row.place_taken and not previous.place_taken
            if row.version != version:
                found.append(f"h) {action}: version {row.version} instead of {version}")
            if not placed and row.state not in TRANSITIONS[previous.state if previous else None]:
                found.append(f"h) {action}: {previous.state if previous else None} -> {row.state}")
            if row.reason not in REASONS:
                found.append(f"j) {action}: {row.reason}")
            previous = row
    return found


def _recount(system: "System") -> list[str]:
    found = []
    matched: Counter[str] = Counter()
    for entry in system.people.entries.values():
        matched.update(match.rule for match in entry.matched)
        if entry.event.hops > MAX_HOPS:
            found.append(f"k) {entry.event.hops} hops")
    for rule, times in system.counters.matched.get(system.account.brand, Counter()).items():
        if times > matched[rule]:  # fewer is allowed: a container that dies may lose its last minute
            found.append(f"i) {rule} counted {times} times, recorded {matched[rule]} times")
    return found


def unsettled(system: "System") -> list[str]:
    """d) once all queues are empty: actions that were decided and have no row, or one that is not final."""
    rows = {row.key.entry: row for row in system.ledger.rows.values()}
    dead = {message.identifier for message in system.actions.dead}
    found = []
    for message in _decided(system):
        row = rows.get(message.action.id)
        if (row is None or TRANSITIONS[row.state]) and message.action.id not in dead:
            found.append(f"d) {message.action.id} is {row.state if row else 'forgotten'}")
    return found
