"""WeChat's error codes as the send ledger and the token broker treat them."""

from collections.abc import Mapping
from typing import Final

from docs.making.markdown import NOTICE_EN, table
from docs.making.markdown import page as make_page
from yuchi.adapters.wechat.errors import ERRORS, AnswerMeaning, ErrorSpec

OUTCOMES: Final[Mapping[AnswerMeaning, str]] = {
    AnswerMeaning.SUCCESS: "done",
    AnswerMeaning.UNKNOWN: "perhaps done; a message is never sent again",
    AnswerMeaning.TOKEN: "not done; a new token is fetched and the call made again",
    AnswerMeaning.MINUTE_LIMIT: "not done; tried again by the queue",
    AnswerMeaning.CLOSED_UNTIL_MIDNIGHT: "not done; closed until 00:00 in Beijing",
    AnswerMeaning.REJECTED: "not done, and never will be",
    AnswerMeaning.MISCONFIGURED: "not done until an operator changes something",
    AnswerMeaning.SUSPENDED: "not done; WeChat punishes the account",
}


def page() -> str:
    """The page."""
    codes: dict[ErrorSpec, list[int]] = {}
    for number, spec in ERRORS.items():
        codes.setdefault(spec, []).append(number)
    rows = [
        (_codes(numbers), OUTCOMES[spec.outcome], spec.en, spec.zh, spec.fan.value if spec.fan else "")
        for spec, numbers in sorted(codes.items(), key=lambda each: min(each[1]))
    ]
    return make_page(
        NOTICE_EN, _INTRODUCTION, table(("code", "what becomes of the call", "meaning", "意思", "about the fan"), rows)
    )


def _codes(numbers: list[int]) -> str:
    ordered = sorted(numbers)
    spans: list[list[int]] = []
    for number in ordered:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return ", ".join(str(span[0]) if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in spans)


_INTRODUCTION: Final = """\
# WeChat's error codes

The send ledger keeps WeChat's `errcode` of each message in `code`. A code that is not listed counts as rejected: WeChat
answered, so it did not do it."""
