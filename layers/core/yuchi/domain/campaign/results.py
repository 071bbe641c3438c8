"""What came of a run: counted again from its batches and outcomes, by variant, and said in words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from yuchi.domain.campaign.choosing import REASONS
from yuchi.domain.campaign.model import HOLDOUT, UNDECIDED, Contest, Outcome
from yuchi.domain.campaign.run import Tally
from yuchi.domain.campaign.statistics import Interval, difference, proportion
from yuchi.domain.ledger import LedgerState
from yuchi.domain.problem import Locale
from yuchi.domain.words import Words

ENOUGH: Final = 50
"""So many persons must have been reached by each variant before one of them is better."""
SHOWN: Final = 8
"""How many reasons and variants are told in the report; all of them are in the JSON."""
FEN: Final = 100


@dataclass(slots=True)
class VariantResult:
    """One variant, or the hold-out group. ``skipped``, ``rejected``: by reason or code. ``waiting``: not decided yet.

    ``clicked``, ``converted``, ``unsubscribed`` count persons; ``taps``: of links in mass messages, by nobody known.
    ``revenue`` in fen.
    """

    name: str
    sent: int = 0
    unknown: int = 0
    waiting: int = 0
    held_out: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    blocked: int = 0
    clicked: int = 0
    taps: int = 0
    converted: int = 0
    unsubscribed: int = 0
    revenue: int = 0

    @property
    def audience(self) -> int:
        """All whom it is about, in whatever state."""
        skipped, rejected = self.skipped.total(), self.rejected.total()
        return self.sent + self.unknown + self.waiting + self.held_out + skipped + rejected

    @property
    def reached(self) -> int:
        """Of how many something may come: those who got it or may have got it; of the hold-out group all."""
        return self.held_out if self.name == HOLDOUT else self.sent + self.unknown

    @property
    def tapped(self) -> int:
        """Persons who tapped, and taps by nobody known, never more than were reached."""
        return min(self.clicked + self.taps, self.reached)

    def rate(self, hits: int) -> Interval:
        """``hits`` of those who were reached."""
        return proportion(min(hits, self.reached), self.reached)


@dataclass(frozen=True, slots=True)
class RunResults:
    """``variants`` in the campaign's order, then what belongs to none of them. ``holdout``: where there is one."""

    variants: Sequence[VariantResult]
    holdout: VariantResult | None = None

    @property
    def total(self) -> VariantResult:
        """The sum."""
        everything = VariantResult("")
        for each in (*self.variants, *([self.holdout] if self.holdout else [])):
            for name in ("sent", "unknown", "waiting", "held_out", "delivered", "blocked", "clicked", "taps"):
                setattr(everything, name, getattr(everything, name) + getattr(each, name))
            everything.skipped.update(each.skipped)
            everything.rejected.update(each.rejected)
            if each.name != HOLDOUT:
                everything.converted += each.converted
                everything.unsubscribed += each.unsubscribed
                everything.revenue += each.revenue
        return everything


def collect(
    names: Iterable[str], tallies: Mapping[Tally, int], waiting: Mapping[str, int]
) -> tuple[dict[str, VariantResult], VariantResult]:
    """The counts of the batches by variant (``names`` first), and the hold-out group. ``waiting``: of open batches."""
    found = {name: VariantResult(name) for name in names}
    holdout = VariantResult(HOLDOUT)
    for tally, count in tallies.items():
        if tally.reason == HOLDOUT:
            holdout.held_out += count
            continue
        one = found.setdefault(tally.variant, VariantResult(tally.variant))
        match tally.state:
            case LedgerState.SENT:
                one.sent += count
            case LedgerState.SKIPPED:
                one.skipped[tally.reason] += count
            case LedgerState.REJECTED:
                one.rejected[tally.reason] += count
            case _:
                one.unknown += count
    for name, count in waiting.items():
        found.setdefault(name, VariantResult(name)).waiting += count
    return found, holdout


def winner_of(results: RunResults, contest: Contest | None, names: Sequence[str]) -> str:
    """The best variant by what the contest is about.

    The first as written where there is not enough to tell (fewer than :data:`ENOUGH` reached by one of them, or nothing
    came of any), and the one that is written first of those that are equal.
    """
    known = {each.name: each for each in results.variants}
    running = [known.get(name, VariantResult(name)) for name in names]
    by = contest.by if contest else Outcome.CLICKED
    if any(each.reached < ENOUGH for each in running):
        return names[0]
    return max(running, key=lambda each: _MEASURES[by](each) / each.reached).name


_MEASURES: Final[Mapping[Outcome, Any]] = {
    Outcome.CLICKED: lambda each: each.tapped,
    Outcome.CONVERTED: lambda each: each.converted,
    Outcome.REVENUE: lambda each: each.revenue,
}


def as_json(results: RunResults) -> dict[str, Any]:
    """For programs. Rates are ``[value, low, high]`` with 95 % confidence; money in yuan."""
    groups = [*results.variants, *([results.holdout] if results.holdout else [])]
    return {
        "total": _group_json(results.total),
        "variants": [_group_json(each) | _compared_json(each, results.holdout) for each in groups],
    }


