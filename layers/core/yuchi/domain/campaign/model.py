"""A campaign as it was checked: plain, immutable, complete. Its JSON form is what a run keeps as its snapshot."""

from collections.abc import Mapping
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from yuchi.domain.campaign.content import Content

ALL_ACCOUNTS: Final = "*"
CONTROL: Final = ""
"""The name of the one variant of a campaign that has no variants."""
HOLDOUT: Final = "holdout"
"""The group that gets nothing, to be compared with; no variant may have this name."""
UNDECIDED: Final = "winner"
"""The group that waits for the best variant; no variant may have this name."""


class SendChannel(StrEnum):
    """By what kind of message a person is reached."""

    CUSTOM = "custom"
    """Customer-service message: personal, within the fan's windows."""
    SUBSCRIBE = "subscribe"
    """Subscription notice: one for each time that the fan agreed to one of that template."""
    TEMPLATE = "template"
    """Template message: for service, not for marketing; followers only."""
    MASS = "mass"
    """Mass message: the same for all, four a month and fan."""


PREFERENCE: Final = (SendChannel.CUSTOM, SendChannel.SUBSCRIBE, SendChannel.TEMPLATE, SendChannel.MASS)
"""The order in which ``best`` tries what has content: what costs the fan's monthly quota comes last."""


class Outcome(StrEnum):
    """What variants can be compared by."""

    CLICKED = "clicked"
    CONVERTED = "converted"
    REVENUE = "revenue"


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Variant(_Written):
    """One way to say it. ``share``: of those who get anything, in percent. ``contents``: by channel."""

    name: str = CONTROL
    share: Annotated[float, Field(gt=0, le=100)] = 100.0
    contents: Mapping[SendChannel, Content]


class Contest(_Written):
    """Only ``share`` percent of the audience get the variants at first; after ``after`` seconds the variant that is best by
    ``by`` goes to the rest.
    """

    share: Annotated[float, Field(gt=0, lt=100)]
    after: Annotated[int, Field(ge=600, le=7 * 86_400)]
    by: Outcome = Outcome.CLICKED


class Goal(_Written):
    """What the campaign is for: an event of type ``on`` within ``within`` seconds of the message. ``revenue``: the field of
    the event that is money.
    """

    on: str
    within: Annotated[int, Field(ge=60, le=90 * 86_400)] = 7 * 86_400
    revenue: str = "total"


class Quiet(_Written):
    """Hours of the day in China in which nothing is sent, over midnight where ``start`` is later than ``end``."""

    start: time
    end: time


class Cap(_Written):
    """At most ``times`` messages of campaigns to one person in ``seconds``."""

    times: Annotated[int, Field(ge=1, le=1_000)]
    seconds: Annotated[int, Field(ge=3_600, le=366 * 86_400)]


class Frequency(StrEnum):
    """How often a recurring campaign runs."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Repeat(_Written):
    """``daily 10:00``; ``weekly`` with ``days`` 1 (Monday) to 7; ``monthly`` with ``days`` of the month. Beijing time."""

    frequency: Frequency
    at: time
    days: tuple[int, ...] = ()


class Campaign(_Written):
    """A checked campaign. Times are in UTC; hours of the day are Beijing's.

    ``accounts``: ids, or ``*`` alone for all of the brand. ``channels``: what to try, in this order. ``starts_at``: None for
    as soon as it is approved. ``holdout``: percent who get nothing. ``at_most``: how many persons at most, chosen by a
    hash. ``canary``: percent who get it first; 0 for none. ``caps``: in addition to the brand's own. ``testers``: members or
    identities that get the preview.
    """

    brand: str
    campaign_id: str
    name: str = ""
    audience: str
    accounts: tuple[str, ...] = (ALL_ACCOUNTS,)
    channels: tuple[SendChannel, ...] = PREFERENCE
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]
    holdout: Annotated[float, Field(ge=0, lt=100)] = 0.0
    contest: Contest | None = None
    goal: Goal | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    repeat: Repeat | None = None
    quiet: Quiet | None = None
    caps: tuple[Cap, ...] = ()
    at_most: Annotated[int, Field(ge=1)] | None = None
    canary: Annotated[float, Field(ge=0, lt=100)] = 1.0
    testers: tuple[str, ...] = ()

    def variant(self, name: str) -> Variant | None:
        """The variant called ``name``."""
        return next((each for each in self.variants if each.name == name), None)
