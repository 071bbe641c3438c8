"""Tags that an event gives by itself, without any rule: those of a member list, or of a system that has its own."""

from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.profile import Tag
from yuchi.domain.tagging import expiry, make_room


def give_told_tags(draft: DraftDecision) -> None:
    """Put the event's own tags onto the profile. A tag that is there stays as it is, and was seen once more."""
    event = draft.event
    if not event.tags:
        return
    tags, live = dict(draft.profile.tags), draft.profile.live_tags(draft.now)
    for name in event.tags:
        old = live.get(name)
        if old is not None:
            tags[name] = old.model_copy(update={"last": max(old.last, draft.moment), "count": old.count + 1})
            continue
        make_room(draft, tags, live, name)
        given = Tag(since=draft.moment, last=draft.moment, event=event.id, expires_at=expiry(draft, name))
        tags[name] = live[name] = given
        draft.tags_added.append(name)
        if not event.historical:
            draft.follow_up("tag.added", {"tag": name, "rule": ""}, "told", name)
    draft.change(tags=tags)
