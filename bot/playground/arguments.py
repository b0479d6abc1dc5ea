"""What goes into a Bot API call and what comes out: arguments are strings, read with Telegram's leniency."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from bot.playground.errors import bad_request
from bot.playground.ledger import Json
from bot.playground.texts import MAX_CAPTION, MAX_NUMBER, MAX_TEXT, Formatted, formatted


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    data: bytes
    mime: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A result that comes with a remark of Telegram's."""

    result: Any
    description: str


@dataclass(frozen=True, slots=True)
class Arguments:
    values: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def flag(self, name: str) -> bool:
        return self.text(name).strip().lower() in ("true", "yes", "1")

    def number(self, name: str, default: int = 0, *, low: int | None = None, high: int | None = None) -> int:
        number = whole_number(self.text(name))
        number = default if number is None else number
        number = number if low is None else max(low, number)
        return number if high is None else min(high, number)

    def json(self, name: str) -> Any:
        """The decoded value, None when it is absent."""
        source = self.text(name)
        if not source.strip():
            return None
        try:
            return json.loads(source)
        except ValueError as error:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from error

    def json_object(self, name: str) -> Json:
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"object expected as {name.replace('_', ' ')}")
        return value or {}

    def json_list(self, name: str) -> list[Any]:
        value = self.json(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"can't parse {name}: array expected")
        return value or []

    def message_text(self) -> Formatted:
        text = formatted(
            self.text("text"), parse_mode=self.text("parse_mode") or None, entities=self.json_list("entities")
        )
        if not text.text:
            raise bad_request("message text is empty")
        if len(text.text) > MAX_TEXT:
            raise bad_request("message is too long")
        return text

    def caption(self) -> Formatted:
        return caption_of(
            {
                "caption": self.text("caption"),
                "parse_mode": self.text("parse_mode"),
                "caption_entities": self.json_list("caption_entities"),
            }
        )


def caption_of(item: Json) -> Formatted:
    """The caption of a call or of one item of an album."""
    caption = formatted(
        str(item.get("caption") or ""),
        parse_mode=str(item.get("parse_mode") or "") or None,
        entities=item.get("caption_entities"),
    )
    if len(caption.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return caption


def whole_number(text: str) -> int | None:
    """The number in a text; None when there is none, or none that 64 bits can hold."""
    try:
        number = int(text.strip())
    except ValueError:
        return None
    return number if abs(number) < MAX_NUMBER else None


def as_argument(value: object) -> str:
    """A JSON value as the string it would be in a form."""
    return value if isinstance(value, str) else json.dumps(value)
