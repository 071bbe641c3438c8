"""Who is who: what an identity proves, and which persons an event shows to be one.

An identity is ``<namespace>:<value>``. Each event names one (its ``subject``) and may prove others (its ``identities``).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from yuchi.domain.event import Event
from yuchi.domain.profile import Profile, new_person

MAX_IDENTITIES: Final = 200
"""How many identities one person may have. More is a shared device or a forgery, and is not taken in."""
MAX_ANONYMOUS: Final = 80
"""How many of them may be anonymous ids taken in one by one: anybody can claim any number of those for anybody, and none of
them may take the place of an openid or a unionid.
"""
MAX_ABSORBED: Final = 5
"""How many persons one event may make into one: each is two writes of its transaction."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One kind of identity. ``barriers``: where two persons differ in one of these, an identity of this kind that they
    share does not prove that they are one (a phone that a couple shares, a tablet in a shop).
    """

    name: str
    zh: str
    en: str
    barriers: tuple[str, ...] = ()


ANONYMOUS: Final = "anonymous"
PHONE: Final = "phone"
EMAIL: Final = "email"
MEMBER: Final = "member"
UNIONID: Final = "unionid"
WECHAT: Final = "wechat"

NAMESPACES: Final[Mapping[str, Namespace]] = {
    each.name: each
    for each in (
        Namespace(WECHAT, "一个公众号或小程序里的粉丝（openid）", "a fan of one account (openid)"),
        Namespace("wecom", "企业微信外部联系人", "an external contact of WeCom"),
        # Without barriers: a re-binding of the open platform gives the same fan a new unionid.
        Namespace(UNIONID, "开放平台内的同一个微信用户", "one WeChat user within an open platform"),
        Namespace(MEMBER, "会员号或商城用户号", "a member number, or a user of the shop", (UNIONID, MEMBER)),
        Namespace(PHONE, "手机号（只存密钥散列）", "a phone number, as its keyed hash", (UNIONID, MEMBER, WECHAT)),
        Namespace(EMAIL, "邮箱（只存密钥散列）", "an e-mail address, as its keyed hash", (UNIONID, MEMBER, WECHAT)),
        Namespace(ANONYMOUS, "浏览器或 App 的匿名编号", "a browser or app before anybody signed in"),
    )
}
"""In the order in which they are believed: an openid before everything, an anonymous id last.

An anonymous id has no barriers of this kind: see :func:`are_one`.
"""

_RANK: Final = {name: rank for rank, name in enumerate(NAMESPACES)}


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whose event it is.

    ``survivor``: the person as it is stored (``version`` 0 where new). ``absorbed``: the persons to be merged into it,
    in this order. ``links``: identities that are to point to it from now on. ``refused``: identities that would have
    proved something that other identities speak against; they stay where they are.
    """

    survivor: Profile
    absorbed: tuple[Profile, ...] = ()
    links: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def namespace_of(identity: str) -> str:
    """The part before the first colon."""
    return identity.partition(":")[0]


def are_one(left: Iterable[str], right: Iterable[str], by: str) -> bool:
    """Whether two persons with these identities are one because both have the identity ``by``.

    An anonymous id only joins somebody of whom nothing else is known: whoever holds a public write key can claim
    any id, and must not get hold of another's profile that way.
    """
    left, right = list(left), list(right)
    if namespace_of(by) == ANONYMOUS:
        return _is_anonymous(left) or _is_anonymous(right)
    namespace = NAMESPACES.get(namespace_of(by))
    return namespace is not None and not any(_differ(left, right, each) for each in namespace.barriers)


def resolve(event: Event, found: Mapping[str, Profile]) -> Resolution:
    """Whose event it is, given the persons ``found`` behind its subject and identities. Pure; needs a subject."""
    gathering = _Gathering.begin(event, found)
    for identity in sorted(event.identities, key=_rank):
        gathering.take(identity, found.get(identity))
    return gathering.finish()


@dataclass(slots=True)
class _Gathering:
    """The persons who are one so far, and all their identities."""

    brand: str
    subject: str
    identities: list[str]
    persons: dict[str, Profile] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def begin(cls, event: Event, found: Mapping[str, Profile]) -> "_Gathering":
        subject = event.subject or ""
        own = found.get(subject)
        if own is None:
            return cls(event.brand, subject, [subject], links=[subject])
        return cls(event.brand, subject, list(own.identities or (subject,)), persons={own.person: own})

    def take(self, identity: str, holder: Profile | None) -> None:
        """Take in what ``identity`` proves, or refuse it."""
        if identity in self.identities:
            return
        theirs = (identity,) if holder is None else holder.identities
        known = holder is not None and holder.person in self.persons
        if not known and not self._fits(theirs, identity, holder):
            self.refused.append(identity)
            return
        if holder is None:
            self.links.append(identity)
        elif not known:
            self.persons[holder.person] = holder
        self.identities += [each for each in theirs if each not in self.identities]

    def _fits(self, theirs: Collection[str], identity: str, holder: Profile | None) -> bool:
        news = sum(each not in self.identities for each in theirs)
        full = len(self.identities) + news > MAX_IDENTITIES or (holder is not None and len(self.persons) > MAX_ABSORBED)
        if namespace_of(identity) == ANONYMOUS:
            claimed = {each for each in (*self.identities, *theirs) if namespace_of(each) == ANONYMOUS}
            full = full or len(claimed) > MAX_ANONYMOUS
        told_apart = holder is not None and any(_are_apart(holder, each) for each in self.persons.values())
        return not full and not told_apart and are_one(self.identities, theirs, identity)

    def finish(self) -> Resolution:
        """The oldest person survives; ties go by the id, so that all functions choose alike."""
        oldest = sorted(self.persons.values(), key=lambda each: (each.first_seen_at or 0, each.person))
        if not oldest:
            survivor = Profile(brand=self.brand, person=new_person(self.brand, self.subject))
            return Resolution(survivor, links=tuple(self.links), refused=tuple(self.refused))
        return Resolution(oldest[0], tuple(oldest[1:]), tuple(self.links), tuple(self.refused))


def _are_apart(left: Profile, right: Profile) -> bool:
    return left.person in right.apart or right.person in left.apart


def _rank(identity: str) -> int:
    return _RANK.get(namespace_of(identity), len(_RANK))


def _is_anonymous(identities: Iterable[str]) -> bool:
    return all(namespace_of(each) == ANONYMOUS for each in identities)


def _differ(left: Iterable[str], right: Iterable[str], namespace: str) -> bool:
    """Both have identities of the namespace, and none in common. Openids are compared within each account."""
    mine, theirs = _by_realm(left, namespace), _by_realm(right, namespace)
    return any(not mine[realm] & theirs[realm] for realm in mine.keys() & theirs.keys())


def _by_realm(identities: Iterable[str], namespace: str) -> dict[str, set[str]]:
    realms: dict[str, set[str]] = {}
    for identity in identities:
        if namespace_of(identity) == namespace:
            realm = identity.rpartition(":")[0] if namespace == WECHAT else namespace
            realms.setdefault(realm, set()).add(identity)
    return realms
