"""Two kinds of charts as SVG: lines over powers of ten, and bars. They read on light and dark pages alike."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final, NamedTuple

FONT: Final = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
COLOURS: Final = ("#0969da", "#54aeff", "#bf8700", "#cf222e", "#8250df", "#1a7f37")
OURS: Final = "#0969da"
OTHERS: Final = "#8c959f"
GOOD: Final = "#1a7f37"
INK: Final = "#1f2328"
SOFT: Final = "#59636e"
GRID: Final = "#d8dee4"
PAPER: Final = "#ffffff"


class Bar(NamedTuple):
    """One bar; ``ours`` colours it."""

    label: str
    value: float
    shown: str
    ours: bool = True


def lines(title: str, x_label: str, y_label: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """A chart with logarithmic axes: for each name its points. Names stand at the ends of their lines."""
    width, height, left, right, top, bottom = 860, 450, 74, 250, 80, 52
    points = [point for each in series.values() for point in each]
    x_low, x_high = _decades([x for x, _ in points])
    y_low, y_high = _decades([y for _, y in points])

    def across(x: float) -> float:
        return left + (log10(x) - x_low) / (x_high - x_low) * (width - left - right)

    def up(y: float) -> float:
        return height - bottom - (log10(y) - y_low) / (y_high - y_low) * (height - top - bottom)

    parts = [_text(24, 34, title, size=17, weight=600)]
    for decade in range(y_low, y_high + 1):
        y = up(10.0**decade)
        parts.append(f'<path d="M{left} {y:.1f}H{width - right}" stroke="{GRID}"/>')
        parts.append(_text(left - 10, y + 4, _short(10.0**decade), anchor="end", colour=SOFT))
    for decade in range(x_low, x_high + 1):
        x = across(10.0**decade)
        parts.append(f'<path d="M{x:.1f} {height - bottom}v5" stroke="{SOFT}"/>')
        parts.append(_text(x, height - bottom + 20, f"{10**decade:,}", anchor="middle", colour=SOFT))
    parts.append(f'<path d="M{left} {height - bottom}H{width - right}" stroke="{SOFT}"/>')
    parts.append(_text((left + width - right) / 2, height - 12, x_label, anchor="middle", colour=SOFT))
    parts.append(_text(24, 54, y_label, colour=SOFT))
    ends = {name: up(each[-1][1]) for name, each in series.items()}
    places = spread(ends, gap=19, low=top + 4, high=height - bottom)
    for (name, each), colour in zip(series.items(), COLOURS, strict=False):
        path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in each)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>'
        )
        parts += [f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="4" fill="{colour}"/>' for x, y in each]
        end = across(each[-1][0])
        lead = f"M{end + 6:.1f} {ends[name]:.1f}L{width - right + 14} {places[name]:.1f}"
        parts.append(f'<path d="{lead}" stroke="{colour}" opacity=".45"/>')
        parts.append(_text(width - right + 20, places[name] + 4, name, colour=colour, weight=600))
    return _page(width, height, title, parts)


def bars(
    title: str, unit: str, groups: Mapping[str, Sequence[Bar]], *, limits: Mapping[str, float] | None = None
) -> str:
    """Horizontal bars in groups of their own scale; ``limits`` draws a group's target as a line."""
    width, left, right, row, head = 860, 290, 96, 27, 38
    height = 70 + sum(head + row * len(each) for each in groups.values())
    parts = [_text(24, 34, title, size=17, weight=600), _text(24, 54, unit, colour=SOFT)]
    y = 70.0
    for name, each in groups.items():
        limit = (limits or {}).get(name)
        scale = (width - left - right) / max([bar.value for bar in each] + [limit or 0.0])
        parts.append(_text(24, y + 18, name, weight=600))
        y += 28
        foot = y + row * len(each)
        for bar in each:
            length = max(2.0, bar.value * scale)
            parts.append(_text(left - 12, y + 17, bar.label, anchor="end"))
            fill = OURS if bar.ours else OTHERS
            parts.append(f'<rect x="{left}" y="{y + 4:.1f}" width="{length:.1f}" height="18" rx="3" fill="{fill}"/>')
            parts.append(_text(left + length + 8, y + 17, bar.shown, colour=SOFT))
            y += row
        if limit is not None:
            x, top = left + limit * scale, foot - row * len(each)
            parts.append(
                f'<path d="M{x:.1f} {top:.1f}V{foot:.1f}" stroke="{GOOD}" stroke-dasharray="4 3" stroke-width="2"/>'
            )
            parts.append(_text(x, top - 4, "target", anchor="middle", colour=GOOD, size=12))
        y = foot + head - 28
    return _page(width, height + 8, title, parts)


def spread(places: Mapping[str, float], *, gap: float, low: float, high: float) -> dict[str, float]:
    """Move labels apart until each has ``gap`` to the next, between ``low`` and ``high``."""
    moved: dict[str, float] = {}
    last = low - gap
    for name, place in sorted(places.items(), key=lambda item: item[1]):
        moved[name] = last = max(place, last + gap)
    limit = high
    for name in reversed(moved):
        moved[name] = min(moved[name], limit)
        limit = moved[name] - gap
    return moved


def _decades(values: Sequence[float]) -> tuple[int, int]:
    low, high = floor(log10(min(values)) + 1e-9), ceil(log10(max(values)) - 1e-9)
    return low, max(high, low + 1)


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _text(
    x: float, y: float, text: str, *, size: int = 13, weight: int = 400, anchor: str = "start", colour: str = INK
) -> str:
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    bold = "" if weight == 400 else f' font-weight="{weight}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"{place}{bold}>{escape(text)}</text>'


def _page(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    frame = f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="10" fill="{PAPER}" stroke="#d0d7de"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="{FONT}">'
    return "\n".join([head, f"<title>{escape(title)}</title>", frame, *parts, "</svg>\n"])
