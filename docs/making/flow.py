"""The picture of how an event flows, as SVG: in two languages, for light and dark pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

Language = Literal["en", "zh"]
Kind = Literal["outside", "function", "table", "queue"]
WIDTH: Final = 1140
HEIGHT: Final = 405
_FONTS: Final = (
    "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, 'PingFang SC', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', sans-serif"
)


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours. ``kinds``: the accent of each kind of box."""

    page: str
    edge: str
    box: str
    title: str
    text: str
    line: str
    kinds: Mapping[Kind, str]


@dataclass(frozen=True, slots=True)
class Box:
    """A box; ``title`` is a name in the code where it is the same in both languages."""

    kind: Kind
    x: int
    y: int
    width: int
    title: Mapping[Language, str]
    below: Mapping[Language, str]
    height: int = 70


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line along ``points`` with a head at its end, and a label centred at ``at``."""

    points: Sequence[tuple[int, int]]
    label: Mapping[Language, str] | None = None
    at: tuple[int, int] = (0, 0)
    both: bool = False


LIGHT: Final = Palette(
    page="#ffffff",
    edge="#d0d7de",
    box="#f6f8fa",
    title="#1f2328",
    text="#59636e",
    line="#818b98",
    kinds={"outside": "#1a7f37", "function": "#bc4c00", "table": "#0969da", "queue": "#8250df"},
)
DARK: Final = Palette(
    page="#0d1117",
    edge="#3d444d",
    box="#161b22",
    title="#f0f6fc",
    text="#9198a1",
    line="#656c76",
    kinds={"outside": "#3fb950", "function": "#db6d28", "table": "#4493f8", "queue": "#ab7df8"},
)


def _same(name: str) -> Mapping[Language, str]:
    return {"en": name, "zh": name}


BOXES: Final = (
    Box("outside", 16, 165, 130, {"en": "WeChat", "zh": "微信"}, {"en": "a fan acts", "zh": "粉丝做了一件事"}),
    Box(
        "function", 236, 165, 160, _same("receive_callback"),
        {"en": "verify, queue, answer", "zh": "验签、入队、回复"},
    ),
    Box("queue", 430, 165, 126, _same("events.fifo"), {"en": "in order per fan", "zh": "每人按顺序"}),
    Box("function", 590, 165, 170, _same("process_event"), {"en": "whose profile, which rules", "zh": "谁的画像、哪些规则"}),
    Box("queue", 794, 165, 126, _same("actions.fifo"), {"en": "what was decided", "zh": "决定要做的事"}),
    Box("function", 954, 165, 160, _same("perform_action"), {"en": "each at most once", "zh": "每件最多做一次"}),
    Box("table", 236, 20, 160, _same("Rules"), {"en": "marketers edit here", "zh": "运营人员在这里编辑"}),
    Box("function", 430, 20, 126, _same("review_edit"), {"en": "check, publish", "zh": "检查、发布"}),
    Box("table", 590, 20, 170, _same("Live"), {"en": "published rules, indexed", "zh": "已发布的规则与索引"}),
    Box("outside", 860, 20, 116, {"en": "WeChat", "zh": "微信"}, {"en": "messages", "zh": "客服消息"}),
    Box("function", 996, 20, 128, _same("call_webhook"), {"en": "your own systems", "zh": "您的其他系统"}),
    Box("function", 430, 315, 126, _same("fire_timers"), {"en": "each minute", "zh": "每分钟"}),
    Box(
        "table", 590, 315, 170, {"en": "Profiles, Timeline", "zh": "Profiles、Timeline"},
        {"en": "Timers: one transaction", "zh": "Timers：同一个事务"},
    ),
    Box("table", 794, 315, 126, _same("Ledger"), {"en": "what was sent", "zh": "发送台账"}),
    Box("function", 954, 315, 160, _same("refresh_tokens"), {"en": "access tokens", "zh": "获取 access_token"}),
)  # fmt: skip
ARROWS: Final = (
    Arrow(((146, 184), (236, 184)), {"en": "push", "zh": "推送"}, (190, 176)),
    Arrow(((236, 220), (146, 220)), {"en": "reply in 5 s", "zh": "5 秒内回复"}, (190, 240)),
    Arrow(((396, 200), (430, 200))),
    Arrow(((556, 200), (590, 200))),
    Arrow(((760, 200), (794, 200))),
    Arrow(((920, 200), (954, 200))),
    Arrow(((396, 42), (430, 42))),
    Arrow(((430, 70), (396, 70)), {"en": "problem", "zh": "问题"}, (413, 108)),
    Arrow(((556, 55), (590, 55))),
    Arrow(((690, 90), (690, 165))),
    Arrow(((640, 90), (640, 128), (316, 128), (316, 165))),
    Arrow(((1000, 165), (1000, 128), (918, 128), (918, 90))),
    Arrow(((1060, 165), (1060, 90))),
    Arrow(((690, 235), (690, 315)), {"en": "tags, scores", "zh": "标签、积分"}, (736, 290)),
    Arrow(((590, 350), (556, 350))),
    Arrow(((475, 315), (475, 235)), {"en": "timer.fired", "zh": "timer.fired"}, (512, 300)),
    Arrow(((1000, 235), (1000, 275), (857, 275), (857, 315)), both=True),
    Arrow(((1070, 315), (1070, 235)), {"en": "token", "zh": "token"}, (1094, 280)),
    Arrow(((630, 235), (630, 262), (515, 262), (515, 235)), {"en": "emit", "zh": "emit"}, (573, 256)),
)
KINDS: Final[Mapping[Kind, Mapping[Language, str]]] = {
    "function": {"en": "function", "zh": "函数"},
    "table": {"en": "table", "zh": "表"},
    "queue": {"en": "queue", "zh": "队列"},
}
ALT: Final[Mapping[Language, str]] = {
    "en": "How an event flows: WeChat, receive_callback, events.fifo, process_event, actions.fifo, perform_action",
    "zh": "一个事件的路：微信、receive_callback、events.fifo、process_event、actions.fifo、perform_action",
}


def picture(language: Language, *, dark: bool) -> str:
    """The picture as an SVG document."""
    palette = DARK if dark else LIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="{_FONTS}">',
        f"<title>{escape(ALT[language])}</title>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"',
        f' orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="{palette.line}"/></marker></defs>',
        f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="10"',
        f' fill="{palette.page}" stroke="{palette.edge}"/>',
        *(_arrow(arrow, language, palette) for arrow in ARROWS),
        *(_box(box, language, palette) for box in BOXES),
        *_legend(language, palette),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(box: Box, language: Language, palette: Palette) -> str:
    accent, middle = palette.kinds[box.kind], box.x + box.width // 2
    radius = box.height // 2 if box.kind == "queue" else 6
    return (
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="{radius}" fill="{palette.box}" '
        f'stroke="{accent}" stroke-width="1.5"/>'
        f'<text x="{middle}" y="{box.y + 31}" text-anchor="middle" font-size="16" font-weight="600" '
        f'fill="{palette.title}">{escape(box.title[language])}</text>'
        f'<text x="{middle}" y="{box.y + 51}" text-anchor="middle" font-size="13" '
        f'fill="{palette.text}">{escape(box.below[language])}</text>'
    )


def _arrow(arrow: Arrow, language: Language, palette: Palette) -> str:
    points = " ".join(f"{x},{y}" for x, y in arrow.points)
    start = ' marker-start="url(#head)"' if arrow.both else ""
    line = (
        f'<polyline points="{points}" fill="none" stroke="{palette.line}" stroke-width="1.5" '
        f'stroke-linejoin="round"{start} marker-end="url(#head)"/>'
    )
    if arrow.label is None:
        return line
    x, y = arrow.at
    return line + (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="13" fill="{palette.text}">'
        f"{escape(arrow.label[language])}</text>"
    )


def _legend(language: Language, palette: Palette) -> list[str]:
    return [
        f'<rect x="20" y="{322 + 22 * row}" width="12" height="12" rx="3" fill="none" stroke="{palette.kinds[kind]}" '
        f'stroke-width="1.5"/><text x="40" y="{333 + 22 * row}" font-size="13" fill="{palette.text}">'
        f"{escape(name[language])}</text>"
        for row, (kind, name) in enumerate(KINDS.items())
    ]
