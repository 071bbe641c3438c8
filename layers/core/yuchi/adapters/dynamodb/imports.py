"""``Imports``: how far each import is, and who goes on with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.items import from_item, to_item, to_wire
from yuchi.domain.imports import Became, ImportJob
from yuchi.services.ports_imports import LeaseLostError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAYS: Final = 180
"""How long a finished import is remembered; dropped again after that it is a new one, and each row is found done."""
_OPTIONAL: Final = ("finished_at", "resumes_at", "expires_at")
_LEASE: Final = ("lease_owner", "lease_until")
_BECAME: Final = tuple(Became.model_fields)


@dataclass(frozen=True, slots=True)
class DynamoDBImports:
    """:class:`yuchi.services.ports_imports.ImportJobs` on DynamoDB.

    What the events became lies beside the rest, so that both can be written at once.
    """

    client: "DynamoDBClient"
    imports_table: str

    def begin(self, job: ImportJob) -> bool:
        """Store a new import; False where it is there already."""
        try:
            with unavailable(CONDITION_FAILED):
                self.client.put_item(
                    TableName=self.imports_table,
                    Item=to_item({**_key(job.brand, job.id), **_fields(job)}),
                    ConditionExpression="attribute_not_exists(brand)",
                )
        except ClientError:
            return False
        return True

    def take(self, brand: str, import_id: str, owner: str, *, now: datetime, until: datetime) -> ImportJob | None:
        """Lease it; None while somebody else has it, or where there is none."""
        try:
            with unavailable(CONDITION_FAILED):
                answer = self.client.update_item(
                    TableName=self.imports_table,
                    Key=to_item(_key(brand, import_id)),
                    UpdateExpression="SET lease_owner = :owner, lease_until = :until",
                    ConditionExpression=(
                        "attribute_exists(brand) AND (attribute_not_exists(lease_until) OR lease_until <= :now)"
                    ),
                    ExpressionAttributeValues=to_item(
                        {":owner": owner, ":until": until.timestamp(), ":now": now.timestamp()}
                    ),
                    ReturnValues="ALL_NEW",
                )
        except ClientError:
            return None
        return _job(answer["Attributes"])

    def get(self, brand: str, import_id: str) -> ImportJob | None:
        """The import as it stands."""
        with unavailable():
            item = self.client.get_item(
                TableName=self.imports_table, Key=to_item(_key(brand, import_id)), ConsistentRead=True
            ).get("Item")
        return _job(item) if item else None

    def save(self, job: ImportJob, owner: str, *, release: bool = False) -> None:
        """Store where it stands, if the lease is still ours."""
        fields = _fields(job)
        if job.finished_at:
            fields["expires_at"] = int(job.finished_at.timestamp()) + DAYS * 86_400
        sets = ", ".join(f"#{name} = :{name}" for name in fields)
        removed = [*(name for name in _OPTIONAL if name not in fields), *(_LEASE if release else ())]
        try:
            with unavailable(CONDITION_FAILED):
                self.client.update_item(
                    TableName=self.imports_table,
                    Key=to_item(_key(job.brand, job.id)),
                    UpdateExpression=f"SET {sets}" + (f" REMOVE {', '.join(removed)}" if removed else ""),
                    ConditionExpression="lease_owner = :owner",
                    ExpressionAttributeNames={f"#{name}": name for name in fields},
                    ExpressionAttributeValues={
                        ":owner": to_wire(owner),
                        **{f":{name}": to_wire(value) for name, value in fields.items()},
                    },
                )
        except ClientError as error:
            raise LeaseLostError from error

    def count(self, brand: str, import_id: str, became: Became) -> None:
        """Add to what its events became; an import that is forgotten is not made anew."""
        added = {name: value for name, value in became.model_dump().items() if value}
        if not added:
            return
        try:
            with unavailable(CONDITION_FAILED):
                self.client.update_item(
                    TableName=self.imports_table,
                    Key=to_item(_key(brand, import_id)),
                    UpdateExpression="ADD " + ", ".join(f"{name} :{name}" for name in added),
                    ConditionExpression="attribute_exists(brand)",
                    ExpressionAttributeValues={f":{name}": to_wire(value) for name, value in added.items()},
                )
        except ClientError:
            return

    def all(self, brand: str | None) -> list[ImportJob]:
        """Every import, the newest first."""
        with unavailable():
            if brand is None:
                pages: Any = self.client.get_paginator("scan").paginate(TableName=self.imports_table)
            else:
                pages = self.client.get_paginator("query").paginate(
                    TableName=self.imports_table,
                    KeyConditionExpression="brand = :brand",
                    ExpressionAttributeValues={":brand": to_wire(brand)},
                )
            jobs = [_job(item) for page in pages for item in page["Items"]]
        return sorted(jobs, key=lambda job: job.started_at, reverse=True)


def _key(brand: str, import_id: str) -> dict[str, str]:
    return {"brand": brand, "import_id": import_id}


def _fields(job: ImportJob) -> dict[str, Any]:
    return job.model_dump(mode="json", exclude={"brand", "id", "became"}, exclude_none=True)


def _job(item: Any) -> ImportJob:
    values = from_item(item)
    became = {name: int(values.pop(name, 0)) for name in _BECAME}
    return ImportJob.model_validate({**values, "id": values["import_id"], "became": became})
