"""What becomes of a person by the brand's own definitions, at each event: whose word counts, and the life-cycle stage.

A change of the stage is told where a rule listens to ``stage.changed``. Time changes it too: a wake (see
:mod:`yuchi.domain.waiting`) comes within a minute of that moment, and is an event like any other here.
"""

from yuchi.domain.attributes import preferred, without_expired
from yuchi.domain.draft_decision import DraftDecision
from yuchi.domain.profile import Profile
from yuchi.domain.profile_view import stage_mark
from yuchi.domain.triggers import STAGE_CHANGED


def by_standard(draft: DraftDecision) -> None:
    """Let the sources count in the order that the brand wants, and forget attributes whose time is over."""
    draft.profile = without_expired(draft.profile, draft.moment, draft.schema.retention)
    draft.profile = preferred(draft.profile, draft.schema.precedence)
    if draft.rejected:
        draft.notes.append("data.rejected")


def note_stage(draft: DraftDecision, *, before: Profile) -> None:
    """Keep the stage and since when it is so; tell where it is another than was known.

    Of somebody whose stage was never noted though there were events, nothing is told: the brand begins to look at stages.
    """
    known = before.stage
    mark = stage_mark(draft.profile, max(draft.now, draft.event.time), draft.schema)
    if mark == draft.profile.stage:
        return
    draft.change(stage=mark)
    name, previous = mark.name if mark else None, known.name if known else None
    if name != previous and not draft.event.historical and (known is not None or before.version == 0):
        draft.follow_up(STAGE_CHANGED, {"stage": name, "previous": previous}, str(name))
