"""The published rules as one event needs them."""

from yuchi.domain.decision import LiveRules
from yuchi.domain.event import Event
from yuchi.domain.standard.stages import with_counted
from yuchi.domain.triggers import STAGE_CHANGED, listened
from yuchi.services.ports import Rulesets


def live_rules(rulesets: Rulesets, event: Event) -> LiveRules:
    """What :func:`yuchi.domain.decision.decide` needs of ``rulesets`` for ``event``."""
    schema = rulesets.schema(event.brand)
    watched = rulesets.watched(event.brand)
    if schema.own_stages and STAGE_CHANGED not in watched:
        watched = (*watched, STAGE_CHANGED)
    return LiveRules(
        bucket=rulesets.bucket(event.brand, event.account, listened(event)),
        listens=lambda event_type: rulesets.bucket(event.brand, event.account, event_type) is not None,
        counted=with_counted(rulesets.counted(event.brand), schema),
        version=rulesets.version(event.brand),
        watched=watched,
        listening=lambda listened_to: rulesets.listening(event.brand, listened_to),
        schema=schema,
    )
