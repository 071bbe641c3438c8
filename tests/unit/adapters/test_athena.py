from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from yuchi.adapters.admin.athena import AthenaQuestions
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_archive import QuestionFailedError

STARTED = {"QueryExecutionId": "q1"}


@pytest.fixture
def client() -> Any:
    return boto3.client("athena", region_name="eu-west-1", aws_access_key_id="k", aws_secret_access_key="s")


def questions(client: Any, waits: list[float]) -> AthenaQuestions:
    return AthenaQuestions(client=client, work_group="yuchi-dev", database="yuchi_dev", wait=waits.append)


def status(state: str, *, scanned: int = 0, reason: str = "") -> dict[str, Any]:
    return {
        "QueryExecution": {
            "Status": {"State": state, "StateChangeReason": reason},
            "Statistics": {"DataScannedInBytes": scanned, "TotalExecutionTimeInMillis": 1500},
        }
    }


def page(*rows: list[str | None]) -> dict[str, Any]:
    columns = [{"Name": "type", "Type": "varchar"}, {"Name": "n", "Type": "bigint"}]
    data = [{"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]} for row in rows]
    return {"ResultSet": {"Rows": data, "ResultSetMetadata": {"ColumnInfo": columns}}}


def ask(client: Any, waits: list[float], told: list[int] | None = None) -> Any:
    seen = told if told is not None else []
    return questions(client, waits).ask(
        "select type, count(*) as n from events group by 1",
        brand="demo",
        since="2026-05-01",
        progress=lambda done, _: seen.append(done),
    )


def test_it_starts_waits_and_reads_every_page(client: Any) -> None:
    waits: list[float] = []
    told: list[int] = []
    with Stubber(client) as stub:
        stub.add_response(
            "start_query_execution",
            STARTED,
            {"QueryString": ANY, "QueryExecutionContext": {"Database": "yuchi_dev"}, "WorkGroup": "yuchi-dev"},
        )
        for each in (status("QUEUED"), status("RUNNING", scanned=5_000_000), status("SUCCEEDED", scanned=200_000_000)):
            stub.add_response("get_query_execution", each, {"QueryExecutionId": "q1"})
        stub.add_response("get_query_results", {**page(["type", "n"], ["menu.clicked", "7"]), "NextToken": "t"})
        stub.add_response("get_query_results", page([None, "1"]))
        answer = ask(client, waits, told)
    assert answer.columns == ("type", "n")
    assert answer.rows == [("menu.clicked", 7), (None, 1)]
    assert (answer.scanned, answer.seconds, round(answer.usd, 6)) == (200_000_000, 1.5, 0.001)
    assert told == [0, 5_000_000, 200_000_000]
    assert len(waits) == 2


def test_what_athena_says_is_told(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("start_query_execution", STARTED)
        stub.add_response("get_query_execution", status("FAILED", reason="COLUMN_NOT_FOUND: line 1:8"))
        with pytest.raises(QuestionFailedError) as failed:
            ask(client, [])
    assert failed.value.reason == "COLUMN_NOT_FOUND: line 1:8"


def test_a_question_that_athena_does_not_even_start_is_told(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("start_query_execution", "InvalidRequestException", "mismatched input")
        with pytest.raises(QuestionFailedError) as failed:
            ask(client, [])
    assert failed.value.reason == "mismatched input"


def test_whoever_interrupts_stops_the_query(client: Any) -> None:
    class Interrupted(BaseException):
        pass

    def interrupt(_seconds: float) -> None:
        raise Interrupted

    with Stubber(client) as stub:
        stub.add_response("start_query_execution", STARTED)
        stub.add_response("get_query_execution", status("RUNNING"))
        stub.add_response("stop_query_execution", {}, {"QueryExecutionId": "q1"})
        with pytest.raises(Interrupted):
            AthenaQuestions(client, "yuchi-dev", "yuchi_dev", wait=interrupt).ask(
                "select 1", brand="demo", since=None, progress=lambda _done, _total: None
            )
        stub.assert_no_pending_responses()


def test_a_service_that_is_away_is_told_as_such(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("start_query_execution", "TooManyRequestsException")
        with pytest.raises(UnavailableError):
            ask(client, [])
