"""A campaign's content with one person's values in it."""

from yuchi.domain.actions.filling import fill_part, lacks_text
from yuchi.domain.campaign.content import Content
from yuchi.domain.placeholders import Views


def fill_content(content: Content, views: Views) -> Content | None:
    """``content`` filled in; None where a text that must be there has come out empty, which WeChat refuses."""
    filled = fill_part(content, views)
    return None if lacks_text(filled) else filled
