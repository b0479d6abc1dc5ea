"""Telegram's HTML: marked-up text to plain text and entities, refused exactly where Telegram refuses it.

Offsets of entities count UTF-16 units; offsets in error texts count UTF-8 bytes, as Telegram's do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.playground.errors import ApiError, bad_request
from bot.playground.ledger import Json

KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler",
    "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
}  # fmt: skip
CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
ESCAPE = re.compile(r"&(#x[0-9a-fA-F]+|#\d+|[a-zA-Z]+);?")
LINK = re.compile(r"(?:https?|tg|ton)://[^\s<>\"]+|[^\s<>\":/]+\.[^\s<>\"]+", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""\s*([^\s=>"']+)\s*(?:=\s*("[^"]*"|'[^']*'|[^\s>"']+))?""")


def utf16_length(text: str) -> int:
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Plain text and its entities. Raises ApiError with Telegram's words when the mark-up is broken."""
    return _Scanner(source).scan()


@dataclass(slots=True)
class _OpenTag:
    name: str
    attributes: dict[str, str]
    start: int
    offset: int


@dataclass(slots=True)
class _Scanner:
    source: str
    position: int = 0
    plain: list[str] = field(default_factory=list)
    length: int = 0
    open_tags: list[_OpenTag] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def scan(self) -> tuple[str, list[Json]]:
        while self.position < len(self.source):
            character = self.source[self.position]
            if character == "&":
                self._escape()
            elif character != "<":
                self._emit(character, 1)
            elif self.source.startswith("</", self.position):
                self._end_tag()
            else:
                self._start_tag()
        if self.open_tags:
            raise _broken(f'Can\'t find end tag corresponding to start tag "{self.open_tags[-1].name}"')
        return "".join(self.plain), sorted(self.entities, key=lambda each: (each["offset"], -each["length"]))

    def _emit(self, text: str, consumed: int) -> None:
        self.plain.append(text)
        self.length += utf16_length(text)
        self.position += consumed

    def _escape(self) -> None:
        found = ESCAPE.match(self.source, self.position)
        character = _unescaped(found[1]) if found else None
        if found is None or character is None:
            self._emit("&", 1)
        else:
            self._emit(character, len(found[0]))

    def _start_tag(self) -> None:
        begin = self.position
        name = _read_name(self.source, begin + 1)
        close = _tag_end(self.source, begin + 1 + len(name))
        if close < 0:
            raise _broken(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if name.lower() not in KINDS:
            raise _broken(f'Unsupported start tag "{name.lower()}" at byte offset {self._bytes(begin)}')
        attributes = _attributes(self.source[begin + 1 + len(name) : close])
        if name.lower() == "span" and attributes.get("class") != "tg-spoiler":
            raise _broken(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(begin)}')
        self.open_tags.append(_OpenTag(name.lower(), attributes, len(self.plain), self.length))
        self.position = close + 1

    def _end_tag(self) -> None:
        begin = self.position
        if not self.open_tags:
            raise _broken(f"Unexpected end tag at byte offset {self._bytes(begin)}")
        name = _read_name(self.source, begin + 2)
        close = begin + 2 + len(name)
        while self.source[close : close + 1].isspace():
            close += 1
        if self.source[close : close + 1] != ">":
            raise _broken(f"Unclosed end tag at byte offset {self._bytes(begin)}")
        tag = self.open_tags.pop()
        if name and name.lower() != tag.name:
            where = self._bytes(begin)
            raise _broken(
                f'Unmatched end tag at byte offset {where}, expected "</{tag.name}>", found "</{name.lower()}>"'
            )
        self.position = close + 1
        self._close(tag)

    def _close(self, tag: _OpenTag) -> None:
        entity: Json = {"type": KINDS[tag.name], "offset": tag.offset, "length": self.length - tag.offset}
        if entity["length"] == 0 or self._inside_code(tag):
            return
        if tag.name == "a":
            entity["url"] = tag.attributes.get("href") or "".join(self.plain[tag.start :])
            if not is_link(entity["url"]):
                return
        if tag.name == "blockquote" and "expandable" in tag.attributes:
            entity["type"] = "expandable_blockquote"
        if tag.name == "pre" and "language" in tag.attributes:
            entity["language"] = tag.attributes["language"]
        self.entities.append(entity)

    def _inside_code(self, tag: _OpenTag) -> bool:
        """Code holds no other entities; `<pre><code class="language-x">` only tells `pre` its language."""
        outer = self.open_tags[-1] if self.open_tags else None
        language = tag.attributes.get("class", "")
        if tag.name == "code" and outer and outer.name == "pre" and language.startswith("language-"):
            outer.attributes["language"] = language.removeprefix("language-")
        return any(each.name in ("pre", "code") for each in self.open_tags)

    def _bytes(self, position: int) -> int:
        return len(self.source[:position].encode(errors="surrogatepass"))


def _broken(text: str) -> ApiError:
    return bad_request(f"can't parse entities: {text}")


def _read_name(source: str, start: int) -> str:
    found = re.compile(r"[a-zA-Z0-9-]*").match(source, start)
    return found[0] if found else ""


def _tag_end(source: str, start: int) -> int:
    """Where the tag's `>` is, outside quotes; -1 when it never comes."""
    quote = ""
    for position in range(start, len(source)):
        character = source[position]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == ">":
            return position
    return -1


def _attributes(text: str) -> dict[str, str]:
    return {
        name.lower(): _unescape_all(value[1:-1] if value[:1] in "\"'" else value)
        for name, value in ATTRIBUTE.findall(text)
    }


def _unescaped(name: str) -> str | None:
    if not name.startswith("#"):
        return CHARACTERS.get(name)
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else None


def _unescape_all(text: str) -> str:
    return ESCAPE.sub(lambda found: _unescaped(found[1]) or found[0], text)


def is_link(url: str) -> bool:
    return LINK.fullmatch(url) is not None
