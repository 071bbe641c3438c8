"""A person's rights in the tables of campaigns."""

from datetime import UTC, datetime
from typing import Any

from tests.contract.aws import CONFIG, aws
from yuchi.adapters.admin.personal_campaigns import PersonalOutcomes, PersonalReach, PersonalSends
from yuchi.adapters.admin.personal_tables import PersonalLedger, PersonalTable, PersonalTimeline
from yuchi.adapters.dynamodb.ledger import DynamoDBLedger
from yuchi.adapters.dynamodb.outcomes import DynamoDBOutcomes
from yuchi.adapters.dynamodb.reach import DynamoDBReachBook
from yuchi.adapters.dynamodb.runs import DynamoDBRuns
from yuchi.domain.campaign.model import Campaign
from yuchi.domain.campaign.reach import Sent
from yuchi.domain.campaign.run import Plan, RunKey, campaign_owner
from yuchi.domain.ledger import LedgerKey
from yuchi.services.ports_links import OutcomeKind, StoredOutcome
from yuchi.services.ports_privacy import WholePerson

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
RUN = RunKey("tea", "spring", "0123456789ab")
VARIANTS = [{"contents": {"mass": {"type": "text", "text": "新茶到店"}}}]
CAMPAIGN = Campaign.model_validate({"brand": "tea", "campaign_id": "spring", "audience": "true", "variants": VARIANTS})
PLAN = Plan(run=str(RUN), campaign=CAMPAIGN, hash="h", at=int(NOW.timestamp()))
SOMEBODY = WholePerson("tea", "p1", ("p1", "p0"), ("member:1",))


def test_what_reached_somebody_and_what_came_of_it_is_handed_out_and_erased() -> None:
    with aws() as session:
        client: Any = session.client("dynamodb", config=CONFIG)
        reach, outcomes = DynamoDBReachBook(client, "Reach"), DynamoDBOutcomes(client, "Outcomes")
        for person, run in (("p1", "a" * 16), ("p0", "b" * 16), ("p2", "a" * 16)):
            sent = Sent(int(NOW.timestamp()), "shop", "mass", "甲")
            assert reach.claim("tea", person, run, sent, now=NOW, caps=()) is None
            for kind, event, amount in ((OutcomeKind.CLICKED, "", 0), (OutcomeKind.REVENUE, "e1", 500)):
                outcomes.put(StoredOutcome(run, kind, person, "甲", NOW, event, amount), now=NOW)
        DynamoDBRuns(client, "Runs", lambda: NOW).start(PLAN)
        assert reach.claim("tea", "p1", RUN.short, sent, now=NOW, caps=()) is None
        mine = PersonalReach(PersonalTable(client, "Reach"))
        came = PersonalOutcomes(PersonalTable(client, "Outcomes"), mine)
        assert {each["run"] for each in mine.export(SOMEBODY)} == {"a" * 16, "b" * 16, RUN.short}
        assert sorted((each["person"], each["kind"]) for each in came.export(SOMEBODY)) == [
            ("p0", "clicked"), ("p0", "revenue"), ("p1", "clicked"), ("p1", "revenue"),
        ]  # fmt: skip
        ledger, key = DynamoDBLedger(client, "Ledger"), LedgerKey(owner=campaign_owner("shop", RUN, "p1"), entry="p1")
        ledger.claim(key, channel="custom", subject="wechat:shop:o1", now=NOW, repeatable=False)
        sends = PersonalSends(mine, PersonalTable(client, "Runs"))
        rows = PersonalLedger(
            PersonalTable(client, "Ledger"), PersonalTimeline(PersonalTable(client, "Timeline")), sends
        )
        assert [each["subject"] for each in rows.export(SOMEBODY)] == ["wechat:shop:o1"]
        assert sum(rows.erase(SOMEBODY)) >= 1
        assert [each.get("subject") for each in rows.export(SOMEBODY)] == [None], "that it was sent stays"
        assert sum(came.erase(SOMEBODY)) == 4
        assert sum(mine.erase(SOMEBODY)) == 2
        assert list(came.export(SOMEBODY)) == list(mine.export(SOMEBODY)) == []
        assert {each.person for each in outcomes.of_run("a" * 16)} == {"p2"}
        assert set(reach.read("tea", ["p0", "p1", "p2"])) == {"p2"}
