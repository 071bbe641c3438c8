"""Tables, targets and charts of the benchmarks' page."""

from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.bench import charts, page
from tests.bench.measure import compare
from tests.bench.results import Section, Target, number, table


def test_a_target_is_met_on_its_good_side() -> None:
    assert Target("t", 0.3, 0.4).met
    assert not Target("t", 0.5, 0.4).met
    assert Target("t", 3_000, 3_000, at_least=True).met
    assert not Target("t", 2_999, 3_000, at_least=True).met
    assert Target("t", 0.5, 0.4, " s").row == ["t", "0.5 s", "≤ 0.4 s", "**not met**"]


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.05, "0.05"), (1.5, "1.5"), (2, "2"), (12.34, "12.3"), (12345.6, "12,346")]
)
def test_numbers_have_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_table_is_markdown() -> None:
    assert table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_works_take_turns_and_the_median_counts() -> None:
    ticks = count()
    times = {"quick": 2, "slow": 4}
    clock = {"now": 0.0}
    order = []

    def work(name: str) -> int:
        order.append(name)
        clock["now"] += times[name] * (50 if next(ticks) == 2 else 1)  # one round is disturbed
        return 2

    taken = compare(
        {"quick": lambda: work("quick"), "slow": lambda: work("slow")}, rounds=3, clock=lambda: clock["now"]
    )

    assert taken == {"quick": 1.0, "slow": 2.0}
    assert order[2:6] == ["quick", "slow", "quick", "slow"]


def test_labels_are_moved_apart() -> None:
    moved = charts.spread({"a": 100, "b": 101, "c": 300}, gap=20, low=0, high=310)
    assert moved == {"a": 100, "b": 120, "c": 300}
    assert charts.spread({"a": 305, "b": 309}, gap=20, low=0, high=310) == {"a": 290, "b": 310}


def test_charts_are_svg_and_escape_what_they_show() -> None:
    drawn = [
        charts.lines("a < b", "x", "y", {"one": [(10, 1), (1000, 5e6)], "two": [(10, 7), (1000, 7)]}),
        charts.bars(
            "a < b", "ms", {"g": [charts.Bar("l", 3, "3 ms"), charts.Bar("m", 1, "1 ms", ours=False)]}, limits={"g": 2}
        ),
    ]
    for svg in drawn:
        assert ET.fromstring(svg).findtext("{http://www.w3.org/2000/svg}title") == "a < b"


def test_one_section_can_be_measured_anew(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    kept = tmp_path / "kept"
    for name, value in (("one", 1.0), ("two", 2.0), ("one", 3.0)):
        section = Section(name=name, title=f"Section {name}", body=f"found {value}", targets=(Target(name, value, 2),))
        page.keep(section, kept, on="2026-03-08")

    text = page.write(kept, ["one", "two", "three"], tmp_path).read_text()

    assert "found 3.0" in text
    assert "found 1.0" not in text
    assert text.index("Section one") < text.index("Section two")
    assert "| one | 3 | ≤ 2 | **not met** |" in text
