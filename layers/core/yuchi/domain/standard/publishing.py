"""A brand's definitions as one blob of ``Live``, named after its content: what is live stays until it is replaced."""

import json
import zlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pydantic import BaseModel

from yuchi.domain.plain import digest
from yuchi.domain.rfm import RfmBounds
from yuchi.domain.standard.items import Kind, kind_of
from yuchi.domain.standard.model import (
    AttributeRule,
    BrandSchema,
    ScoreRule,
    StageRule,
    TagGroup,
    ValueRule,
)

MAX_BYTES: Final = 300_000
"""Of the packed blob: it is one item, and items have 400 KB."""


class DefinitionsTooLargeError(Exception):
    """The definitions would not fit into one item of the store."""


@dataclass(frozen=True, slots=True)
class LiveDefinition:
    """One definition as it is live. ``version``: of the brand's manifest, from which on it is."""

    version: int
    content: BaseModel


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions of a brand that are live, by the keys of their items."""

    items: Mapping[str, LiveDefinition] = field(default_factory=dict)

    def pack(self) -> tuple[str, bytes]:
        """The name and the content of the blob; no name where nothing is defined.

        Raises :class:`DefinitionsTooLargeError`.
        """
        if not self.items:
            return "", b""
        written = {
            key: {"version": each.version, **each.content.model_dump(mode="json", exclude_defaults=True)}
            for key, each in self.items.items()
        }
        data = json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        blob = zlib.compress(data, 6)
        if len(blob) > MAX_BYTES:
            raise DefinitionsTooLargeError
        return digest(b"schema\n" + data), blob

    @classmethod
    def read(cls, blob: bytes) -> Self:
        """The inverse of :meth:`pack`."""
        content = json.loads(zlib.decompress(blob)) if blob else {}
        return cls({key: _read(key, written) for key, written in content.items()})

    def schema(self) -> BrandSchema:
        """What each event needs of it."""
        attributes: dict[str, AttributeRule] = {}
        properties: dict[str, dict[str, ValueRule]] = defaultdict(dict)
        scores: dict[str, ScoreRule] = {}
        stages, groups = list[StageRule](), list[TagGroup]()
        rfm = RfmBounds()
        for key, each in sorted(self.items.items()):
            name = key.partition("#")[2]
            match each.content:
                case AttributeRule():
                    attributes[name] = each.content
                case ValueRule():
                    event_type, _, field_name = name.partition("#")
                    properties[event_type][field_name] = each.content
                case StageRule():
                    stages.append(each.content)
                case ScoreRule():
                    scores[name] = each.content
                case TagGroup():
                    groups.append(each.content)
                case RfmBounds():
                    rfm = each.content
        return BrandSchema(
            attributes=attributes,
            properties=dict(properties),
            own_stages=tuple(stages),
            own_scores=scores,
            tag_groups=tuple(groups),
            rfm=rfm,
        )


def _read(key: str, written: dict[str, Any]) -> LiveDefinition:
    kind = kind_of(key)
    model = MODELS[kind] if kind else ValueRule
    return LiveDefinition(version=written.pop("version"), content=model.model_validate(written))


MODELS: Final[Mapping[Kind, type[BaseModel]]] = {
    Kind.ATTRIBUTE: AttributeRule,
    Kind.PROPERTY: ValueRule,
    Kind.STAGE: StageRule,
    Kind.SCORE: ScoreRule,
    Kind.TAGS: TagGroup,
    Kind.RFM: RfmBounds,
}
