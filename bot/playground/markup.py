"""Keyboards under messages and under the input field: checked as Telegram checks them."""

from __future__ import annotations

from typing import Any

from bot.playground.errors import bad_request
from bot.playground.html_text import is_link
from bot.playground.ledger import Json

MAX_CALLBACK_DATA = 64
MAX_BUTTONS = 100
ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
STYLES = ("danger", "success", "primary")


def checked_markup(markup: Json) -> Json:
    """The markup as it is kept, {} when there is none. Raises ApiError with Telegram's words."""
    if not markup:
        return {}
    if "inline_keyboard" in markup:
        return _inline(markup["inline_keyboard"])
    if "keyboard" in markup:
        rows = [[_plain_button(button) for button in row] for row in _rows(markup["keyboard"])]
        return {**markup, "keyboard": [row for row in rows if row]}
    if markup.get("remove_keyboard") or markup.get("force_reply"):
        return markup
    raise bad_request("can't parse reply keyboard markup JSON object")


def inline_only(markup: Json) -> Json:
    """Edits take inline keyboards only."""
    kept = checked_markup(markup)
    if kept and "inline_keyboard" not in kept:
        raise bad_request("inline keyboard expected")
    return kept if kept.get("inline_keyboard") else {}


def _rows(value: Any) -> list[list[Any]]:
    if not isinstance(value, list) or not all(isinstance(row, list) for row in value):
        raise bad_request("can't parse reply keyboard markup JSON object")
    return value


def _inline(value: Any) -> Json:
    rows = [[_inline_button(button) for button in row] for row in _rows(value)]
    if sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": [row for row in rows if row]}


def _inline_button(button: Any) -> Json:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad_request("can't parse inline keyboard button: Can't find field \"text\"")
    if not button["text"].strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if not any(action in button for action in ACTIONS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 0 < len(str(button["callback_data"]).encode()) <= MAX_CALLBACK_DATA:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not is_link(str(button["url"])):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if button.get("style") not in (None, *STYLES):
        raise bad_request("BUTTON_STYLE_INVALID")
    return button


def _plain_button(button: Any) -> Json:
    plain = {"text": button} if isinstance(button, str) else button
    if not isinstance(plain, dict) or not isinstance(plain.get("text"), str) or not plain["text"].strip():
        raise bad_request("can't parse keyboard button: Can't find field \"text\"")
    return plain
