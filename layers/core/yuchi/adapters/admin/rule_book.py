"""``Rules`` as an editor writes it: the marketer's columns only, and only over what the editor saw."""

from collections.abc import Sequence
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

KEYS = ("brand", "rule_id")


@dataclass(frozen=True, slots=True)
class DynamoDBRuleBook:
    """:class:`yuchi.services.ports_operators.RuleBook` on DynamoDB."""

    client: "DynamoDBClient"
    rules_table: str

    def get(self, brand: str, rule_id: str) -> Item | None:
        """One draft."""
        return self._drafts.get(brand, rule_id)

    def all(self, brand: str) -> Sequence[Item]:
        """Every draft of a brand."""
        return self._drafts.all(brand)

    def write(self, columns: Item, *, seen: Item | None) -> bool:
        """Set what is in ``columns`` and remove the marketer's other columns, in one conditional write."""
        written = {name: value for name, value in plain(columns).items() if name not in KEYS}
        if seen is None:
            return self._change(
                "put_item", Item=to_item(plain(columns)), ConditionExpression="attribute_not_exists(rule_id)"
            )
        gone = [name for name in _marketers(seen) if name not in written]
        condition = _Condition(seen, written)
        update = "SET " + ", ".join(
            f"{condition.name(name)} = {condition.value(value)}" for name, value in written.items()
        )
        if gone:
            update += " REMOVE " + ", ".join(condition.name(name) for name in gone)
        return self._change(
            "update_item",
            Key=to_item({name: columns[name] for name in KEYS}),
            UpdateExpression=update,
            **condition.parameters(),
        )

    def remove(self, brand: str, rule_id: str, *, seen: Item) -> bool:
        """Delete the draft if nobody edited it meanwhile."""
        condition = _Condition(seen, {})
        return self._change("delete_item", Key=to_item({"brand": brand, "rule_id": rule_id}), **condition.parameters())

    def ask_review(self, brand: str, rule_id: str) -> None:
        """Change ``reviewed``, the system's own mark, which the reviewer takes for an edit."""
        self._change(
            "update_item",
            Key=to_item({"brand": brand, "rule_id": rule_id}),
            UpdateExpression="SET reviewed = :asked",
            ConditionExpression="attribute_exists(rule_id)",
            ExpressionAttributeValues=to_item({":asked": f"asked-{uuid4().hex}"}),
        )

    @property
    def _drafts(self) -> DynamoDBDrafts:
        return DynamoDBDrafts(client=self.client, rules_table=self.rules_table)

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

    def __init__(self, seen: Item, written: Item) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        # What was seen goes back as it came: a number must not come out rounded.
        marketers = _marketers(seen)
        others = dict.fromkeys((*COLUMNS, *written))
        parts = ["attribute_exists(rule_id)"]
        parts += [f"{self.name(name)} = {self.value(value)}" for name, value in marketers.items()]
        parts += [
            f"attribute_not_exists({self.name(name)})" for name in others if name not in marketers and name not in KEYS
        ]
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


def _marketers(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in SYSTEM_COLUMNS and name not in KEYS}


def _decimal(value: Any) -> Any:
    """boto3's serializer takes no float; what comes from a file may hold some."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _decimal(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_decimal(each) for each in value]
    return value
