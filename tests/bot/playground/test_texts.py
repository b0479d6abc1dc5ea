"""Telegram's HTML and the entities found in plain text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.errors import ApiError
from bot.playground.html_text import parse_html, utf16_length
from bot.playground.texts import formatted


def entity(kind: str, offset: int, length: int, **more: str) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **more}


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>a</b>", "a", [entity("bold", 0, 1)]),
        ("🌼🌼 <b>x🌼</b>", "🌼🌼 x🌼", [entity("bold", 5, 3)]),
        ("<b>a<i>b</i></b>", "ab", [entity("bold", 0, 2), entity("italic", 1, 1)]),
        ("1 &lt; 2 &amp;&#38; &#x1F33C; &copy;", "1 < 2 && 🌼 &copy;", []),
        ('<a href="https://e.org/?a=1&amp;b=2">x</a>', "x", [entity("text_link", 0, 1, url="https://e.org/?a=1&b=2")]),
        ('<pre><code class="language-py">x</code></pre>', "x", [entity("pre", 0, 1, language="py")]),
        ("<blockquote expandable>q</blockquote>", "q", [entity("expandable_blockquote", 0, 1)]),
        ('<span class="tg-spoiler">s</span>', "s", [entity("spoiler", 0, 1)]),
        ("<tg-spoiler>s</tg-spoiler>", "s", [entity("spoiler", 0, 1)]),
        ("<STRONG>a</STRONG><em></em>", "a", [entity("bold", 0, 1)]),
        ("<code>a <b>b</b></code>", "a b", [entity("code", 0, 3)]),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[dict[str, Any]]) -> None:
    assert parse_html(source) == (text, entities)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ä<script>", 'Unsupported start tag "script" at byte offset 2'),
        ("</b>", "Unexpected end tag at byte offset 0"),
        ("<b>a</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("a < b", "Unclosed start tag at byte offset 2"),
        ("a <> b", 'Unsupported start tag "" at byte offset 2'),
        ("<b>a</b", "Unclosed end tag at byte offset 4"),
        ("<span>a</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_broken_html_is_refused_with_telegrams_words(source: str, words: str) -> None:
    with pytest.raises(ApiError) as refusal:
        parse_html(source)

    assert refusal.value.description == f"Bad Request: can't parse entities: {words}"


@given(st.text(alphabet=st.sampled_from("ab <>&;/\"'🌼=ips")))
def test_no_html_breaks_the_parser(source: str) -> None:
    try:
        text, entities = parse_html(source)
    except ApiError:
        return

    assert all(each["offset"] + each["length"] <= utf16_length(text) for each in entities)


@given(st.text())
def test_escaped_text_comes_back_as_it_was(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert parse_html(escaped) == (text, [])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("/start@x_bot now", ["bot_command"]),
        ("and/or 1/2 no /yes", ["bot_command"]),
        ("mail me@example.org, @ann_002, #rose or https://e.org/x.", ["email", "mention", "hashtag", "url"]),
    ],
)
def test_plain_text_has_entities_too(text: str, kinds: list[str]) -> None:
    assert [each["type"] for each in formatted(text).entities] == kinds


def test_spaces_around_a_text_are_cut_and_entities_move_along() -> None:
    found = formatted("  <b> a </b>  ", parse_mode="HTML")

    assert (found.text, found.entities) == ("a", [entity("bold", 0, 1)])
