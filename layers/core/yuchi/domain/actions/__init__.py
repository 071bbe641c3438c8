"""What rules do: a closed, typed table of actions (see :mod:`yuchi.domain.actions.table`)."""

from yuchi.domain.actions.base import BaseAction
from yuchi.domain.actions.facts import Score, Set
from yuchi.domain.actions.filling import check_texts, fill_action
from yuchi.domain.actions.messages import Article, Card, Image, Menu, Music, News, Option, Text, Transfer
from yuchi.domain.actions.outward import After, Emit, Webhook
from yuchi.domain.actions.saying import Reply, Send
from yuchi.domain.actions.table import (
    ACTIONS,
    MAX_ACTIONS,
    Action,
    dump_action,
    load_action,
    load_actions,
    parse_action,
    parse_actions,
    to_line,
)
from yuchi.domain.actions.tags import Tag, Untag

__all__ = [
    "ACTIONS",
    "MAX_ACTIONS",
    "Action",
    "After",
    "Article",
    "BaseAction",
    "Card",
    "Emit",
    "Image",
    "Menu",
    "Music",
    "News",
    "Option",
    "Reply",
    "Score",
    "Send",
    "Set",
    "Tag",
    "Text",
    "Transfer",
    "Untag",
    "Webhook",
    "check_texts",
    "dump_action",
    "fill_action",
    "load_action",
    "load_actions",
    "parse_action",
    "parse_actions",
    "to_line",
]
