"""A state machine over identify, alias, merge, undo and erase against a reference that only knows sets of identities.

Every event goes through the real processor on the fakes; events come twice and late, undone merges stay undone, and who
was erased is gone until something new happens.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.fakes.world import rule as made_rule
from tests.reliability.house import House, in_memory
from yuchi.domain.event import Event, derive_id
from yuchi.domain.identity import are_one
from yuchi.domain.profile import Profile, new_person
from yuchi.services.ports import EventMessage
from yuchi.services.undo_merge import LaterMergeError, NoSuchMergeError, UndoMerge

IDENTITIES = (
    *(f"anonymous:{number}" for number in range(3)),
    *(f"member:{number}" for number in range(3)),
    *(f"phone:{number}" for number in range(2)),
    *(f"unionid:{number}" for number in range(2)),
    *(f"wechat:tea:o{number}" for number in range(2)),
)
ANY = st.sampled_from(IDENTITIES)
SUBJECTS = st.sampled_from([each for each in IDENTITIES if not each.startswith(("phone", "unionid"))])


@dataclass
class Group:
    """Somebody, as the reference knows them. ``score``: how many events counted; ``first``: of the earliest."""

    identities: set[str]
    first: int
    person: str
    score: int = 0
    apart: set[str] = field(default_factory=set)

    @property
    def age(self) -> tuple[int, str]:
        """The oldest survives."""
        return self.first, self.person


class Reference:
    """Sets of identities, joined by the same proof as the real ones, and split again by hand."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.erased: dict[str, int] = {}
        self.seen: set[str] = set()

    def of(self, identity: str) -> Group | None:
        return next((each for each in self.groups if identity in each.identities), None)

    def hear(self, event: Event) -> None:
        moment = int(event.time.timestamp())
        subject = event.subject or ""
        if moment <= self.erased.get(subject, -1) or event.id in self.seen:
            return
        self.seen.add(event.id)
        own = self.of(subject)
        if own is None:
            own = Group({subject}, moment, new_person("demo", subject))
            self.groups.append(own)
        own.score += 1
        own.first = min(own.first, moment)
        for identity in sorted(event.identities, key=lambda each: RANK.index(each.partition(":")[0])):
            if moment > self.erased.get(identity, -1):
                own = self._join(own, identity)

    def _join(self, own: Group, identity: str) -> Group:
        other = self.of(identity)
        if other is own:
            return own
        theirs = other.identities if other else {identity}
        if not are_one(own.identities, theirs, identity):
            return own
        if other is None:
            own.identities.add(identity)
            return own
        if other.person in own.apart or own.person in other.apart:
            return own
        self.groups = [each for each in self.groups if each is not own and each is not other]
        first, person = min(own.age, other.age)
        both = Group(own.identities | other.identities, first, person, own.score + other.score, own.apart | other.apart)
        self.groups.append(both)
        return both

    def erase(self, identity: str, moment: int) -> None:
        group = self.of(identity)
        if group is not None:
            self.groups.remove(group)
            self.erased |= dict.fromkeys(group.identities, moment)

    def split(self, *halves: Profile) -> None:
        """What was whole is in two, and each is apart from the other for ever."""
        whole = {identity for half in halves for identity in half.identities}
        self.groups.remove(next(each for each in self.groups if each.identities == whole))
        for half, other in (halves, halves[::-1]):
            assert other.person in half.apart
            first, score = half.first_seen_at or 0, half.scores.get("main", 0)
            self.groups.append(Group(set(half.identities), first, half.person, score, set(half.apart)))


RANK = ("wechat", "unionid", "member", "phone", "anonymous")


