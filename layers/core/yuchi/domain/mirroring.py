"""Tags that are mirrored with WeChat's own tags of an account. Pure.

Each channel of a person remembers which tags WeChat has for that fan as far as we know (``Channel.mirror``): told to it by
an action of ours, or seen there. After each event what WeChat should have is compared with that, and what differs becomes
side effects. So nothing is lost that changed a tag by another way: an expiry, a merge, a longer list of mirrored tags.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.event import derive_id
from yuchi.domain.profile import Channel, Mirrored, Tag
from yuchi.domain.tagging import expiry, make_room
from yuchi.domain.timeline import OutboxAction

MIRROR: Final = "mirror_tag"
"""The kind of action that gives or takes one tag of one fan at WeChat; its body: ``tag``, and ``on``."""
MIRRORER: Final = "@mirror"
"""What stands in place of its rule. No rule can have this id."""
MIRRORED: Final = "tag.mirrored"
"""The event by which we hear what tags a fan has at WeChat."""
MAX_OF_FAN: Final = 20
"""How many tags WeChat lets a fan have."""
MAX_OF_ACCOUNT: Final = 97
"""How many tags of its own WeChat lets an account have: 100 with its three."""
MAX_CHARACTERS: Final = 30
"""The longest name of a tag at WeChat."""
WECHAT: Final = "wechat"
"""``Tag.source`` of tags given in WeChat's console."""
CONFLICT: Final = "tag.conflict"
"""The note: a tag was changed on both sides since they were compared last."""
FULL: Final = "mirror.full"
"""The note: a tag was not mirrored, for the fan has as many as WeChat takes."""


def told_by_wechat(account: str) -> str:
    """``Event.source`` of :data:`MIRRORED`. Only what comes from here is believed: no door gives an event this source."""
    return f"/wechat-tags/{account}"


def wanted_tags(live: Mapping[str, Any], listed: Sequence[str], channel: Channel) -> tuple[list[str], bool]:
    """Which of ``listed`` WeChat should have for the fan, and whether some had no room. What is there already stays."""
    wanted = [name for name in listed if name in live]
    there = [name for name in wanted if name in channel.mirror and channel.mirror[name].on]
    others = [name for name in wanted if name not in there]
    return [*there, *others][:MAX_OF_FAN], len(wanted) > MAX_OF_FAN


def mirror_tags(draft: DraftDecision, lists: Mapping[str, Sequence[str]]) -> None:
    """Put what WeChat must be told into the outbox. ``lists``: account -> its mirrored tags.

    What is told long after (an import of a million rows) is left to ``yuchi sync tags``, which tells it to WeChat for fifty
    fans at once, or to the person's next event.
    """
    if draft.event.historical and draft.event.type != MIRRORED:
        return
    live = draft.profile.live_tags(draft.now)
    channels = dict(draft.profile.channels)
    for identity, channel in draft.profile.channels.items():
        listed = lists.get(channel.account, ())
        if not channel.subscribed or not (listed or channel.mirror):
            continue
        wanted, cut = wanted_tags(live, listed, channel)
        draft.notes += [FULL] * cut
        mirror = dict(channel.mirror)
        for name in listed:
            known = mirror.get(name)
            on = name in wanted
            if on != bool(known and known.on):
                action = _action(draft, identity, name, on=on)
                if draft.put(action):
                    mirror[name] = Mirrored(on=on, at=int(draft.now.timestamp()), action=action.id)
        mirror = {name: known for name, known in mirror.items() if name in listed}
        if mirror != channel.mirror:
            channels[identity] = channel.model_copy(update={"mirror": mirror})
    if channels != draft.profile.channels:
        draft.change(channels=channels)


def _action(draft: DraftDecision, identity: str, name: str, *, on: bool) -> OutboxAction:
    cause = derive_id(identity, name)[:12]
    return OutboxAction(
        id=f"{draft.event.id}:{MIRRORER}:{cause}",
        kind=MIRROR,
        rule=MIRRORER,
        version=0,
        body={"tag": name, "on": on},
        recipient=identity,
    )


def note_mirrored(draft: DraftDecision) -> None:
    """What :data:`MIRRORED` does to a profile. Its data, each by the tag's name:

    ``there``: whether WeChat has it, since the event's time. ``seen``: the id of our last action on it, as it was when
    that was found out ("" for none); where it is another one by now, ours is the later word. ``changed``: it was
    changed at WeChat's side, so that the profile follows. ``told``: we told WeChat so just now, past the queue; whatever we
    decided meanwhile is then told anew, by :func:`mirror_tags`.
    """
    event, identity = draft.event, draft.event.subject or ""
    if event.source != told_by_wechat(event.account):
        return
    channel = draft.profile.channels.get(identity) or Channel(account=event.account, subscribed=True)
    mirror, tags = dict(channel.mirror), dict(draft.profile.tags)
    live = draft.profile.live_tags(draft.now)
    seen, changed, told = (event.data.get(part, {}) for part in ("seen", "changed", "told"))
    for name, there in event.data.get("there", {}).items():
        known = mirror.get(name)
        if name not in told and (known.action if known else "") != seen.get(name, ""):
            continue
        if there or name in told:
            mirror[name] = Mirrored(on=there, at=draft.moment)
        else:
            mirror.pop(name, None)
        if name not in changed or there == (name in live):
            continue
        draft.notes += [CONFLICT] * bool(known and known.action)
        if there:
            make_room(draft, tags, live, name)
            given = Tag(
                since=draft.moment, last=draft.moment, event=event.id, source=WECHAT, expires_at=expiry(draft, name)
            )
            tags[name] = live[name] = given
            draft.tags_added.append(name)
        else:
            del tags[name], live[name]
            draft.tags_removed.append(name)
    draft.change(
        tags=tags, channels={**draft.profile.channels, identity: channel.model_copy(update={"mirror": mirror})}
    )
