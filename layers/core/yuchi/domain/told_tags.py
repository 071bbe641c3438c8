"""Tags that an event gives or takes by itself, without any rule: those of a member list, or of a system that has its own."""

from typing import Final

from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.event import ALL_OTHERS
from yuchi.domain.profile import Tag
from yuchi.domain.source import source_of_event
from yuchi.domain.tagging import expiry, make_room

TOLD: Final = "told"
"""``tag.removed``'s reason where the event itself took the tag away."""


def give_told_tags(draft: DraftDecision) -> None:
    """Take away the event's ``untags`` and give its ``tags``.

    A tag that is there stays as it is, was seen once more, and is its source's from now on: who names a tag may take it
    away again by not naming it any more.
    """
    event = draft.event
    if not (event.tags or event.untags):
        return
    source = source_of_event(event.source) or ""
    _take(draft, source)
    tags, live = dict(draft.profile.tags), draft.profile.live_tags(draft.now)
    for name in event.tags:
        old = live.get(name)
        if old is not None:
            seen = {"last": max(old.last, draft.moment), "count": old.count + 1, "source": source or old.source}
            tags[name] = old.model_copy(update=seen)
            continue
        make_room(draft, tags, live, name)
        given = Tag(
            since=draft.moment, last=draft.moment, event=event.id, source=source, expires_at=expiry(draft, name)
        )
        tags[name] = live[name] = given
        draft.tags_added.append(name)
        if not event.historical:
            draft.follow_up("tag.added", {"tag": name, "rule": ""}, "told", name)
    draft.change(tags=tags)


def _take(draft: DraftDecision, source: str) -> None:
    """What the event names, whoever gave it; for :data:`ALL_OTHERS` what its source gave and does not name any more.

    A tag that was given after the event happened stays: the event only comes late.
    """
    event, tags = draft.event, draft.profile.tags
    gone = {name for name in event.untags if name in tags}
    if ALL_OTHERS in event.untags and source:
        gone |= {name for name, tag in tags.items() if tag.source == source}
    gone = {name for name in gone if name not in event.tags and tags[name].since <= draft.moment}
    if not gone:
        return
    lost = [name for name in draft.profile.live_tags(draft.now) if name in gone]
    draft.change(tags={name: tag for name, tag in tags.items() if name not in gone})
    for name in lost:
        draft.tags_removed.append(name)
        if not event.historical:
            draft.follow_up("tag.removed", {"tag": name, "rule": "", "reason": TOLD}, TOLD, name)