class Identities(RuleBasedStateMachine):
    """Events in any order, some of them twice or long after; merges undone; people erased."""

    def __init__(self) -> None:
        super().__init__()
        self.house: House = in_memory()
        self.house.world.publish(made_rule("count", "page.viewed", ["score +1"], account="*"))
        self.reference = Reference()
        self.events: list[Event] = []

    @rule(subject=SUBJECTS, proved=st.lists(ANY, max_size=2, unique=True))
    def identify(self, subject: str, proved: list[str]) -> None:
        """Something happens, and the event says who else that is."""
        self.house.world.pass_time(seconds=30)
        event = Event(
            id=derive_id(str(len(self.events)), subject),
            source="/collect/shop",
            type="page.viewed",
            time=self.house.world.now,
            brand="demo",
            account="",
            subject=subject,
            identities=tuple(each for each in proved if each != subject),
        )
        self.events.append(event)
        self._process(event)

    @rule(old=SUBJECTS, new=SUBJECTS)
    def alias(self, old: str, new: str) -> None:
        """One name is another's."""
        self.identify(new, [old])

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A message is delivered again, much later."""
        self._process(data.draw(st.sampled_from(self.events)))

    @precondition(lambda self: self.events)
    @rule(identity=ANY)
    def erase(self, identity: str) -> None:
        """Somebody asks to be erased."""
        found = self.house.people.find("demo", [identity], consistent=True)
        if identity not in found:
            assert self.reference.of(identity) is None
            return
        self.house.world.pass_time(minutes=10)
        whole = self.house.whole(identity)
        self.house.erase(whole)
        self.reference.erase(identity, int(self.house.world.now.timestamp()))
        self.after_erasure()
        assert self.house.book.behind("demo", whole.identities) == {}
        assert self.house.book.read("demo", whole.persons) == []
        for store in self.house.stores.values():
            assert list(store.export(whole)) == []

    @rule(identity=ANY)
    def undo(self, identity: str) -> None:
        """The last merge of somebody is taken back."""
        profile = self.house.people.find("demo", [identity], consistent=True).get(identity)
        if profile is None or not self.house.book.merges("demo", profile.person):
            return
        merges = self.house.book.merges("demo", profile.person)
        undoing = UndoMerge(self.house.book)
        for merge in merges[:-1]:
            with pytest.raises(LaterMergeError):
                undoing.undo("demo", profile.person, merge.absorbed)
        left, right = undoing.undo("demo", profile.person, merges[-1].absorbed)
        with pytest.raises(NoSuchMergeError):
            undoing.undo("demo", profile.person, right.person)
        scores = (left.scores.get("main", 0), right.scores.get("main", 0))
        assert sum(scores) == profile.scores.get("main", 0)
        self.after_undoing()
        self.reference.split(left, right)

    def after_erasure(self) -> None:
        """For twins."""

    def after_undoing(self) -> None:
        """For twins."""

    @invariant()
    def the_same_people(self) -> None:
        """Everybody is who the reference says, with nothing lost and nothing counted twice."""
        found = self.house.people.find("demo", IDENTITIES, consistent=True)
        persons = {each.person: each for each in found.values()}
        ours = sorted((sorted(each.identities), each.scores.get("main", 0)) for each in persons.values())
        theirs = sorted((sorted(each.identities), each.score) for each in self.reference.groups)
        assert ours == theirs
        for identity, profile in found.items():
            assert identity in profile.identities

    def _process(self, event: Event) -> None:
        again = self.house.world.process.process([(event.id, EventMessage(event=event))])
        assert again == set()
        self.reference.hear(event)


FULL = settings(
    max_examples=100, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def test_people_are_who_the_reference_says() -> None:
    run_state_machine_as_test(Identities, settings=FULL)


class WithoutWord(Identities):
    """Twin: an erasure leaves no word behind."""

    def after_erasure(self) -> None:
        people: Any = self.house.people
        people.suppressed.clear()


class WithoutApart(Identities):
    """Twin: an undone merge is forgotten."""

    def after_undoing(self) -> None:
        people: Any = self.house.people
        people.profiles = {key: each.model_copy(update={"apart": ()}) for key, each in people.profiles.items()}


@pytest.mark.parametrize("twin", [WithoutWord, WithoutApart])
def test_twins_are_found(twin: type[Identities]) -> None:
    with pytest.raises((AssertionError, Flaky, KeyError)):
        run_state_machine_as_test(twin, settings=settings(FULL, max_examples=600, phases=(Phase.generate,)))
