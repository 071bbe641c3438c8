"""Small things that people write in several columns of a campaign."""

import re
import unicodedata
from typing import Any, Final

from yuchi.domain.draft_columns import read_text
from yuchi.domain.item_columns import refuse

WHOLE: Final = 100.0
NOTHING: Final = frozenset({"", "0", "0%", "no", "none", "无", "不要", "不用"})
NUMBER: Final = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*(%?)")
_SEPARATORS: Final = re.compile(r"[,;、，；\n]+")


def normal(value: Any) -> str:
    """A text in lower case, with full-width characters made plain."""
    return unicodedata.normalize("NFKC", read_text(value)).strip().lower()


def words_in(value: Any) -> list[str]:
    """The texts of a list, or of one text with commas between them; each once."""
    given = value if isinstance(value, list) else _SEPARATORS.split(read_text(value))
    return list(dict.fromkeys(word for word in (read_text(each) for each in given) if word))


def read_percent(value: Any) -> float:
    """``10%`` or 10, from 0 to below 100."""
    text = normal(value)
    found = NUMBER.fullmatch(text)
    number = 0.0 if text in NOTHING else float(found[1]) if found else -1.0
    if number < 0 or number >= WHOLE or (0 < number < 1 and not (found and found[2])):
        raise refuse(
            "campaign.percent",
            "要写百分比，例如 10%，从 0 到 100 以下",
            "is a percentage such as 10%, from 0 to less than 100",
            suggestion=f"{number * 100:g}%" if 0 < number < 1 else "",
        )
    return number