def _group_json(one: VariantResult) -> dict[str, Any]:
    return {
        "variant": one.name,
        "audience": one.audience,
        "sent": one.sent,
        "skipped": dict(one.skipped),
        "rejected": dict(one.rejected),
        "unknown": one.unknown,
        "not_sent_yet": one.waiting,
        "held_out": one.held_out,
        "delivered": one.delivered,
        "blocked": one.blocked,
        "clicked": one.clicked,
        "taps": one.taps,
        "converted": one.converted,
        "unsubscribed": one.unsubscribed,
        "revenue": one.revenue / FEN,
        "click_rate": list(one.rate(one.tapped)),
        "conversion_rate": list(one.rate(one.converted)),
        "unsubscribe_rate": list(one.rate(one.unsubscribed)),
    }


def _compared_json(one: VariantResult, holdout: VariantResult | None) -> dict[str, Any]:
    gain = gain_of(one, holdout)
    return {"conversion_gain": list(gain)} if gain else {}


def gain_of(one: VariantResult, holdout: VariantResult | None) -> Interval | None:
    """What share more of those who were reached converted than of those who were not; None where there is none to tell."""
    if holdout is None or one.name == HOLDOUT or not (one.reached and holdout.reached):
        return None
    return difference(one.converted, one.reached, holdout.converted, holdout.reached)


def report_text(results: RunResults, locale: Locale) -> str:
    """A few lines for the marketer."""
    lines = [_line(each, locale) for each in results.variants[:SHOWN] if each.audience]
    if results.holdout and results.holdout.held_out:
        lines.append(_holdout_line(results.holdout, locale))
    for each in results.variants[:SHOWN]:
        gain = gain_of(each, results.holdout)
        if gain is not None:
            lines.append(_gain_line(_name(each, locale), gain, locale))
    total = results.total
    for counted, title in ((total.skipped, _SKIPPED), (total.rejected, _REJECTED)):
        if counted:
            told = [f"{_reason(name, locale)} {count:,}" for name, count in counted.most_common(SHOWN)]
            lines.append(f"{title.text(locale)}{'，'.join(told) if locale is Locale.ZH else ', '.join(told)}")
    return "\n".join(lines)


_SKIPPED: Final = Words("没有发给：", "skipped: ")
_REJECTED: Final = Words("微信拒绝：", "refused by WeChat: ")


def _name(one: VariantResult, locale: Locale) -> str:
    if one.name == UNDECIDED:
        return Words("等优胜版本的人", "waiting for the winner").text(locale)
    return one.name or Words("活动", "the campaign").text(locale)


def _line(one: VariantResult, locale: Locale) -> str:
    zh = [f"已发 {one.sent:,}"]
    en = [f"sent {one.sent:,}"]
    for count, word, english in (
        (one.unknown, "未知", "unknown"),
        (one.waiting, "还没有发", "not sent yet"),
        (one.delivered, "送达", "delivered"),
        (one.blocked, "未送达", "not delivered"),
    ):
        if count:
            zh.append(f"{word} {count:,}")
            en.append(f"{english} {count:,}")
    for count, word, english in (
        (one.tapped, "点击", "clicked"),
        (one.converted, "达成目标", "reached the goal"),
        (one.unsubscribed, "一天内取关", "left within a day"),
    ):
        if count:
            rate = one.rate(count)
            zh.append(
                f"{word} {count:,}（{_percent(rate.value)}，95% 区间 {_percent(rate.low)} 到 {_percent(rate.high)}）"
            )
            en.append(
                f"{english} {count:,} ({_percent(rate.value)}, 95 % from {_percent(rate.low)} to {_percent(rate.high)})"
            )
    if one.revenue:
        zh.append(f"金额 {one.revenue / FEN:,.2f} 元")
        en.append(f"{one.revenue / FEN:,.2f} yuan")
    return Words(f"{_name(one, Locale.ZH)}：" + "，".join(zh), f"{_name(one, Locale.EN)}: " + ", ".join(en)).text(
        locale
    )


def _holdout_line(one: VariantResult, locale: Locale) -> str:
    rate = one.rate(one.converted)
    low, high = _percent(rate.low), _percent(rate.high)
    return Words(
        f"对照组：{one.held_out:,} 人，达成目标 {one.converted:,}（{_percent(rate.value)}，95% 区间 {low} 到 {high}）",
        f"hold-out: {one.held_out:,}, reached the goal {one.converted:,} "
        f"({_percent(rate.value)}, 95 % from {low} to {high})",
    ).text(locale)


def _gain_line(name: str, gain: Interval, locale: Locale) -> str:
    """``甲 比对照组多 1.2 个百分点（95% 区间 0.3 到 2.1）``."""
    points, low, high = (f"{100 * each:.1f}" for each in gain)
    within = Words(f"（95% 区间 {low} 到 {high}）", f" (95 % from {low} to {high})").text(locale)
    if not gain.is_certain:
        told = Words(
            f"{name} 和对照组还看不出差别：相差 {points} 个百分点",
            f"{name} and the hold-out do not differ for certain: {points} percentage points",
        )
    else:
        more = Words("多", "more") if gain.value > 0 else Words("少", "less")
        size = f"{100 * abs(gain.value):.1f}"
        told = Words(
            f"{name} 比对照组{more.zh} {size} 个百分点", f"{name}: {size} percentage points {more.en} than the hold-out"
        )
    return told.text(locale) + within


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _reason(reason: str, locale: Locale) -> str:
    words = REASONS.get(reason)
    return words.text(locale) if words else reason.removeprefix("wechat:")
