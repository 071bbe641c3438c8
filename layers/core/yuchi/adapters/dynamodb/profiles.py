"""``Identities`` and ``Profiles``: who is who, and what is known of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.adapters.pseudonyms import ParameterPseudonyms
from yuchi.domain.event import identity_key
from yuchi.domain.identity import WECHAT, namespace_of
from yuchi.domain.profile import Profile, new_person, shard_of
from yuchi.services.ports import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH_GET_LIMIT: Final = 100
BATCH_GET_ROUNDS: Final = 5


def profile_key(brand: str, person: str) -> Item:
    """The key of one person in ``Profiles``."""
    return {"shard": {"S": shard_of(brand, person)}, "person": {"S": person}}


def suppression_key(brand: str, pseudonym: str) -> Item:
    """The key of what is left in ``Identities`` of an erased identity. ``erased_at`` beside it is in epoch seconds."""
    return {"identity": {"S": identity_key(brand, f"erased:{pseudonym}")}}


def profile_item(profile: Profile) -> Item:
    """A profile as it is stored; empty parts are left out, for DynamoDB charges by the byte."""
    values = profile.model_dump(mode="json", exclude_none=True)
    kept = {name: value for name, value in values.items() if value not in ({}, [], None)}
    if profile.tags:
        kept["tags"] = {name: _said(tag) for name, tag in values["tags"].items()}
    return to_item({**kept, "shard": profile.shard})


def profile_from_item(item: Item) -> Profile:
    """The stored profile."""
    return Profile.model_validate(from_item(item))


_UNSAID: Final = {"rule": "", "version": 0, "event": "", "source": ""}


def _said(tag: Mapping[str, Any]) -> dict[str, Any]:
    """A tag without what it does not say: a person may have a thousand."""
    return {name: value for name, value in tag.items() if name not in _UNSAID or _UNSAID[name] != value}


def _is_named(identity: str, profile: Profile | None) -> bool:
    """Whether this is who ``identity`` belongs to: what moves an identity changes both persons' names with it."""
    return profile is not None and identity in profile.identities


def _survivor(person: str, profiles: Mapping[str, Profile]) -> Profile | None:
    """Whom ``person`` has become; merges go towards older persons, so the way ends."""
    profile = profiles.get(person)
    while profile is not None and profile.merged_into:
        profile = profiles.get(profile.merged_into)
    return profile


@dataclass(frozen=True, slots=True)
class DynamoDBProfiles:
    """:class:`yuchi.services.ports.Profiles` on DynamoDB: one read for fans who were first seen as that fan, at most three
    batch reads for others, whatever their number.

    ``pseudonyms``: what erased identities are known by; only who asks :meth:`erased` needs them.
    """

    client: "DynamoDBClient"
    identities_table: str
    profiles_table: str
    pseudonyms: ParameterPseudonyms | None = None

    def find(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, Profile]:
        """The profiles of those identities that are known.

        A fan's openid is mostly how the person was first seen, and then tells the person's id. Who that is names the
        openid among the identities, unless it was not so, and then ``Identities`` says who it is.
        """
        wanted = list(dict.fromkeys(identities))
        guesses = {each: new_person(brand, each) for each in wanted if namespace_of(each) == WECHAT}
        profiles = self._read(brand, guesses.values(), known={}, consistent=consistent)
        persons = {each: person for each, person in guesses.items() if _is_named(each, profiles.get(person))}
        others = [each for each in wanted if each not in persons]
        persons |= self.links(brand, others, consistent=consistent)
        profiles = self._read(brand, persons.values(), known=profiles, consistent=consistent)
        survivors = {identity: _survivor(person, profiles) for identity, person in persons.items()}
        return {identity: profile for identity, profile in survivors.items() if profile is not None}

    def links(self, brand: str, identities: Iterable[str], *, consistent: bool) -> dict[str, str]:
        """Those of ``identities`` that are known -> the person that each was given to."""
        keys = [{"identity": {"S": identity_key(brand, each)}} for each in dict.fromkeys(identities)]
        items = self._get_all(self.identities_table, keys, consistent=consistent)
        return {item["identity"]["S"].removeprefix(identity_key(brand, "")): item["person"]["S"] for item in items}

    def pseudonym(self, value: str) -> str | None:
        """What ``value`` is known by once it is erased; None where nobody was ever erased."""
        if self.pseudonyms is None:
            raise TypeError("made without pseudonyms")
        return self.pseudonyms.of(value)

    def erased(self, brand: str, identities: Iterable[str]) -> dict[str, int]:
        """Those of ``identities`` that were erased, and when."""
        named = {self.pseudonym(identity_key(brand, each)): each for each in identities}
        keys = {suppression_key(brand, name)["identity"]["S"]: each for name, each in named.items() if name is not None}
        found = self._get_all(self.identities_table, [{"identity": {"S": key}} for key in keys], consistent=True)
        return {keys[item["identity"]["S"]]: int(item["erased_at"]["N"]) for item in found}

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Profile]:
        """The profiles of ``persons``; of those who were merged, whom they have become. See ``ports_campaigns.Persons``."""
        profiles = self._read(brand, persons, known={}, consistent=False)
        survivors = {person: _survivor(person, profiles) for person in persons}
        return {person: profile for person, profile in survivors.items() if profile is not None}

    def _read(
        self, brand: str, persons: Iterable[str], *, known: Mapping[str, Profile], consistent: bool
    ) -> dict[str, Profile]:
        """The profiles of ``persons``, and of those whom they were merged into, beside those already ``known``."""
        profiles = dict(known)
        wanted = [person for person in dict.fromkeys(persons) if person not in profiles]
        while wanted:
            keys = [profile_key(brand, person) for person in wanted]
            found = [*map(profile_from_item, self._get_all(self.profiles_table, keys, consistent=consistent))]
            profiles |= {profile.person: profile for profile in found}
            survivors = dict.fromkeys(profile.merged_into for profile in found if profile.merged_into)
            wanted = [person for person in survivors if person not in profiles]
        return profiles

    def _get_all(self, table: str, keys: Sequence[dict[str, Any]], *, consistent: bool) -> list[Item]:
        if len(keys) == 1:
            with unavailable():
                found = self.client.get_item(TableName=table, Key=keys[0], ConsistentRead=consistent).get("Item")
            return [found] if found else []
        items: list[Item] = []
        for start in range(0, len(keys), BATCH_GET_LIMIT):
            items += self._batch_get(table, list(keys[start : start + BATCH_GET_LIMIT]), consistent=consistent)
        return items

    def _batch_get(self, table: str, keys: list[dict[str, Any]], *, consistent: bool) -> list[Item]:
        items: list[Item] = []
        for _ in range(BATCH_GET_ROUNDS):
            with unavailable():
                answer: Any = self.client.batch_get_item(
                    RequestItems={table: {"Keys": keys, "ConsistentRead": consistent}}
                )
            items += answer["Responses"].get(table, [])
            keys = [dict(key) for key in answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])]
            if not keys:
                return items
        raise UnavailableError("keys left unprocessed")
