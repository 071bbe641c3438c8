"""Two persons become one, and two again."""

from hypothesis import given
from hypothesis import strategies as st

from yuchi.domain.attributes import resolved, with_attributes
from yuchi.domain.merging import merge, unmerge
from yuchi.domain.profile import Channel, Fired, Profile, Slice, Tag

NAMES = st.sampled_from("abc")
TIMES = st.integers(0, 50)

TAGS = st.builds(
    lambda since, lasted, count, event, end: Tag(
        since=since, last=since + lasted, count=count, event=event, expires_at=end
    ),
    TIMES,
    TIMES,
    st.integers(1, 5),
    NAMES,
    st.none() | TIMES,
)
SLICES = st.dictionaries(
    st.sampled_from(["shop", "site"]),
    st.dictionaries(NAMES, st.builds(Slice, value=st.integers(0, 3) | st.none(), at=TIMES), min_size=1, max_size=3),
    max_size=2,
)


@st.composite
def persons(draw: st.DrawFn, person: str) -> Profile:
    slices = draw(SLICES)
    activity = draw(st.dictionaries(NAMES, st.lists(TIMES, max_size=4)))
    return Profile(
        brand="demo",
        person=person,
        identities=tuple(f"member:{person}{number}" for number in range(draw(st.integers(1, 3)))),
        tags=draw(st.dictionaries(NAMES, TAGS, max_size=3)),
        slices=slices,
        attributes=resolved(slices),
        scores=draw(st.dictionaries(NAMES, st.integers(-5, 5))),
        channels={f"wechat:tea:{person}": Channel(account="tea", subscribed=draw(st.booleans()))},
        activity={name: tuple(sorted(times)) for name, times in activity.items()},
        fired=draw(st.dictionaries(NAMES, st.builds(Fired, since=TIMES, count=st.integers(1, 3)))),
        first_seen_at=draw(st.none() | TIMES),
        last_seen_at=draw(st.none() | TIMES),
    )


@given(persons("x"), persons("y"))
def test_undoing_a_merge_gives_back_both(left: Profile, right: Profile) -> None:
    assert unmerge(merge(left, right), before=left, absorbed=right) == left


@given(persons("x"), persons("y"), TIMES, st.integers(-3, 3))
def test_what_happened_since_the_merge_stays(left: Profile, right: Profile, moment: int, points: int) -> None:
    def since(profile: Profile) -> Profile:
        told = with_attributes(profile, "since", {"a": moment}, 99)
        return told.model_copy(
            update={
                "tags": {**profile.tags, "since": Tag(since=moment, last=moment)},
                "scores": {**profile.scores, "a": profile.scores.get("a", 0) + points},
                "activity": {**profile.activity, "since": (moment,)},
            }
        )

    undone = unmerge(since(merge(left, right)), before=left, absorbed=right)
    expected = since(left)
    assert undone.scores.get("a", 0) == expected.scores.get("a", 0)
    assert (undone.tags, undone.attributes, undone.activity) == (expected.tags, expected.attributes, expected.activity)


@given(persons("x"), persons("y"))
def test_nothing_is_lost_in_a_merge(left: Profile, right: Profile) -> None:
    both = merge(left, right)
    assert set(both.tags) == set(left.tags) | set(right.tags)
    assert set(both.identities) == {*left.identities, *right.identities}
    assert set(both.channels) == {*left.channels, *right.channels}
    for name in set(left.scores) | set(right.scores):
        assert both.scores[name] == left.scores.get(name, 0) + right.scores.get(name, 0)
    for source in set(left.slices) | set(right.slices):
        assert set(both.slices[source]) == {*left.slices.get(source, {}), *right.slices.get(source, {})}
