"""``Rules`` and ``Campaigns`` as an editor writes them: the marketer's columns only, and only over what the editor saw."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from boto3.dynamodb.types import TypeSerializer
from botocore.exceptions import ClientError

from yuchi.adapters.aws_errors import CONDITION_FAILED, unavailable
from yuchi.adapters.dynamodb.drafts import DynamoDBDrafts
from yuchi.adapters.dynamodb.items import to_item
from yuchi.domain.draft_columns import COLUMNS, SYSTEM_COLUMNS
from yuchi.domain.plain import plain
from yuchi.services.ports_rules import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class DynamoDBRuleBook:
    """:class:`yuchi.services.ports_operators.RuleBook` on DynamoDB, or another table that is edited like it.

    ``sort_key``, ``columns`` (the marketer's that there can be) and ``system`` (the others) are of that table.
    """

    client: "DynamoDBClient"
    rules_table: str
    sort_key: str = "rule_id"
    columns: Collection[str] = tuple(COLUMNS)
    system: Collection[str] = SYSTEM_COLUMNS

    def get(self, brand: str, rule_id: str) -> Item | None:
        """One draft."""
        return self._drafts.get(brand, rule_id)

    def all(self, brand: str) -> Sequence[Item]:
        """Every draft of a brand."""
        return self._drafts.all(brand)

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        """Set what is in ``columns`` and remove the marketer's other columns, in one conditional write."""
        keys = {name: columns[name] for name in ("brand", self.sort_key)}
        written = {name: value for name, value in plain(columns).items() if name not in keys}
        if seen is None:
            return self._change(
                "put_item", Item=to_item(plain(columns)), ConditionExpression=f"attribute_not_exists({self.sort_key})"
            )
        gone = [name for name in self._marketers(seen) if name not in written]
        condition = self._as_seen(seen, written)
        update = "SET " + ", ".join(
            f"{condition.name(name)} = {condition.value(value)}" for name, value in written.items()
        )
        if gone:
            update += " REMOVE " + ", ".join(condition.name(name) for name in gone)
        return self._change(
            "update_item",
            Key=to_item(keys),
            UpdateExpression=update,
            **condition.parameters(),
        )

    def remove(self, brand: str, rule_id: str, *, seen: Item) -> bool:
        """Delete the draft if nobody edited it meanwhile."""
        condition = self._as_seen(seen, {})
        return self._change("delete_item", Key=self._key(brand, rule_id), **condition.parameters())

    def ask_review(self, brand: str, rule_id: str) -> None:
        """Change ``reviewed``, the system's own mark, which the reviewer takes for an edit."""
        self.set_column(brand, rule_id, "reviewed", f"asked-{uuid4().hex}")

    def set_column(self, brand: str, rule_id: str, column: str, text: str) -> bool:
        """Set one column, whatever else stands there; False where there is no such item."""
        return self._change(
            "update_item",
            Key=self._key(brand, rule_id),
            UpdateExpression="SET #column = :text",
            ConditionExpression=f"attribute_exists({self.sort_key})",
            ExpressionAttributeNames={"#column": column},
            ExpressionAttributeValues=to_item({":text": text}),
        )

    @property
    def _drafts(self) -> DynamoDBDrafts:
        return DynamoDBDrafts(client=self.client, rules_table=self.rules_table, sort_key=self.sort_key)

    def _key(self, brand: str, rule_id: str) -> dict[str, Any]:
        return to_item({"brand": brand, self.sort_key: rule_id})

    def _marketers(self, item: Item) -> dict[str, Any]:
        return {
            name: value
            for name, value in item.items()
            if name not in self.system and name not in {"brand", self.sort_key}
        }

    def _as_seen(self, seen: Item, written: Item) -> "_Condition":
        others = dict.fromkeys(name for name in (*self.columns, *written) if name not in self.system)
        return _Condition(
            self._marketers(seen), [name for name in others if name not in {"brand", self.sort_key}], self.sort_key
        )

    def _change(self, operation: str, **parameters: Any) -> bool:
        call: Any = getattr(self.client, operation)
        try:
            with unavailable(CONDITION_FAILED):
                call(TableName=self.rules_table, **parameters)
        except ClientError:
            return False
        return True


class _Condition:
    """Placeholders, and the condition that the marketer's columns still are as they were seen."""

    def __init__(self, marketers: Mapping[str, Any], others: Iterable[str], sort_key: str) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        # What was seen goes back as it came: a number must not come out rounded.
        parts = [f"attribute_exists({sort_key})"]
        parts += [f"{self.name(name)} = {self.value(value)}" for name, value in marketers.items()]
        parts += [f"attribute_not_exists({self.name(name)})" for name in others if name not in marketers]
        self._expression = " AND ".join(parts)

    def name(self, name: str) -> str:
        return self._names.setdefault(name, f"#n{len(self._names)}")

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self._values)}"
        self._values[placeholder] = value
        return placeholder

    def parameters(self) -> dict[str, Any]:
        parameters: dict[str, Any] = {"ConditionExpression": self._expression}
        if self._names:
            parameters["ExpressionAttributeNames"] = {shown: name for name, shown in self._names.items()}
        if self._values:
            serializer = TypeSerializer()
            parameters["ExpressionAttributeValues"] = {
                placeholder: serializer.serialize(_decimal(value)) for placeholder, value in self._values.items()
            }
        return parameters


def _decimal(value: Any) -> Any:
    """boto3's serializer takes no float; what comes from a file may hold some."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _decimal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_decimal(each) for each in value]
    return value
