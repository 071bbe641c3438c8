"""What groups of tags mean for giving one: an exclusive group makes room, and a group says how long its tags last."""

from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.profile import Tag


def make_room(draft: DraftDecision, tags: dict[str, Tag], live: dict[str, Tag], name: str, rule: str = "") -> None:
    """Take the others of ``name``'s exclusive group out of ``tags`` and ``live``, and say so. ``rule`` gives the tag."""
    group = draft.schema.group_of.get(name)
    if group is None or not group.exclusive:
        return
    for other in group.tags:
        if other == name or tags.pop(other, None) is None or live.pop(other, None) is None:
            continue
        draft.tags_removed.append(other)
        if not draft.event.historical:
            data = {"tag": other, "rule": rule, "reason": "group"}
            draft.follow_up("tag.removed", data, "group", rule, other, name)


def expiry(draft: DraftDecision, name: str, lasts: int | None = None) -> int | None:
    """When (epoch seconds) a tag that is given now expires: after ``lasts`` seconds, else as its group says."""
    group = draft.schema.group_of.get(name)
    seconds = lasts or (group.lasts if group else None)
    return draft.moment + seconds if seconds else None
