"""A deployment in memory behind the command line: real services and the real reviewer on fake ports."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from typer.testing import CliRunner

from tests.fakes.campaigns import FakeApprovals, FakeCampaignBook, FakeCampaigns
from tests.fakes.departures import FakeDepartures
from tests.fakes.import_desk import FakeImportDesk
from tests.fakes.links import FakeOutcomes
from tests.fakes.privacy import FakePersonalStores, FakePersonBook
from tests.fakes.runs import FakeReachBook, FakeRuns
from tests.fakes.sources import SEALER, FakeSourceBook, FakeSourceCounts
from tests.fakes.stores import FakeArchive, FakeLedger, FakeMetrics, FakePeople
from tests.fakes.world import FakeWeChat
from tests.unit.services.fakes_rules import FakeBrandAccounts, FakeDraftStore, FakeRulesetStore
from yuchi.adapters.admin.stacks import FUNCTIONS, TABLES
from yuchi.bootstrap import make_catalogue
from yuchi.cli.main import app
from yuchi.cli.targets import Target
from yuchi.domain.account import Account, AccountSecrets
from yuchi.domain.draft_columns import SYSTEM_COLUMNS
from yuchi.domain.language import Bucket
from yuchi.domain.ledger import LedgerEntry
from yuchi.domain.problem import Locale
from yuchi.domain.profile import Profile
from yuchi.domain.ruleset import load
from yuchi.domain.standard.model import DEFAULT_SCHEMA, BrandSchema
from yuchi.domain.timeline import TimelineEntry
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_operators import (
    DeadLetter,
    FunctionHealth,
    Handshake,
    StackFacts,
    TableHealth,
    TokenStatus,
)
from yuchi.services.ports_privacy import PersonalStore
from yuchi.services.ports_rules import Item
from yuchi.services.ports_tags import TagBoard
from yuchi.services.review_campaigns import ReviewCampaigns
from yuchi.services.review_edit import ReviewEdit

NOW = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
TEA = Account(id="tea", brand="demo", name="青山茶事", original_id="gh_tea", appid="wx0000000000000001")
SECRETS = AccountSecrets.model_validate({"app_secret": "s" * 32, "token": "t" * 32, "encoding_aes_key": "A" * 43})
GOOD_TOKEN = TokenStatus(good_until=NOW + timedelta(hours=2))
OUTPUTS = {
    **{f"{table}Table": f"yuchi-{table}" for table in TABLES},
    **{f"{function}Function": f"yuchi-{function}" for function in FUNCTIONS},
    "EventsQueue": "https://sqs.example/events.fifo",
    "ActionsQueue": "https://sqs.example/actions.fifo",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:1:alarms",
}


@dataclass
class FakeBook:
    """Accounts in dicts."""

    known: dict[str, Account] = field(default_factory=dict)
    kept: dict[str, AccountSecrets] = field(default_factory=dict)

    def all(self) -> list[Account]:
        return list(self.known.values())

    def get(self, account: str) -> Account | None:
        return self.known.get(account)

    def secrets(self, account: str) -> AccountSecrets:
        if account not in self.kept:
            raise UnavailableError("ParameterNotFound")
        return self.kept[account]

    def put(self, account: Account, secrets: AccountSecrets) -> None:
        self.known[account.id], self.kept[account.id] = account, secrets


@dataclass
class FakeTokenDesk:
    """``answers``: what fetching leads to; ``asked``: the fetches that were wanted afresh."""

    answers: dict[str, TokenStatus | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def status(self, account: str) -> TokenStatus:
        answer = self.answers.get(account, GOOD_TOKEN)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def fetch(self, account: str, *, afresh: bool) -> TokenStatus:
        if afresh:
            self.asked.append(account)
        return self.status(account)


@dataclass
class FakeRuleBook:
    """The drafts of a store, edited as an operator does. ``before_write`` lets somebody else edit in between."""

    store: FakeDraftStore
    before_write: Callable[[], None] | None = None

    def get(self, brand: str, rule_id: str) -> Item | None:
        return self.store.get(brand, rule_id)

    def all(self, brand: str) -> Sequence[Item]:
        return [dict(item) for (each, _), item in sorted(self.store.items.items()) if each == brand]

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        if not self._is_as(columns["brand"], columns["rule_id"], seen):
            return False
        system = {name: value for name, value in (seen or {}).items() if name in SYSTEM_COLUMNS}
        self.store.put({**columns, **system})
        return True

    def remove(self, brand: str, rule_id: str, *, seen: Item) -> bool:
        if not self._is_as(brand, rule_id, seen):
            return False
        self.store.delete(brand, rule_id)
        return True

    def ask_review(self, brand: str, rule_id: str) -> None:
        self.store.put({**self.store.items[brand, rule_id], "reviewed": "asked"})

    def _is_as(self, brand: str, rule_id: str, seen: Item | None) -> bool:
        if self.before_write is not None:
            hook, self.before_write = self.before_write, None
            hook()
        return _marketers(self.store.items.get((brand, rule_id))) == _marketers(seen)


def _marketers(item: Item | None) -> dict[str, Any] | None:
    return None if item is None else {name: value for name, value in item.items() if name not in SYSTEM_COLUMNS}


@dataclass
class FakeCrowd(FakePeople):
    """People who can be looked up by their own id, with whole timelines."""

    def person(self, brand: str, person: str) -> Profile | None:
        return self.profiles.get((brand, person))

    def timeline(self, brand: str, identity: str) -> Iterator[TimelineEntry]:
        mine = [entry for (subject, _), entry in self.entries.items() if subject == f"{brand}#{identity}"]
        yield from sorted(mine, key=lambda entry: entry.moment, reverse=True)


@dataclass
class FakeLedgerBook:
    """Rows in a list."""

    rows: list[LedgerEntry] = field(default_factory=list)

    def of_rule(self, account: str, rule: str) -> Iterator[LedgerEntry]:
        yield from (row for row in self.rows if row.key.owner == f"{account}#rule#{rule}")

    def all(self) -> Iterator[LedgerEntry]:
        yield from self.rows


@dataclass
class FakeDeadLetters:
    """Queues in lists. What is received is hidden until it is released or removed."""

    waiting: dict[str, list[DeadLetter]] = field(default_factory=dict)
    hidden: dict[str, list[DeadLetter]] = field(default_factory=dict)
    sent: list[tuple[str, DeadLetter]] = field(default_factory=list)
    break_after: int | None = None

    def depth(self, source: str) -> int:
        return len(self.waiting.get(source, [])) + len(self.hidden.get(source, []))

    def receive(self, source: str) -> Sequence[DeadLetter]:
        waiting = self.waiting.get(source, [])
        taken, self.waiting[source] = waiting[:10], waiting[10:]
        self.hidden.setdefault(source, []).extend(taken)
        return taken

    def send_back(self, source: str, letter: DeadLetter) -> None:
        if self.break_after is not None and len(self.sent) >= self.break_after:
            raise UnavailableError("ThrottlingException")
        self.sent.append((source, letter))

    def remove(self, source: str, letter: DeadLetter) -> None:
        self.hidden[source].remove(letter)

    def release(self, source: str, letter: DeadLetter) -> None:
        self.hidden[source].remove(letter)
        self.waiting[source].append(letter)


@dataclass
class FakeInspection:
    """All is well, but for what a test says."""

    tables: dict[str, TableHealth | None] = field(default_factory=dict)
    functions: dict[str, FunctionHealth | None] = field(default_factory=dict)
    queues: dict[str, bool] = field(default_factory=dict)
    timed: dict[str, Sequence[tuple[str, bool]]] = field(default_factory=dict)
    subscribed: tuple[int, int] | Exception = (1, 0)
    rings: Sequence[str] = ()
    shaken: Handshake = field(default_factory=lambda: Handshake(status=200, echoed=True))

    def table(self, name: str) -> TableHealth | None:
        return self.tables.get(name, TableHealth(status="ACTIVE", recoverable=True, streams=True))

    def queue_exists(self, url: str) -> bool:
        return self.queues.get(url, True)

    def function(self, name: str) -> FunctionHealth | None:
        return self.functions.get(name, FunctionHealth(state="Active", sources={}))

    def schedules(self, function: str) -> Sequence[tuple[str, bool]]:
        return self.timed.get(function, [("rate(1 minute)", True)])

    def subscriptions(self, topic: str) -> tuple[int, int]:
        if isinstance(self.subscribed, Exception):
            raise self.subscribed
        return self.subscribed

    def ringing(self, stage: str) -> Sequence[str]:
        return self.rings

    def handshake(self, url: str, token: str) -> Handshake:
        return self.shaken


@dataclass
class FakeContacts:
    """Phones under the tests' keys. ``there``: whether the deployment has keys already."""

    there: bool = True

    def open(self, sealed: str) -> str:
        return SEALER.open(sealed)

    def make_keys(self) -> bool:
        made, self.there = not self.there, True
        return made


