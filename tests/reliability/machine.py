"""T2: anything that may happen to the pipeline, in any order, as a Hypothesis state machine.

Its steps are what fans, marketers, SQS, WeChat and crashes do. After each of them the history must be without a broken
promise, and when everything has come to rest nothing may be left over.
"""

from collections import Counter, defaultdict
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.fakes.stores import FakeCounters
from tests.fakes.world import rule as published
from tests.reliability.crash import EVERYWHERE, Call, ForgetfulReceipts, Killed, NoLedger, refuse
from tests.reliability.history import unsettled, violations
from tests.reliability.platforms import AT_WECHAT, Accepted
from tests.reliability.system import HOST, System, text_push
from yuchi.domain.event import Event, derive_id, fan_identity, openid_of
from yuchi.domain.rule import Rule
from yuchi.services.ports import EventMessage

FANS = ["o-ann", "o-bob", "o-cat"]

COMMON = (
    published("chain-a", "tag.added", ["untag 环", "emit step.next"], when='event.tag == "环"'),
    published("chain-b", "tag.removed", ["tag 环", "score ring +1"], when='event.tag == "环"'),
    published("later", "timer.fired", ["score timer +1", "send timer {{event.id}}"]),
    published("bye", "fan.unsubscribed", ["score gone +1", f"webhook https://{HOST}/bye"]),
)
RULESETS: tuple[tuple[Rule, ...], ...] = (
    (
        published("hello", "message.text", ["tag 来过", "score +1", "send hello {{event.id}}"]),
        published("click", "menu.clicked", ["score +10", "send click {{event.id}}", f"webhook https://{HOST}/in"]),
    ),
    (
        published("hello", "message.text", ["score +1", "reply answer {{event.id}}", "after 1h remind"]),
        published("click", "menu.clicked", ["tag 环", "score +10", "send click {{event.id}}"], limit="2/day"),
    ),
    (published("click", "menu.clicked", ["tag 环 for 1d", "score +10", "reply answer {{event.id}}"]),),
)
FAULTS = st.sampled_from([*EVERYWHERE.values()])


def demand(broken: list[str]) -> None:
    """Fail with the promises that were broken."""
    if broken:
        raise AssertionError("; ".join(broken))


