"""How a message is written behind ``reply`` and ``send``: a text, ``image MEDIA_ID``, or a one-key map."""

import re
from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.actions.base import Part, unreadable
from yuchi.domain.actions.messages import Card, Image, Menu, Music, News, Text, Transfer
from yuchi.domain.problem import closest

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


def form_model(form: str) -> tuple[type[Part], str | None]:
    """The model of a kind of message, and the field that may be written alone."""
    return _FORMS[form], _SINGLE_FIELD.get(form)


def read_line(verb: str, argument: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    """``您好`` or ``image MEDIA_ID`` -> the fields of a message of one of the ``allowed`` types."""
    found = _FIRST_WORD.fullmatch(argument)
    if found is None:
        return {"type": "text", "text": unescape(argument)}
    form, rest = found.group(1), (found.group(2) or "").strip()
    if form == "text":
        return {"type": "text", "text": unescape(rest)}
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


def read_map(verb: str, argument: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    """``{"news": {...}}``, ``{"image": "MEDIA_ID"}`` or fields with a ``type`` -> the fields of a message."""
    if isinstance(argument, Mapping) and "type" in argument:
        return dict(argument)
    if not isinstance(argument, Mapping) or len(argument) != 1:
        raise unreadable(
            "message.one",
            f"{verb} 后面写一段文字，或写一种消息：{'、'.join(allowed)}",
            f"{verb} takes a text or one kind of message: {', '.join(allowed)}",
        )
    ((form, content),) = argument.items()
    if form not in allowed:
        raise _not_allowed(verb, str(form), allowed)
    field = _SINGLE_FIELD.get(form)
    if isinstance(content, Mapping) and (field is None or field in content):
        return {**content, "type": form}
    if field is None:
        raise unreadable(
            "message.fields",
            f"{form} 要写成“字段: 内容”的形式",
            f"{form} is a map of fields",
        )
    return {"type": form, field: content}


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
    meant = "" if form in _FORMS else closest(form, allowed)
    return unreadable(
        "message.form",
        f"{verb} 不能发 {form}，可以用 {names}" + (f"；如果是要发这段文字，请写 {verb} text …" if as_text else ""),
        f"{verb} cannot carry {form}, only {', '.join(allowed)}"
        + (f"; for a text write: {verb} text ..." if as_text else ""),
        column=1 if as_text else None,
        suggestion=meant,
    )


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unescape(text: str) -> str:
    r"""``\n`` in one line of text becomes a line break."""
    return _ESCAPED.sub(lambda found: "\n" if found.group(1) == "n" else "\\", text)
