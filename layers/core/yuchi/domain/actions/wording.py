"""How a message is written behind ``reply`` and ``send``: a text, ``image MEDIA_ID``, or a one-key map."""

import re
from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.actions.base import Part, unreadable
from yuchi.domain.actions.messages import Card, Image, Menu, Music, News, Text, Transfer

_FORMS: Final[Mapping[str, type[Part]]] = {
    "text": Text,
    "image": Image,
    "news": News,
    "music": Music,
    "transfer": Transfer,
    "menu": Menu,
    "card": Card,
}
_SINGLE_FIELD: Final = {"text": "text", "image": "media_id", "transfer": "staff", "news": "articles"}
_FIRST_WORD: Final = re.compile(rf"({'|'.join(_FORMS)})(?:\s+(.*))?", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([n\\])")


def read_line(verb: str, argument: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    """``您好`` or ``image MEDIA_ID`` -> the fields of a message of one of the ``allowed`` types."""
    found = _FIRST_WORD.fullmatch(argument)
    if found is None:
        return {"type": "text", "text": _unescape(argument)}
    form, rest = found.group(1), (found.group(2) or "").strip()
    if form == "text":
        return {"type": "text", "text": _unescape(rest)}
    if form not in allowed:
        raise _not_allowed(verb, form, allowed, as_text=argument)
    if form == "image":
        return {"type": "image", "media_id": rest}
    if form == "transfer":
        return {"type": "transfer", "staff": rest or None}
    raise unreadable(
        "message.map",
        f"{form} 有多个字段，要写成映射；如果是要发这段文字，请写 {verb} text {argument[:20]}",
        f"{form} has many fields and is written as a map; to say these words write: {verb} text {argument[:20]}",
        column=1,
    )


def read_map(verb: str, argument: Any, allowed: tuple[str, ...]) -> Any:
    """``{"news": {...}}`` or a text -> the fields of a message. Fields written flat (with ``type``) pass as they are."""
    if not isinstance(argument, Mapping) or len(argument) != 1:
        return argument
    ((form, content),) = argument.items()
    if form not in _FORMS or (form == "type"):
        return argument
    if form not in allowed:
        raise _not_allowed(verb, form, allowed)
    if isinstance(content, Mapping) and not (form == "news" and "articles" not in content):
        return {**content, "type": form}
    field = _SINGLE_FIELD.get(form)
    return {"type": form, field: content} if field else {"type": form, "fields": content}


def write_message(message: Part) -> Any:
    """The shortest form that is read back as the same message."""
    match message:
        case Text(text=text):
            written = _escape(text)
            return f"text {written}" if _FIRST_WORD.fullmatch(written) else written
        case Image(media_id=media_id):
            return f"image {media_id}"
        case Transfer(staff=staff):
            return f"transfer {staff}" if staff else "transfer"
    fields = message.model_dump(mode="json", exclude_defaults=True)
    form = getattr(message, "type", "")
    if isinstance(message, Menu) and all(option.id == str(number) for number, option in enumerate(message.options, 1)):
        fields["options"] = [option.content for option in message.options]
    if isinstance(message, News):
        return {form: fields["articles"][0] if len(message.articles) == 1 else fields["articles"]}
    return {form: fields}


def _not_allowed(verb: str, form: str, allowed: tuple[str, ...], *, as_text: str = "") -> Exception:
    names = "、".join(allowed)
    return unreadable(
        "message.form",
        f"{verb} 不能发 {form}，可以用 {names}" + (f"；如果是要发这段文字，请写 {verb} text …" if as_text else ""),
        f"{verb} cannot carry {form}, only {', '.join(allowed)}" + (f"; for a text write: {verb} text ..." if as_text else ""),
        column=1,
    )


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) == "n" else "\\", text)
