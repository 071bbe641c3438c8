"""The half day: who does what, and when. The same people do the same things in each run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from infra.local.simulator.pusher import Fan, Push

SEED: Final = 20260501
FANS: Final = 200
OPENS_AT: Final = 8
"""The hour at which the half day begins."""

Act = Callable[[Fan], Push]


@dataclass(frozen=True, slots=True)
class Moment:
    """One push: ``minute`` minutes into the half day, fan number ``fan`` of ``account`` does ``act``."""

    minute: int
    account: str
    fan: int
    act: Act

    @property
    def clock(self) -> str:
        """The time of the day, for people."""
        return f"{OPENS_AT + self.minute // 60:02d}:{self.minute % 60:02d}"


SCENES: Final = ("store-shanghai", "store-hangzhou", "poster-metro", "article-spring")
TEXTS: Final = (
    "你好",
    "有优惠吗",
    "绿茶怎么泡",
    "多少钱",
    "附近门店在哪",
    "发货了吗",
    "人工客服",
    "有试用装吗",
    "水温多少合适",
)
PLACES: Final = ((31.2304, 121.4737, "上海市黄浦区人民广场"), (30.2741, 120.1551, "杭州市西湖区龙井路"))


def _subscribe(random: Random) -> Act:
    scene = random.choice((*SCENES, None))
    return lambda fan: fan.subscribe(scene=scene)


def _scan(random: Random) -> Act:
    scene = random.choice(SCENES)
    return lambda fan: fan.scan(scene)


def _write(random: Random) -> Act:
    text = random.choice(TEXTS)
    return lambda fan: fan.text(text)


def _send_picture(_: Random) -> Act:
    return lambda fan: fan.image()


def _send_place(random: Random) -> Act:
    latitude, longitude, label = random.choice(PLACES)
    return lambda fan: fan.location(latitude, longitude, label=label)


def _click_trial(_: Random) -> Act:
    return lambda fan: fan.click("TRIAL")


def _view_shop(_: Random) -> Act:
    return lambda fan: fan.view("https://shop.example.com/spring")


def _take_card(_: Random) -> Act:
    return lambda fan: fan.take_card("p-spring-tea")


def _leave(_: Random) -> Act:
    return lambda fan: fan.unsubscribe()


HABITS: Final[tuple[tuple[float, Callable[[Random], Act]], ...]] = (
    (1.00, _subscribe),
    (0.50, _click_trial),
    (0.35, _write),
    (0.12, _send_picture),
    (0.15, _click_trial),
    (0.15, _view_shop),
    (0.12, _send_place),
    (0.12, _take_card),
    (0.08, _scan),
    (0.06, _leave),
)
"""What people do, in this order, and how many of them."""


def half_day(accounts: Sequence[str], *, fans: int = FANS) -> list[Moment]:
    """All moments in the order of the day. Seven in ten fans belong to the first account, the others to the second."""
    random = Random(SEED)  # noqa: S311 - a story, not a secret
    chosen = [accounts[0] if 10 * fan < 7 * fans else accounts[-1] for fan in range(fans)]
    moments = [moment for fan in range(fans) for moment in _life(fan, chosen[fan], random)]
    return sorted(moments, key=lambda moment: moment.minute)


def _life(fan: int, account: str, random: Random) -> Iterator[Moment]:
    minute = random.randrange(0, 270)
    for share, habit in HABITS:
        if random.random() < share:
            minute += random.randrange(1, 15)
            yield Moment(minute=minute, account=account, fan=fan, act=habit(random))
