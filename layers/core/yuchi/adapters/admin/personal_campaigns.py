"""What campaigns' tables hold about one person: what reached it, and what came of that."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from yuchi.adapters.admin.personal_tables import PersonalTable
from yuchi.adapters.aws_errors import unavailable
from yuchi.adapters.dynamodb.items import Item, from_item, to_item
from yuchi.adapters.dynamodb.outcomes import DynamoDBOutcomes
from yuchi.adapters.dynamodb.run_items import short_key
from yuchi.domain.campaign.run import RunKey, campaign_owner
from yuchi.services.ports_links import StoredOutcome
from yuchi.services.ports_privacy import WholePerson


@dataclass(frozen=True, slots=True)
class PersonalReach:
    """``Reach``: one item for each id that the person ever had."""

    table: PersonalTable

    def runs(self, whole: WholePerson) -> list[str]:
        """The runs that reached the person (``RunKey.short``)."""
        return sorted({run for item in self._items(whole) for run in from_item(item)["sends"]})

    def accounts(self, whole: WholePerson) -> list[tuple[str, str]]:
        """The runs, with the accounts by which they did."""
        sends = [from_item(item)["sends"] for item in self._items(whole)]
        return sorted({(run, sent[1]) for each in sends for run, sent in each.items()})

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """Send by send."""
        names = ("at", "account", "channel", "variant")
        for item in self._items(whole):
            for run, sent in from_item(item)["sends"].items():
                yield {"run": run, **dict(zip(names, sent, strict=False))}

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Item by item."""
        yield from self.table.delete({"reach": item["reach"]} for item in self._items(whole))

    def _items(self, whole: WholePerson) -> Iterator[Item]:
        for person in whole.persons:
            yield from self.table.query("reach = :reach", {":reach": f"{whole.brand}#{person}"})


@dataclass(frozen=True, slots=True)
class PersonalSends:
    """Where the send ledger's rows of campaigns lie: the runs that reached the person lead there."""

    reach: PersonalReach
    runs: PersonalTable

    def keys(self, whole: WholePerson) -> Iterator[Item]:
        """The keys of rows that may be there."""
        for short, account in self.reach.accounts(whole):
            with unavailable():
                found = self.runs.client.get_item(TableName=self.runs.table, Key=to_item(short_key(short))).get("Item")
            if found:
                run = RunKey.read(found["name"]["S"])
                for person in whole.persons:
                    yield to_item({"owner": campaign_owner(account, run, person), "entry": person})


@dataclass(frozen=True, slots=True)
class PersonalOutcomes:
    """``Outcomes``: found through the runs that reached the person, so it goes before ``Reach``.

    Of who was held out nothing leads to the row: it is named by an id that nobody knows any more, and leaves by its age.
    """

    table: PersonalTable
    reach: PersonalReach

    def export(self, whole: WholePerson) -> Iterator[Mapping[str, Any]]:
        """Row by row."""
        for outcome in self._outcomes(whole):
            yield {**asdict(outcome), "kind": outcome.kind.value, "at": outcome.at.isoformat()}

    def erase(self, whole: WholePerson) -> Iterator[int]:
        """Row by row."""
        for outcome in list(self._outcomes(whole)):
            with unavailable():
                self._book.remove(outcome)
            yield 1

    @property
    def _book(self) -> DynamoDBOutcomes:
        return DynamoDBOutcomes(self.table.client, self.table.table)

    def _outcomes(self, whole: WholePerson) -> Iterator[StoredOutcome]:
        for run in self.reach.runs(whole):
            yield from self._book.of_persons(run, whole.persons)
