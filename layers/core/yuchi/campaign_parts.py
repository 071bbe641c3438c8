"""The composition root of campaigns: which adapter stands behind which of their ports. See :mod:`yuchi.bootstrap`."""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from yuchi.parts import Parts

if TYPE_CHECKING:
    from yuchi.adapters.dynamodb.audience import DynamoDBAudience
    from yuchi.adapters.dynamodb.drafts import DynamoDBBrandAccounts
    from yuchi.adapters.dynamodb.outcomes import DynamoDBOutcomes
    from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles
    from yuchi.adapters.dynamodb.quotas import DynamoDBQuotas
    from yuchi.adapters.dynamodb.reach import DynamoDBReachBook
    from yuchi.adapters.dynamodb.runs import DynamoDBRuns
    from yuchi.adapters.link_marks import ParameterMarks
    from yuchi.adapters.sqs_standard import SQSStandardQueue
    from yuchi.domain.campaign.run import Plan
    from yuchi.services.brand_policy import RulesetPolicy
    from yuchi.services.follow_link import FollowLink
    from yuchi.services.plan_campaign import PlanCampaign
    from yuchi.services.record_delivery import RecordDelivery
    from yuchi.services.select_audience import SelectAudience
    from yuchi.services.send_batch import SendBatch
    from yuchi.services.track_links import TrackLinks


