"""The stores' tables and queues on moto, in this process, made from the templates that are deployed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from yuchi.bootstrap import WORKER_TIMEOUTS

INFRA = Path(__file__).parents[2] / "infra"
REGION = "eu-west-1"
CONFIG = WORKER_TIMEOUTS
KEPT = ("KeySchema", "AttributeDefinitions", "BillingMode", "StreamSpecification")


@contextmanager
def aws() -> Iterator[boto3.Session]:
    """A session on an AWS of its own, with every table and queue of ``infra/``, under their logical ids."""
    with mock_aws():
        session = boto3.Session("key", "secret", region_name=REGION)
        make_tables(session)
        make_queues(session)
        yield session


def make_tables(session: boto3.Session) -> None:
    client = session.client("dynamodb")
    for name, resource in resources("storage.yaml", "AWS::DynamoDB::Table"):
        properties = {key: value for key, value in resource.items() if key in KEPT}
        if "StreamSpecification" in properties:
            properties["StreamSpecification"] = {**properties["StreamSpecification"], "StreamEnabled": True}
        client.create_table(TableName=name, **properties)


def make_queues(session: boto3.Session) -> None:
    client = session.client("sqs")
    for name, resource in resources("queues.yaml", "AWS::SQS::Queue"):
        names = ("VisibilityTimeout", "DeduplicationScope", "FifoThroughputLimit")
        attributes: dict[Any, str] = {key: str(resource[key]) for key in names if key in resource}
        if resource.get("FifoQueue"):
            client.create_queue(QueueName=f"{name}.fifo", Attributes={"FifoQueue": "true", **attributes})


def resources(file: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    template = yaml_parse((INFRA / file).read_text(encoding="utf-8"))
    for name, resource in template["Resources"].items():
        if resource["Type"] == kind:
            yield name, resource["Properties"]