class FakeDesk:
    """The deployment. Its reviewer works while somebody waits, unless ``reviewer_is_up`` is False."""

    def __init__(self, *accounts: Account, region: str = "eu-west-1") -> None:
        self.facts = StackFacts(
            name="yuchi",
            region=region,
            status="UPDATE_COMPLETE",
            outputs=dict(OUTPUTS),
            parameters={"Stage": "dev", "Locale": "en"},
            api_url="https://api.example",
        )
        self.accounts = FakeBook({each.id: each for each in accounts}, {each.id: SECRETS for each in accounts})
        self.sources = FakeSourceBook()
        self.source_counts = FakeSourceCounts()
        self.tokens = FakeTokenDesk()
        self.drafts = FakeDraftStore()
        self.rules = FakeRuleBook(self.drafts)
        self.campaign_table = FakeCampaigns()
        self.campaigns = FakeCampaignBook(self.campaign_table)
        self.approvals = FakeApprovals()
        self.runs = FakeRuns()
        self.outcomes = FakeOutcomes()
        self.reach = FakeReachBook()
        self.caller = "arn:aws:iam::111122223333:user/amy"
        self.planner: Callable[[], None] = lambda: None
        self.live = FakeRulesetStore()
        self.schemas: dict[str, BrandSchema] = {}
        self.people = FakeCrowd()
        self.persons = FakePersonBook(self.people)
        self.sends = FakeLedger()
        self.archive = FakeArchive()
        self.contacts = FakeContacts()
        self.ledger = FakeLedgerBook()
        self.board: TagBoard = FakeWeChat()
        self.departures = FakeDepartures()
        self.dead_letters = FakeDeadLetters()
        self.inspection = FakeInspection()
        self.imports = FakeImportDesk()
        # given by the tests of archive, query and backtest: see tests/unit/cli/archive.py
        self.archive_files: Any = None
        self.athena: Any = None
        self.duckdb: Any = None
        self.events: Any = None
        self.reviewer_is_up = True
        self.waited = 0.0

    @property
    def rulesets(self) -> "FakeDesk":
        return self

    @property
    def personal(self) -> Mapping[str, PersonalStore]:
        return FakePersonalStores(self.people, self.sends, self.archive).all()

    def clock(self) -> datetime:
        return NOW

    def wait(self, seconds: float) -> None:
        self.waited += seconds
        if self.reviewer_is_up:
            self.review()
            self.review_campaigns()
            self.planner()
        self.imports.work()

    def review(self) -> None:
        """What ``review_edit`` does with the edits so far."""
        reviewer = ReviewEdit(
            drafts=self.drafts,
            rulesets=self.live,
            accounts=FakeBrandAccounts(self.accounts.all()),
            catalogue=make_catalogue(),
            metrics=FakeMetrics(),
            clock=self.clock,
            locale=Locale.EN,
        )
        assert reviewer.review_all(self.drafts.drain()) == set()

    def review_campaigns(self) -> None:
        """The same for campaigns."""
        reviewer = ReviewCampaigns(
            drafts=self.campaign_table,
            agenda=self.runs,
            accounts=FakeBrandAccounts(self.accounts.all()),
            catalogue=make_catalogue(),
            metrics=FakeMetrics(),
            clock=self.clock,
            locale=Locale.EN,
        )
        assert reviewer.review_all(self.campaign_table.drain()) == set()

    def publish(self, *items: Mapping[str, Any]) -> None:
        """Drafts in the table, reviewed."""
        for item in items:
            self.drafts.put({"brand": "demo", "on": "menu.clicked", "then": ["tag 新"], **item})
        self.review()

    def bucket(self, brand: str, account: str, event_type: str) -> Bucket | None:
        hashes = self.live.get_manifest(brand).hashes(account, event_type)
        return load(self.live.get_blob(brand, name) for name in hashes) if hashes else None

    def counted(self, brand: str) -> Mapping[str, int | None]:
        return self.live.get_manifest(brand).counted()

    def goals(self, brand: str) -> Mapping[str, Mapping[str, int]]:
        del brand
        return {}

    def watched(self, brand: str) -> Sequence[str]:
        return self.live.get_manifest(brand).watched()

    def listening(self, brand: str, listened_to: str) -> Collection[str]:
        return self.live.get_manifest(brand).listening(listened_to)

    def schema(self, brand: str) -> BrandSchema:
        return self.schemas.get(brand, DEFAULT_SCHEMA)

    def version(self, brand: str) -> int:
        return self.live.get_manifest(brand).version


@dataclass(frozen=True)
class CommandOutcome:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def run(
    desk: FakeDesk | Exception, *words: str, typed: str | None = None, env: Mapping[str, str] | None = None
) -> CommandOutcome:
    """``yuchi`` with ``words``. ``desk``: the deployment it finds, or why it finds none."""

    def find(_: Target) -> FakeDesk:
        if isinstance(desk, Exception):
            raise desk
        return desk

    result = CliRunner().invoke(
        app,
        list(words),
        obj=find,
        input=typed,
        env={"YUCHI_LOCALE": "en", "COLUMNS": "400", "TERM": "dumb", "YUCHI_TRACEBACK": "1", **(env or {})},
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return CommandOutcome(result.exit_code, result.stdout, result.stderr)


def lines(values: Iterable[str]) -> str:
    """What somebody types, line by line."""
    return "".join(f"{value}\n" for value in values)
