"""One name for one thing: folder, logical id, service, test; environment and settings; outputs and logical ids."""

import ast
import json
from functools import cache

import pytest

from tests.infra.system import ROOT, System
from yuchi.adapters.wechat import sender
from yuchi.domain.stores import STORES, StoreKind
from yuchi.services.process_event import FULL_BATCH
from yuchi.settings import Settings

FOLDERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
POWERTOOLS = {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_is_a_logical_id_a_service_and_a_test(system: System, folder: str) -> None:
    function = system.function(folder)
    assert function.get("Code", "S3Key") == f"functions/{folder}"
    assert function.get("Handler") == "app.handler"
    assert function.get("Environment", "Variables", "POWERTOOLS_SERVICE_NAME") == folder
    assert (ROOT / f"layers/core/yuchi/services/{folder}.py").is_file()
    assert (ROOT / f"tests/functions/test_{folder}.py").is_file()


def test_every_function_has_a_folder(system: System) -> None:
    assert sorted(each.get("Code", "S3Key") for each in system.of_type("Lambda::Function")) == [
        f"functions/{folder}" for folder in FOLDERS
    ]


def test_folders_have_no_requirements_and_are_no_packages() -> None:
    """A requirements.txt would make `sam build` look for the runtime's own Python on this machine."""
    for folder in FOLDERS:
        assert {path.name for path in (ROOT / "functions" / folder).iterdir()} <= {"app.py", "__pycache__"}


def test_the_environment_is_what_settings_know(system: System) -> None:
    known = {name.upper() for name in Settings.model_fields} | POWERTOOLS
    used: set[str] = set()
    for function in system.of_type("Lambda::Function"):
        used |= set(function.get("Environment", "Variables"))
    assert used == known


def test_variables_are_named_like_what_they_point_to(system: System) -> None:
    for function in system.of_type("Lambda::Function"):
        for name, value in function.get("Environment", "Variables").items():
            if name.endswith("_TABLE"):
                assert value == f"{{Storage.{name.removesuffix('_TABLE').capitalize()}}}"
            if name.endswith("_QUEUE_URL"):
                assert value == f"{{Queues.{name.removesuffix('_QUEUE_URL').capitalize()}}}"


def test_outputs_name_every_store_and_function(system: System) -> None:
    for store in STORES:
        if store.kind is StoreKind.TABLE:
            assert system.outputs[f"{store.name}Table"] == f"{{Storage.{store.name}}}"
        elif store.kind is StoreKind.BUCKET:
            assert system.outputs[f"{store.name}Bucket"] == f"{{{store.name}.{store.name}}}"
        else:
            assert system.outputs[f"{store.name}Queue"] == f"{{Queues.{store.name}}}"
    for function in system.of_type("Lambda::Function"):
        assert system.outputs[f"{function.path}Function"] == f"{{{function.path}}}"


def test_the_ways_in(system: System) -> None:
    routes = {route.get("RouteKey"): route.get("Target") for route in system.of_type("ApiGatewayV2::Route")}
    assert routes == {
        **dict.fromkeys(
            ("GET /wechat/{account}", "POST /wechat/{account}"), "integrations/{ReceiveCallbackIntegration}"
        ),
        **dict.fromkeys(("POST /v1/{call}", "POST /v1/webhooks/{source}"), "integrations/{CollectIntegration}"),
        "GET /l/{link}": "integrations/{FollowLinkIntegration}",
    }
    integration = system.resources["ReceiveCallbackIntegration"]
    assert integration.get("IntegrationUri") == "{ReceiveCallback.Arn}"


def test_access_logs_hold_no_query(system: System) -> None:
    (stage,) = system.of_type("ApiGatewayV2::Stage")
    line = json.loads(stage.get("AccessLogSettings", "Format"))
    assert not {"$context.path?", "$context.queryString"} & set(line.values())
    assert all(value.startswith("$context.") and "query" not in value.lower() for value in line.values())


@cache
def texts_in_code() -> set[str]:
    """Every text that stands in the library as a whole: the names of metrics are among them."""
    sources = (path.read_text(encoding="utf-8") for path in (ROOT / "layers/core/yuchi").rglob("*.py"))
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_alarms_and_dashboard_wait_for_metrics_that_are_counted(system: System) -> None:
    alarms = [each for each in system.of_type("CloudWatch::Alarm") if each.get("Namespace") == "Yuchi/dev"]
    assert len(alarms) >= 7
    assert not {alarm.get("MetricName") for alarm in alarms} - texts_in_code()
    assert "MessageWhispered" not in texts_in_code()
    assert {alarm.get("MetricName") for alarm in alarms} >= set(sender.METRICS.values())


COUNTED_BY = {
    ("EventCollected", "collect"),
    ("EventRefused", "collect"),
    ("ImportRow", "import_file"),
    ("ImportRowRejected", "import_file"),
    ("DataRejected", "process_event"),
    ("PersonMerged", "process_event"),
    ("TagMirrored", "perform_action"),
    ("TagConflict", "import_file"),
}
"""What the dashboard shows of the data that comes in, and the function that counts it."""


def test_the_dashboard_is_json_and_shows_what_functions_write(system: System) -> None:
    (dashboard,) = system.of_type("CloudWatch::Dashboard")
    body = json.loads(dashboard.get("DashboardBody"))
    rows = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    services = {
        each.get("Environment", "Variables", "POWERTOOLS_SERVICE_NAME") for each in system.of_type("Lambda::Function")
    }
    own = [row for row in rows if row[0] == "Yuchi/dev"]
    assert len({row[1] for row in own}) >= 18
    assert {row[3] for row in own} <= services
    assert not {row[1] for row in own} - texts_in_code()
    assert {(row[1], row[3]) for row in own} >= COUNTED_BY
    memory = {row[3].strip("{}"): row[4]["id"] for row in rows if row[:2] == ["AWS/Lambda", "Duration"]}
    (cost,) = [row[0]["expression"] for row in rows if "d0" in str(row[0])]
    for function, identifier in memory.items():
        gigabytes = system.resources[function].get("MemorySize") / 1024
        assert f"{identifier}*{gigabytes:g}" in cost, function


def test_a_full_batch_of_events_is_what_the_template_hands_out(system: System) -> None:
    sizes = [
        each.get("BatchSize")
        for each in system.of_type("Lambda::EventSourceMapping")
        if "ProcessEvent" in json.dumps(each.get("FunctionName"))
    ]
    assert sizes == [FULL_BATCH]
