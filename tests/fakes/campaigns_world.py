"""A whole brand with campaigns in memory: every service, its queues and a WeChat that counts."""

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel

from tests.fakes.runs import FakeQuotas, FakeReachBook, FakeRuns
from tests.fakes.stores import FakeLedger
from yuchi.domain.account import Account
from yuchi.domain.campaign.approval import Approval
from yuchi.domain.campaign.content import Content
from yuchi.domain.campaign.model import Campaign, SendChannel
from yuchi.domain.campaign.reading import campaign_hash, read_campaign
from yuchi.domain.campaign.run import Plan, RunKey
from yuchi.domain.ledger import LedgerState
from yuchi.domain.profile import SHARDS, Channel, Profile, shard_of
from yuchi.services.plan_campaign import PlanCampaign
from yuchi.services.ports_campaigns import AudienceMessage, AudiencePage, BatchMessage, Policy, SendOutcome
from yuchi.services.run_keeper import RunKeeper
from yuchi.services.select_audience import SelectAudience
from yuchi.services.send_batch import SendBatch

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
BRAND = "tea"


@dataclass
class FakeLane:
    """A standard queue; ``lost``: the next so many sends are not taken."""

    messages: deque[BaseModel] = field(default_factory=deque)
    sent: int = 0
    lost: int = 0

    def send(self, messages: Sequence[BaseModel], *, group: str = "", delay: int = 0) -> int:
        del group, delay
        if self.lost:
            self.lost -= 1
            return len(messages)
        self.messages.extend(messages)
        self.sent += len(messages)
        return 0