class Pipeline(RuleBasedStateMachine):
    """Subclasses plant defects by :meth:`make`."""

    def make(self) -> System:
        return System(*RULESETS[0], *COMMON)

    @initialize()
    def begin(self) -> None:
        self.system = self.make()
        self.system.platform.on_accept = self.remember
        self.left: list[str] = []
        self.pushed: list[Event] = []
        self.texts: list[tuple[str, str]] = []
        self.passive: defaultdict[str, set[str]] = defaultdict(set)
        self.killed = False
        for fan in FANS:
            self.push(fan, "fan.subscribed")

    def remember(self, accepted: Accepted) -> None:
        profile = self.system.profile(accepted.openid)
        if not any(channel.subscribed for channel in profile.channels.values()):
            self.left.append(f"e) {accepted.text} went to {accepted.openid}, who left")

    def guarded(self, run: Any) -> None:
        try:
            run()
        except Killed:
            self.killed = True

    # --- fans ---

    def push(self, fan: str, event_type: str) -> None:
        event = self.system.event(event_type, fan, n=len(self.pushed))
        self.pushed.append(event)
        self.enqueue(event)

    def enqueue(self, event: Event) -> None:
        self.system.events.send([(event.id, f"{event.brand}#{event.subject}", EventMessage(event=event))])

    @rule(fan=st.sampled_from(FANS), event_type=st.sampled_from(["message.text", "menu.clicked", "menu.clicked"]))
    def act(self, fan: str, event_type: str) -> None:
        self.push(fan, event_type)

    @rule(fan=st.sampled_from(FANS), event_type=st.sampled_from(["fan.subscribed", "fan.unsubscribed"]))
    def come_or_go(self, fan: str, event_type: str) -> None:
        self.push(fan, event_type)

    @rule(data=st.data())
    def push_again(self, data: st.DataObject) -> None:
        """WeChat repeats a push, or an operator replays an old one."""
        self.enqueue(data.draw(st.sampled_from(self.pushed)))

    @rule(fan=st.sampled_from(FANS), outage=st.booleans())
    def say(self, fan: str, outage: bool) -> None:
        """A real push through the callback; its answer may come too late, then it is pushed again."""
        if outage:
            self.break_next("people.find", refuse)
        number = len(self.texts) + 1
        event_id = derive_id(self.system.account.id, "message", fan, str(number))
        self.texts.append((text_push(self.system, fan=fan, number=number), event_id))
        self.guarded(lambda: self.hear(*self.texts[-1]))

    @precondition(lambda self: self.texts)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        self.guarded(lambda: self.hear(*data.draw(st.sampled_from(self.texts))))

    def hear(self, push: str, event_id: str) -> None:
        response = self.system.receive(push)
        if response.status == 200 and response.body != "success":
            self.passive[event_id].add(response.body)

    # --- the queues ---

    @rule(size=st.integers(1, 10), acknowledged=st.booleans())
    def work_on_events(self, size: int, acknowledged: bool) -> None:
        self.guarded(lambda: self.system.step_events(size, acknowledge=acknowledged))

    @rule(size=st.integers(1, 10), acknowledged=st.booleans())
    def work_on_actions(self, size: int, acknowledged: bool) -> None:
        self.guarded(lambda: self.system.step_actions(size, acknowledge=acknowledged))

    @rule()
    def forget_duplicates(self) -> None:
        self.system.events.forget()
        self.system.actions.forget()

    @rule()
    def deliver_all_again(self) -> None:
        self.system.events.repeat()
        self.system.actions.repeat()

    @rule(data=st.data())
    def delay_or_reorder(self, data: st.DataObject) -> None:
        """Groups overtake each other; within a group order stays."""
        for queue in (self.system.events, self.system.actions):
            groups = data.draw(st.permutations(sorted({each.group for each in queue.messages})))
            queue.messages.sort(key=lambda each: groups.index(each.group))

    # --- trouble ---

    @rule(point=st.integers(0, 30), fault=FAULTS)
    def break_a_call(self, point: int, fault: Any) -> None:
        self.system.gate.arm(point, fault)

    @rule(fault=st.sampled_from([*AT_WECHAT.values()]))
    def break_wechat(self, fault: Any) -> None:
        self.break_next("wechat.request", fault)

    def break_next(self, name: str, fault: Any) -> None:
        """Let the next call of that name fail."""

        def wait(call: Call) -> Any:
            if call.name == name:
                return fault(call)
            self.system.gate.arm(0, wait)
            return call.run()

        self.system.gate.arm(0, wait)

    @rule(codes=st.lists(st.sampled_from([0, -1, 45011, 45015, 45047, 43004, 40001]), max_size=3))
    def weather(self, codes: list[int]) -> None:
        self.system.platform.codes = codes

    @rule(outcomes=st.lists(st.sampled_from(["delivered", "refused", "not_sent", "unknown"]), max_size=3))
    def weather_at_receivers(self, outcomes: list[str]) -> None:
        self.system.receiver.outcomes = outcomes

    @rule(number=st.sampled_from([0, 1, 2]))
    def edit_rules(self, number: int) -> None:
        self.system.publish(*RULESETS[number], *COMMON)

    @rule(seconds=st.sampled_from([1, 5, 30, 61, 95, 200, 301, 3_700, 90_000]))
    def pass_time(self, seconds: int) -> None:
        self.system.pass_time(seconds=seconds)

    @rule()
    def tick(self) -> None:
        self.guarded(self.system.fire)

    # --- what must hold ---

    @invariant()
    def the_history_is_sound(self) -> None:
        if hasattr(self, "system"):
            demand([*violations(self.system), *self.left, *self.answers()])

    def answers(self) -> list[str]:
        """l) a push is answered passively, always alike, or by message, never both ways."""
        by_message = {each.text.removeprefix("answer ") for each in self.system.platform.accepted}
        return [f"l) {each} was answered by message too" for each in self.passive.keys() & by_message] + [
            f"l) {each} got two answers" for each, bodies in self.passive.items() if len(bodies) > 1
        ]

    def teardown(self) -> None:
        if not hasattr(self, "system"):
            return
        system = self.system
        system.gate.plan = None
        system.platform.codes, system.receiver.outcomes = [], []
        system.drain()
        self.the_history_is_sound()
        demand(unsettled(system))
        recorded = {entry.event.id for entry in system.people.entries.values()}
        dead = {message.identifier for message in system.events.dead}
        lost = {event.id for event in self.pushed} - recorded - dead
        demand([f"d) event {each} was lost" for each in sorted(lost)])
        self.check_order()
        self.check_profiles()

    def check_order(self) -> None:
        """k) a person's events were recorded in the order in which they first came."""
        system = self.system
        came: defaultdict[str, list[str]] = defaultdict(list)
        for message in system.events.everything:
            if message.identifier not in came[message.group]:
                came[message.group].append(message.identifier)
        dead = {message.identifier for message in system.events.dead}
        done: defaultdict[str, list[str]] = defaultdict(list)
        for entry in system.people.entries.values():
            done[entry.subject].append(entry.event.id)
        for group, identifiers in done.items():
            if not dead and identifiers != [each for each in came[group] if each in identifiers]:
                demand([f"k) events of {group} were recorded out of order"])

    def check_profiles(self) -> None:
        """i) what a profile says of itself equals a recount of the record, since its person last left."""
        points: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for entry in self.system.people.entries.values():
            fan = openid_of(entry.event.subject or "") or ""
            for match in entry.matched:
                points[fan].update(POINTS.get(match.rule, {}))
            if entry.event.type == "fan.unsubscribed" and not self.stayed(entry.event):
                points[fan].clear()
        for fan in FANS:
            scores = self.system.people.find("demo", [fan_identity(self.system.account.id, fan)], consistent=True)
            for profile in scores.values():
                if profile.scores != dict(+points[fan]):
                    demand([f"i) {fan} has {profile.scores}, the record says {dict(+points[fan])}"])

    def stayed(self, event: Event) -> bool:
        """Whether a later subscription was known already when the news of leaving came."""
        entries = list(self.system.people.entries.values())
        position = next(index for index, entry in enumerate(entries) if entry.event.id == event.id)
        return any(
            entry.event.subject == event.subject and entry.event.time > event.time for entry in entries[:position]
        )