class CampaignParts(Parts):
    """The use cases of the functions that carry out campaigns."""

    def plan_campaign(self) -> "PlanCampaign":
        """The use case of ``functions/plan_campaign``."""
        from yuchi.adapters.dynamodb.agenda import DynamoDBAgenda
        from yuchi.adapters.dynamodb.campaigns import DynamoDBApprovals, DynamoDBCampaigns
        from yuchi.adapters.dynamodb.live import DynamoDBRulesetStore
        from yuchi.adapters.wechat.campaign_sender import WeChatCampaignSender
        from yuchi.domain.problem import Locale
        from yuchi.services.campaign_answers import CampaignAnswers
        from yuchi.services.campaign_goals import CampaignGoals
        from yuchi.services.campaign_results import CampaignResults
        from yuchi.services.estimate_audience import EstimateAudience
        from yuchi.services.plan_campaign import PlanCampaign
        from yuchi.services.preview_campaign import PreviewCampaign
        from yuchi.services.run_keeper import RunKeeper

        self._require("parameter_prefix", "tokens_table", "refresh_tokens_function")
        client, locale = self.client("dynamodb"), Locale(self.settings.locale)
        told: dict[str, Any] = {"metrics": self.metrics, "clock": self.clock}
        keeper = RunKeeper(
            runs=self.runs,
            selections=self._lane("audience"),
            sends=self._lane("sends"),
            policy=self.policy,
            results=CampaignResults(self.runs, self.outcomes, locale),
            **told,
        )
        preview = PreviewCampaign(
            profiles=self.profiles,
            people=self.profiles,
            ledger=self.ledger,
            quotas=self.quotas,
            accounts=self._brand_accounts,
            policy=self.policy,
            sender=WeChatCampaignSender(self._wechat_client, self.metrics),
            locale=locale,
            **told,
        )
        return PlanCampaign(
            campaigns=DynamoDBCampaigns(client=client, campaigns_table=self.settings.need("campaigns_table")),
            approvals=DynamoDBApprovals(client=client, approvals_table=self.settings.need("approvals_table")),
            runs=self.runs,
            agenda=DynamoDBAgenda(client=client, runs_table=self.settings.need("runs_table")),
            keeper=keeper,
            answers=CampaignAnswers(EstimateAudience(self.select_audience(), self.quotas, self.clock, locale), preview),
            locale=locale,
            goals=CampaignGoals(DynamoDBRulesetStore(client=client, live_table=self.settings.need("live_table"))),
            **told,
        )

    def select_audience(self) -> "SelectAudience":
        """The use case of ``functions/select_audience``."""
        from yuchi.services.select_audience import SelectAudience

        self._require("profiles_table")
        return SelectAudience(
            runs=self.runs,
            reach=self.reach,
            accounts=self._brand_accounts,
            policy=self.policy,
            audience=self._audience,
            selections=self._lane("audience"),
            sends=self._lane("sends"),
            metrics=self.metrics,
            clock=self.clock,
        )

    def send_batch(self) -> "SendBatch":
        """The use case of ``functions/send_batch``."""
        from yuchi.adapters.wechat.campaign_sender import WeChatCampaignSender
        from yuchi.services.send_batch import SendBatch

        self._require("parameter_prefix", "tokens_table", "refresh_tokens_function", "links_table")
        return SendBatch(
            runs=self.runs,
            people=self._people,
            reach=self.reach,
            ledger=self.ledger,
            quotas=self.quotas,
            accounts=self._brand_accounts,
            policy=self.policy,
            sender=WeChatCampaignSender(self._wechat_client, self.metrics),
            metrics=self.metrics,
            clock=self.clock,
            links=self._links(),
        )

    def record_delivery(self) -> "RecordDelivery":
        """The use case of ``functions/record_delivery``."""
        from yuchi.adapters.admin.person_book import DynamoDBPersonBook
        from yuchi.services.reconcile_mass import ReconcileMass
        from yuchi.services.record_delivery import RecordDelivery

        return RecordDelivery(
            runs=self.runs,
            held=self.runs,
            reach=self.reach,
            outcomes=self.outcomes,
            rulesets=self.rulesets,
            book=DynamoDBPersonBook(
                client=self.client("dynamodb"),
                profiles=self.profiles,
                merges_table=self.settings.need("merges_table"),
            ),
            masses=ReconcileMass(self.runs, self.ledger, self.metrics, self.clock),
            metrics=self.metrics,
            clock=self.clock,
        )

    def follow_link(self) -> "FollowLink":
        """The use case of ``functions/follow_link``."""
        from yuchi.adapters.dynamodb.links import DynamoDBLinkBook
        from yuchi.services.follow_link import FollowLink

        return FollowLink(
            book=DynamoDBLinkBook(client=self.client("dynamodb"), links_table=self.settings.need("links_table")),
            marks=self._marks(),
            outcomes=self.outcomes,
            events=self.events,
            metrics=self.metrics,
            clock=self.clock,
        )

    # ------------------------------------------------------------------ what they share

    @cached_property
    def runs(self) -> "DynamoDBRuns":
        """Plans, pages, batches and progress."""
        from yuchi.adapters.dynamodb.runs import DynamoDBRuns

        return DynamoDBRuns(self.client("dynamodb"), self.settings.need("runs_table"), self.clock)

    @cached_property
    def reach(self) -> "DynamoDBReachBook":
        """What reached each person."""
        from yuchi.adapters.dynamodb.reach import DynamoDBReachBook

        return DynamoDBReachBook(self.client("dynamodb"), self.settings.need("reach_table"))

    @cached_property
    def quotas(self) -> "DynamoDBQuotas":
        """WeChat's calls a day."""
        from yuchi.adapters.dynamodb.quotas import DynamoDBQuotas

        return DynamoDBQuotas(self.client("dynamodb"), self.settings.need("quotas_table"))

    @cached_property
    def outcomes(self) -> "DynamoDBOutcomes":
        """What came of runs."""
        from yuchi.adapters.dynamodb.outcomes import DynamoDBOutcomes

        return DynamoDBOutcomes(self.client("dynamodb"), self.settings.need("outcomes_table"))

    @cached_property
    def policy(self) -> "RulesetPolicy":
        """What brands decided for all of their campaigns."""
        from yuchi.services.brand_policy import RulesetPolicy

        return RulesetPolicy(self.rulesets)

    @cached_property
    def _people(self) -> "DynamoDBProfiles":
        """Persons by their ids: whoever was chosen needs no identity to be found."""
        from yuchi.adapters.dynamodb.profiles import DynamoDBProfiles

        profiles_table = self.settings.need("profiles_table")
        return DynamoDBProfiles(self.client("dynamodb"), identities_table="", profiles_table=profiles_table)

    @cached_property
    def _brand_accounts(self) -> "DynamoDBBrandAccounts":
        from yuchi.adapters.dynamodb.drafts import DynamoDBBrandAccounts

        return DynamoDBBrandAccounts(self.accounts)

    @cached_property
    def _plain_client(self) -> Any:
        """A client of its own, for its answers are not parsed as those of others are."""
        from yuchi.adapters.dynamodb.audience import read_plainly

        return read_plainly(self._session.client("dynamodb", config=self._config))

    def _audience(self, plan: "Plan") -> "DynamoDBAudience":
        from yuchi.adapters.dynamodb.audience import DynamoDBAudience
        from yuchi.domain.campaign.audience import AudienceTest

        test = AudienceTest.of(plan.campaign, self.clock(), self.rulesets.schema(plan.key.brand))
        return DynamoDBAudience(self._plain_client, self.settings.need("profiles_table"), test)

    def _lane(self, name: str) -> "SQSStandardQueue":
        from yuchi.adapters.sqs_standard import SQSStandardQueue

        return SQSStandardQueue(self.client("sqs"), self.settings.need(f"{name}_queue_url"))

    def _marks(self) -> "ParameterMarks":
        from yuchi.adapters.link_marks import ParameterMarks

        return ParameterMarks(lambda: self.client("ssm"), self.settings.need("parameter_prefix"))

    def _links(self) -> "TrackLinks | None":
        """None where no address is known under which links are answered: then they stay as they are."""
        from yuchi.adapters.dynamodb.links import DynamoDBLinkBook
        from yuchi.services.track_links import TrackLinks

        if not self.settings.links_url:
            return None
        book = DynamoDBLinkBook(client=self.client("dynamodb"), links_table=self.settings.need("links_table"))
        return TrackLinks(self.settings.links_url, self._marks(), book, self.metrics, self.clock)
