"""Campaigns: one message to an audience, chosen person by person, sent within WeChat's quotas and never twice.

The way of a campaign: an item (``reading``) becomes a :class:`~yuchi.domain.campaign.model.Campaign`; a run of it
(``run``) is planned from an approved item and never changes; ``choosing`` decides for each person of the audience by which
account and channel the message goes, or why it does not; ``packing`` cuts the chosen into batches; ``results`` counts.
"""
