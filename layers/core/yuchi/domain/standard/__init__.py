"""What a brand defines for itself: its data standard, life-cycle stages, scores, tag groups and RFM bounds.

:mod:`.model` is what is live, :mod:`.reading` makes it of the items that marketers edit, :mod:`.publishing` packs it;
:mod:`.values` checks what sources tell against it, :mod:`.stages` and :mod:`.decay` work it out for one person.
"""