POINTS = {
    "hello": {"main": 1},
    "click": {"main": 10},
    "chain-b": {"ring": 1},
    "later": {"timer": 1},
    "bye": {"gone": 1},
}


# --- planted defects ---


class LedgerByDelivery(Pipeline):
    """What SQS calls the message id is the key: a redelivered action is not known any more."""

    def make(self) -> System:
        return System(*RULESETS[0], *COMMON, ledger=NoLedger())


class CountPerDelivery(Pipeline):
    """Matches are counted for each delivery of an event."""

    def make(self) -> System:
        system = super().make()
        process = system.process
        counters: FakeCounters = system.counters

        class Counting:
            def process(self, messages: Any) -> set[str]:
                failed = process.process(messages)
                for _, message in messages:
                    for entry in list(system.people.entries.values()):
                        if entry.event.id == message.event.id:
                            counters.add([entry], now=system.now, full=False)
                return failed

        system.process = Counting()  # type: ignore[assignment]
        return system


class EagerOutbox(Pipeline):
    """An event that comes again is decided again, and its new actions get new ids."""

    def make(self) -> System:
        system = super().make()
        commit = system.people.commit
        times: Counter[str] = Counter()

        def again(entry: Any, **arguments: Any) -> None:
            times[entry.event.id] += 1
            if times[entry.event.id] > 1:
                system.people.entries.pop((entry.subject, entry.moment), None)
            commit(entry, **arguments)

        system.people.commit = again  # type: ignore[method-assign]
        return system


class NoArbiter(Pipeline):
    """Passive reply and message do not know of each other."""

    def make(self) -> System:
        return System(*RULESETS[1], *COMMON, receipts=ForgetfulReceipts())
