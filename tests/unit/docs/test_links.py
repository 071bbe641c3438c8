"""Links inside the documentation lead somewhere."""

from itertools import pairwise

import pytest

from docs.making.markdown import anchor
from tests.unit.docs.pages import NAMES, ROOT, headings, links, read


def broken(name: str, text: str) -> list[str]:
    """The links of a page that lead nowhere."""
    lost = []
    for link in links(text):
        if "://" in link:
            continue
        path, _, fragment = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        if not target.exists():
            lost.append(link)
        elif fragment and target.suffix == ".md":
            known = {anchor(words) for _, words in headings(target.read_text(encoding="utf-8"))}
            if fragment not in known:
                lost.append(link)
    return lost


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_anchor_exists(name: str) -> None:
    assert broken(name, read(name)) == []


@pytest.mark.parametrize(
    "text", ["[a](nowhere.md)", "[a](CONTRIBUTING.md#no-such-heading)", '<img src="docs/images/none.svg">']
)
def test_a_link_that_leads_nowhere_is_found(text: str) -> None:
    assert len(broken("README.md", text)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_one_title_and_skips_no_level(name: str) -> None:
    levels = [level for level, _ in headings(read(name))]
    assert levels[:1] == [1]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
