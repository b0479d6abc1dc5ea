"""Texts and captions as Telegram stores them: trimmed, limited, with commands, mentions and links found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from bot.playground.errors import bad_request
from bot.playground.html_text import parse_html, utf16_length
from bot.playground.ledger import Json

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_NUMBER = 2**62
PATTERNS = {
    "bot_command": re.compile(r"(?<![\w/@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/@])"),
    "url": re.compile(r"\bhttps?://[^\s<>\"]*[^\s<>\".,;:!?)\]]"),
    "email": re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}\b"),
    "mention": re.compile(r"(?<![\w@])@[A-Za-z]\w{3,31}(?!\w)"),
    "hashtag": re.compile(r"(?<![\w#])#\w*[^\W\d]\w*"),
}
SOLID = {"code", "pre", "text_link", "text_mention"}


@dataclass(frozen=True, slots=True)
class Formatted:
    text: str
    entities: list[Json]

    def as_text(self) -> Json:
        return self._fields("text", "entities")

    def as_caption(self) -> Json:
        return self._fields("caption", "caption_entities")

    def _fields(self, text_field: str, entities_field: str) -> Json:
        if not self.text:
            return {}
        return {text_field: self.text, **({entities_field: self.entities} if self.entities else {})}


def formatted(source: str, *, parse_mode: str | None = None, entities: Any = None) -> Formatted:
    """What becomes of a text in Telegram. Raises ApiError for an unknown parse mode, broken HTML or broken entities."""
    if parse_mode and parse_mode.lower() == "html":
        text, marked = parse_html(source)
    elif parse_mode:
        raise bad_request("unsupported parse_mode")
    else:
        text, marked = source, [_checked(each) for each in (entities if isinstance(entities, list) else [])]
    text, marked = _trimmed(text, marked)
    return Formatted(text, sorted(marked + _found(text, marked), key=lambda each: (each["offset"], -each["length"])))


def _checked(entity: Any) -> Json:
    if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
        raise bad_request("can't parse MessageEntity: Can't find field \"type\"")
    if not all(isinstance(entity.get(name), int) and 0 <= entity[name] < MAX_NUMBER for name in ("offset", "length")):
        raise bad_request("can't parse MessageEntity: Can't find field \"offset\"")
    return entity


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    lead = utf16_length(text) - utf16_length(text.lstrip())
    bare = text.strip()
    end = utf16_length(bare)
    kept: list[Json] = []
    for entity in entities:
        start = max(int(entity["offset"]) - lead, 0)
        stop = min(int(entity["offset"]) + int(entity["length"]) - lead, end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return bare, kept


def _found(text: str, taken: list[Json]) -> list[Json]:
    """Commands, links, addresses, mentions and hashtags that stand in the text without any mark-up."""
    solid = [each for each in taken if each["type"] in SOLID]
    found: list[Json] = []
    for kind, pattern in PATTERNS.items():
        for match in pattern.finditer(text):
            entity = {"type": kind, "offset": utf16_length(text[: match.start()]), "length": utf16_length(match[0])}
            if not any(_overlap(entity, other) for other in solid + found):
                found.append(entity)
    return found


def _overlap(one: Json, other: Json) -> bool:
    return bool(one["offset"] < other["offset"] + other["length"] and other["offset"] < one["offset"] + one["length"])
