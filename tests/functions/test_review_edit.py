"""Stream records become edits in their order; what must come again is named by sequence number."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.functions.support import CONTEXT, app_of, as_lambda_reads
from yuchi.services.ports_rules import Edit


class FakeUseCase:
    again: tuple[int, ...] = ()

    def review_all(self, edits: Sequence[Edit]) -> Sequence[int]:
        self.given = list(edits)
        return self.again


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Any:
    module = app_of("review_edit")
    for name in ("review_edit", "review_definitions", "review_campaigns"):
        monkeypatch.setattr(module, name, FakeUseCase())
    return module


def change(number: str, *, old: str | None = None, new: str | None = None, key: str = "rule_id") -> dict[str, Any]:
    keys = {"brand": {"S": "demo"}, key: {"S": number}}
    images = {"OldImage": old, "NewImage": new}
    return {
        "dynamodb": {
            "Keys": keys,
            "SequenceNumber": number,
            **{name: {**keys, "when": {"S": text}} for name, text in images.items() if text is not None},
        }
    }


def test_edits_reach_the_use_case_in_order_with_both_images(app: Any) -> None:
    records = [change("1", new="a"), change("2", old="a", new="b"), change("3", old="b")]
    assert app.handler({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    assert [edit.rule_id for edit in app.review_edit.given] == ["1", "2", "3"]
    images = [(edit.old and edit.old["when"], edit.new and edit.new["when"]) for edit in app.review_edit.given]
    assert images == [(None, "a"), ("a", "b"), ("b", None)]


@pytest.mark.parametrize("again", [(), (1,), (0, 2)])
def test_what_failed_is_named(app: Any, again: tuple[int, ...]) -> None:
    app.review_edit.again = again
    answer = app.handler({"Records": [change(str(number), new="x") for number in range(3)]}, CONTEXT)
    assert as_lambda_reads(answer, {"0", "1", "2"}) == {str(position) for position in again}


@pytest.mark.parametrize(
    ("key", "name"), [("rule_id", "review_edit"), ("item", "review_definitions"), ("campaign_id", "review_campaigns")]
)
def test_each_table_has_its_reviewer(app: Any, key: str, name: str) -> None:
    app.handler({"Records": [change("1", new="a", key=key)]}, CONTEXT)
    called = [
        each
        for each in ("review_edit", "review_definitions", "review_campaigns")
        if hasattr(getattr(app, each), "given")
    ]
    assert called == [name]


def test_an_empty_batch_is_done(app: Any) -> None:
    assert app.handler({"Records": []}, CONTEXT) == {"batchItemFailures": []}