@dataclass
class FakeWeChat:
    """Accepts, refuses or loses answers; counts what each openid got, whatever it answered.

    ``answers``: what the next calls answer; "accept, then lose" is an outcome UNKNOWN in there.
    """

    accepted: Counter[tuple[str, str]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    keys: dict[str, str] = field(default_factory=dict)
    answers: deque[SendOutcome] = field(default_factory=deque)
    texts: dict[str, Any] = field(default_factory=dict)

    def mass(self, account: Account, openids: Sequence[str], content: Content, *, client_id: str) -> SendOutcome:
        self.calls["mass"] += 1
        assert 2 <= len(openids) <= 10_000
        answer = self.answers.popleft() if self.answers else SendOutcome(LedgerState.SENT)
        if client_id in self.keys:
            return SendOutcome(LedgerState.SENT, code=45065, message_id=self.keys[client_id])
        if answer.state in {LedgerState.SENT, LedgerState.UNKNOWN}:
            self.keys[client_id] = f"m{len(self.keys)}"
            self.accepted.update((account.id, openid) for openid in openids)
            self.texts.update(dict.fromkeys(openids, content))
        return SendOutcome(
            answer.state, answer.code, answer.reason, self.keys.get(client_id, ""), answer.holds, answer.waits
        )

    def personal(
        self, account: Account, openid: str, channel: SendChannel, content: Content, *, client_id: str
    ) -> SendOutcome:
        del client_id
        self.calls[channel.value] += 1
        answer = self.answers.popleft() if self.answers else SendOutcome(LedgerState.SENT)
        if answer.state in {LedgerState.SENT, LedgerState.UNKNOWN}:
            self.accepted[account.id, openid] += 1
            self.texts[openid] = content
        return answer


@dataclass
class FakeMetrics:
    """Counts."""

    counts: Counter[str] = field(default_factory=Counter)

    def count(self, name: str, value: int = 1) -> None:
        self.counts[name] += value


@dataclass
class CampaignWorld:
    """Everything of one brand. ``items``: campaigns as marketers wrote them. Time moves by :meth:`wait` alone."""

    now: datetime = START
    profiles: dict[str, Profile] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    approvals: dict[tuple[str, str], Approval] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    brand_policy: Policy = field(default_factory=Policy)
    runs: FakeRuns = field(default_factory=FakeRuns)
    reach: FakeReachBook = field(default_factory=FakeReachBook)
    quotas: FakeQuotas = field(default_factory=FakeQuotas)
    ledger: FakeLedger = field(default_factory=FakeLedger)
    selections: FakeLane = field(default_factory=FakeLane)
    sends: FakeLane = field(default_factory=FakeLane)
    wechat: FakeWeChat = field(default_factory=FakeWeChat)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    page_size: int = 500
    fans_left: int = 0
    best: str = ""
    _shards: dict[int, list[Profile]] | None = None

    # ---------------------------------------------------------------- the outside world

    def clock(self) -> datetime:
        return self.now

    def wait(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def add_account(self, account: str) -> None:
        self.accounts[account] = Account(
            id=account, brand=BRAND, name=account, original_id=f"gh_{account}", appid=f"wx{account}"
        )

    def add_fans(self, count: int, *accounts: str, wrote: bool = False) -> None:
        """So many more persons, each a follower of ``accounts``."""
        windows = {"message": int(self.now.timestamp()) - 60} if wrote else {}
        since = int(self.now.timestamp()) - 86_400
        for number in range(len(self.profiles), len(self.profiles) + count):
            person = f"p{number:06d}"
            channels = {
                f"wechat:{account}:o{number:06d}{account}": Channel(
                    account=account, subscribed=True, subscribed_at=since, windows=windows
                )
                for account in accounts
            }
            attributes = {"称呼": f"客人{number}"}
            self.profiles[person] = Profile(
                brand=BRAND, person=person, version=1, channels=channels, attributes=attributes
            )
        self._shards = None

    def change(self, person: str, **changes: Any) -> None:
        self.profiles[person] = self.profiles[person].model_copy(update=changes)
        self._shards = None

    # ---------------------------------------------------------------- ports

    def of_brand(self, brand: str) -> tuple[Account, ...]:
        return tuple(account for account in self.accounts.values() if account.brand == brand)

    def of(self, brand: str) -> Policy:
        del brand
        return self.brand_policy

    def read(self, brand: str, persons: Sequence[str]) -> dict[str, Profile]:
        del brand
        found: dict[str, Profile] = {}
        for person in persons:
            profile = self.profiles.get(person)
            while profile is not None and profile.merged_into:
                profile = self.profiles.get(profile.merged_into)
            if profile is not None:
                found[person] = profile
        return found

    def page(self, brand: str, shard: int, cursor: str | None) -> AudiencePage:
        del brand
        if self._shards is None:
            self._shards = {number: [] for number in range(SHARDS)}
            for profile in sorted(self.profiles.values(), key=lambda each: each.person):
                self._shards[int(shard_of(BRAND, profile.person)[-2:])].append(profile)
        behind = [profile for profile in self._shards[shard] if cursor is None or profile.person > cursor]
        page = behind[: self.page_size]
        found = [profile for profile in page if profile.merged_into is None]
        return AudiencePage(found, len(page), page[-1].person if len(behind) > self.page_size else None)

    def get(self, brand: str, campaign_id: str) -> Mapping[str, Any] | None:
        del brand
        item = self.items.get(campaign_id)
        if item is None:
            return None
        judged = {"reviewed": campaign_hash(item), "checked": campaign_hash(item)}
        return {**judged, **item}

    def write(self, brand: str, campaign_id: str, columns: Mapping[str, Any]) -> bool:
        del brand
        item = self.items.get(campaign_id)
        if item is None:
            return False
        merged = {**item, **columns}
        self.items[campaign_id] = {name: value for name, value in merged.items() if value is not None}
        return True

    def answer(self, brand: str, campaign_id: str, asked: str, columns: Mapping[str, Any]) -> bool:
        item = self.items.get(campaign_id)
        if item is None or item.get("ask") != asked:
            return False
        return self.write(brand, campaign_id, {**columns, "ask": None})

    def estimate(self, campaign: Campaign) -> Mapping[str, Any]:
        del campaign
        return {"estimate": "约 1 人"}

    def count(self, campaign: Campaign) -> Mapping[str, Any] | None:
        del campaign
        return {"counted": len(self.profiles)}

    def preview(self, campaign: Campaign, plan_hash: str) -> Mapping[str, Any]:
        del campaign
        return {"previewed_hash": plan_hash}

    def left(self, plan: Plan) -> int:
        del plan
        return self.fans_left

    def winner(self, plan: Plan) -> str:
        return self.best or plan.campaign.variants[0].name

    def report(self, plan: Plan) -> str:
        del plan
        return "报告"

    # ---------------------------------------------------------------- services

    @property
    def planner(self) -> PlanCampaign:
        keeper = RunKeeper(self.runs, self.selections, self.sends, self, self, self.metrics, self.clock)
        return PlanCampaign(
            campaigns=self,
            approvals=_Approvals(self.approvals),
            runs=self.runs,
            agenda=self.runs,
            keeper=keeper,
            answers=self,
            metrics=self.metrics,
            clock=self.clock,
        )

    @property
    def selector(self) -> SelectAudience:
        return SelectAudience(
            runs=self.runs,
            reach=self.reach,
            accounts=self,
            policy=self,
            audience=lambda _plan: self,
            selections=self.selections,
            sends=self.sends,
            metrics=self.metrics,
            clock=self.clock,
        )

    @property
    def sender(self) -> SendBatch:
        return SendBatch(
            runs=self.runs,
            people=self,
            reach=self.reach,
            ledger=self.ledger,
            quotas=self.quotas,
            accounts=self,
            policy=self,
            sender=self.wechat,
            metrics=self.metrics,
            clock=self.clock,
            senders=1,
        )

    # ---------------------------------------------------------------- what people do

    def put(self, campaign_id: str = "spring", **columns: Any) -> None:
        """A marketer's item, with what it needs where nothing else is said."""
        usual = {
            "brand": BRAND,
            "campaign_id": campaign_id,
            "audience": "true",
            "channel": "mass",
            "content": "新茶到店",
        }
        self.items[campaign_id] = {**self.items.get(campaign_id, {}), **usual, **columns}

    def ask(self, what: str, campaign_id: str = "spring") -> None:
        """Ask, and have it answered as the stream would."""
        self.items[campaign_id]["ask"] = what
        self.planner.look(BRAND, campaign_id)

    def approve(self, campaign_id: str = "spring", *, audience: int | None = None, by: str = "小王") -> None:
        """Preview it, approve it, as the stream of approvals would tell."""
        plan_hash = read_campaign(self.items[campaign_id]).plan_hash
        self.items[campaign_id]["previewed_hash"] = plan_hash
        shown = len(self.profiles) if audience is None else audience
        self.approvals[campaign_id, plan_hash] = Approval(BRAND, campaign_id, plan_hash, by, self.now, shown)
        self.planner.look(BRAND, campaign_id)

    def select(self) -> None:
        """Decide for the whole audience, and cut the batches."""
        while self.selections.messages:
            message = self.selections.messages.popleft()
            assert isinstance(message, AudienceMessage)
            self.selector.work(message)

    def send_one(self) -> None:
        """The next message of the queue of batches."""
        message = self.sends.messages.popleft()
        assert isinstance(message, BatchMessage)
        self.sender.work(message)

    def drain(self) -> None:
        """Work off both queues."""
        while self.selections.messages or self.sends.messages:
            self.select()
            if self.sends.messages:
                self.send_one()

    def finish(self, *, minutes: int = 60) -> None:
        """Minute by minute until nothing is due any more."""
        for _ in range(minutes):
            self.drain()
            self.wait(minutes=1)
            self.planner.tick()

    # ---------------------------------------------------------------- what became of it

    def plan(self, campaign_id: str = "spring") -> Plan:
        return self.runs.runs_of(BRAND, campaign_id)[0]

    def endings(self, campaign_id: str = "spring") -> Counter[str]:
        """How many persons ended how: ``SENT``, ``SKIPPED holdout``."""
        counts: Counter[str] = Counter()
        for stored in self.runs.batches(RunKey.read(self.plan(campaign_id).run)):
            for tally, count in (stored.tallies or {}).items():
                counts[f"{tally.state} {tally.reason}".strip()] += count
        return counts


@dataclass
class _Approvals:
    known: Mapping[tuple[str, str], Approval]

    def get(self, brand: str, campaign_id: str, plan_hash: str) -> Approval | None:
        del brand
        return self.known.get((campaign_id, plan_hash))


def twice(counts: Iterable[int]) -> int:
    """How many got it more than once."""
    return sum(count > 1 for count in counts)
