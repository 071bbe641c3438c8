"""The archive's table and prefixes, as the code that writes and reads them has them."""

import json
import re
from base64 import b64decode

from tests.infra.system import CHINA, Json, System
from yuchi.domain.archive import COLUMNS, PREFIX
from yuchi.domain.archive_sql import FILED, Dialect, events_sql


def test_the_table_has_the_columns_of_a_line(system: System) -> None:
    stored = system.resources["Archive.Lines"].get("TableInput", "StorageDescriptor", "Columns")
    assert [(each["Name"], each["Type"]) for each in stored] == [(each.name, each.athena) for each in COLUMNS]


def test_lines_lie_where_the_table_looks_for_them(system: System) -> None:
    stream = system.resources["Archive.Stream"].get("ExtendedS3DestinationConfiguration")
    table = system.resources["Archive.Lines"].get("TableInput")
    wanted = f"{PREFIX}brand=%s/day=%s/"
    assert re.sub(r"!\{partitionKeyFromQuery:\w+\}", "%s", stream["Prefix"]) == wanted
    place = table["Parameters"]["storage.location.template"]
    assert re.sub(r"\$\{\w+\}", "%s", place) == f"s3://{{Archive.Archive}}/{wanted}"
    assert [each["Name"] for each in table["PartitionKeys"]] == ["brand", "day"]


def test_the_days_that_the_table_projects_end_after_today_in_beijing(system: System) -> None:
    parameters = system.resources["Archive.Lines"].get("TableInput", "Parameters")
    assert parameters["projection.day.range"].endswith("NOW+1DAYS")


def test_retention_is_the_parameter(templates: dict[str, Json]) -> None:
    system = System(templates, parameters={"ArchiveRetention": "90"}, region=CHINA)
    rules = system.resources["Archive.Archive"].get("LifecycleConfiguration", "Rules")
    assert {rule["Id"]: rule.get("ExpirationInDays") for rule in rules}["events"] == "90"


def test_the_view_is_the_one_that_the_command_line_asks(system: System) -> None:
    view = system.resources["Archive.Events"].get("TableInput")
    told = json.loads(b64decode(view["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")))
    assert told["originalSql"] == events_sql(Dialect.ATHENA, '"{Archive.Database}"."lines"')
    names = [*(column.name for column in COLUMNS), *FILED]
    assert [column["name"] for column in told["columns"]] == names
    assert [column["Name"] for column in view["StorageDescriptor"]["Columns"]] == names
