"""What a person agreed to, and took back: kept by purpose as the latest word, and asked before anything leaves the house.

``consent.granted`` and ``consent.revoked`` say ``purpose`` and may say ``channel`` (an account's id) to which alone they
apply. WeChat's own revocation names no purpose of ours: it takes back what its authorisation was for, the use of
personal data. A cancelled authorisation takes back everything.
"""

from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.event import Event
from yuchi.domain.profile import Consent, Profile
from yuchi.domain.words import Words

GRANTED: Final = "consent.granted"
REVOKED: Final = "consent.revoked"
CANCELLED: Final = "consent.cancelled"
TYPES: Final = frozenset({GRANTED, REVOKED, CANCELLED})
"""The events that say something about consent. They happen whether any rule waits for them or not."""

MARKETING: Final = "marketing"
PROFILING: Final = "profiling"
SHARING: Final = "sharing"

PURPOSES: Final[Mapping[str, Words]] = {
    MARKETING: Words("接收营销消息", "being sent marketing messages"),
    PROFILING: Words("用个人资料做画像", "use of personal data for the profile"),
    SHARING: Words("把资料交给其他系统", "handing data over to other systems"),
}


def with_consent(profile: Profile, event: Event) -> Profile:
    """The profile after ``event``, if it says anything about consent. The later word counts, whatever came first.

    Nobody agrees or refuses in another's name: what anybody may have said is nothing here.
    """
    names = _names(event)
    if not names or not event.trusted:
        return profile
    said = Consent(granted=event.type == GRANTED, at=int(event.time.timestamp()), source=event.source, event=event.id)
    kept = {name: later(profile.consents.get(name), said) for name in names}
    return profile.model_copy(update={"consents": {**profile.consents, **kept}})


def later(left: Consent | None, right: Consent | None) -> Consent:
    """Which of two words on the same purpose counts; of two in one second, the one that forbids."""
    said = [each for each in (left, right) if each is not None]
    return max(said, key=lambda each: (each.at, not each.granted, each.event))


def allows(profile: Profile | None, purpose: str, channel: str = "") -> bool:
    """Whether ``purpose`` is allowed on ``channel``: the last word said on it, for all channels or for this one.

    Where nothing was ever said it is: who follows an account, or became a member, agreed to its terms.
    """
    said = [] if profile is None else [profile.consents.get(purpose), profile.consents.get(f"{purpose}@{channel}")]
    heard = [each for each in said if each is not None]
    return later(heard[0], heard[-1]).granted if heard else True


def consents_view(profile: Profile, channel: str) -> dict[str, bool | None]:
    """What conditions see: purpose -> granted, revoked, or None where nothing was said."""
    return {
        purpose: allows(profile, purpose, channel) if _spoken(profile, purpose, channel) else None
        for purpose in PURPOSES
    }


def _spoken(profile: Profile, purpose: str, channel: str) -> bool:
    return purpose in profile.consents or f"{purpose}@{channel}" in profile.consents


def _names(event: Event) -> list[str]:
    if event.type == CANCELLED:
        return list(PURPOSES)
    if event.type not in TYPES:
        return []
    purpose: Any = event.data.get("purpose")
    if purpose is None and event.type == REVOKED:
        purpose = PROFILING
    if purpose not in PURPOSES:
        return []
    channel = event.data.get("channel")
    return [f"{purpose}@{channel}" if isinstance(channel, str) and channel else purpose]
