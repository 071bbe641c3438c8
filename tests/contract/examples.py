"""Small values to put into stores."""

from datetime import UTC, datetime, timedelta

from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.event import Contact, Event, derive_id, fan_identity
from yuchi.domain.profile import Channel, Fired, Profile, Slice, Tag, new_person
from yuchi.domain.timeline import Answer, Match, OutboxAction, TimelineEntry, Timer
from yuchi.services.ports import PersonChange

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
ANSWER = Answer(rule="welcome", version=3, index=0, turn="1@1777622400")


def account(brand: str, **changes: object) -> Account:
    values: dict[str, object] = {"id": f"{brand}-tea", "brand": brand, "name": "青山茶事"}
    return Account.model_validate({"original_id": "gh_1", "appid": "wx1", **values, **changes})


def secrets(**changes: str) -> AccountSecrets:
    return AccountSecrets.model_validate({"app_secret": "s", "token": "t", **changes})


def event(brand: str, name: str = "e1", *, fan: str = "o-1", at: datetime = NOW, **data: object) -> Event:
    return Event(
        id=derive_id(brand, name),
        source="/wechat/tea",
        type="message.text",
        time=at,
        brand=brand,
        account="tea",
        subject=fan_identity("tea", fan),
        data=data,
    )


def profile(brand: str, fan: str = "o-1", **changes: object) -> Profile:
    identity = fan_identity("tea", fan)
    return Profile(brand=brand, person=new_person(brand, identity), identities=(identity,)).model_copy(update=changes)


def linked(profile: Profile) -> PersonChange:
    """Store ``profile``, and let its identities point to it."""
    return PersonChange(profile, links=profile.identities)


def rich_profile(brand: str) -> Profile:
    """Every field in use, with values that stores like to change: floats, nested lists, nothing, big numbers."""
    return profile(
        brand,
        tags={"领取试用装": Tag(since=1, last=2, count=3, rule="r", version=4, event="e" * 8, expires_at=9)},
        attributes={"名字": "小\u0000林", "比例": 0.1, "大": 2**53 + 1, "列": [1, "二", None, {"三": True}], "空": ""},
        scores={"main": -5},
        slices={"shop": {"比例": Slice(value=0.1, at=5)}},
        contacts={"phone:1f": Contact(sealed="c2VhbGVk", masked="138****0000")},
        channels={"wechat:tea:o-1": Channel(account="tea", subscribed=True, windows={"message": 7})},
        apart=("p-other",),
        activity={"message.text": (1, 2, 3)},
        fired={"once": Fired(since=1, count=2)},
        timers={"later": "t" * 32},
        first_seen_at=1,
        last_seen_at=2,
    )


def entry(brand: str, name: str = "e1", **changes: object) -> TimelineEntry:
    made = TimelineEntry(
        event=event(brand, name, content="你好", nested={"a": [1, 2.5, None, True]}),
        person="p1",
        matched=(Match(rule="r", version=1, name="规则"),),
        outbox=(OutboxAction(id="e:r:0", kind="send", rule="r", version=1, body={"message": {"text": "hi"}}),),
        answer=ANSWER,
        notes=("reply.second",),
    )
    return made.model_copy(update=changes)


def timer(brand: str, name: str = "t1", *, seconds: float = 0) -> Timer:
    due = NOW + timedelta(seconds=seconds)
    return Timer(due=due, event=event(brand, f"timer-{name}", at=due))
