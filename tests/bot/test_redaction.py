"""The token never reaches a log, wherever in a record it hides."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import HIDDEN, install, redact

SECRET = "AAF-x_0123456789abcdefghijklmnopqrs"
TOKEN = f"123456789:{SECRET}"


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    former = logging.getLogRecordFactory()
    install()
    stream = io.StringIO()
    logger, handler = logging.getLogger("tests.redaction"), logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger, stream
    logger.removeHandler(handler)
    logging.setLogRecordFactory(former)


@given(st.text(max_size=30), st.text(max_size=30), st.booleans())
def test_a_token_in_any_place_is_hidden(before: str, after: str, encoded: bool) -> None:
    given_text = f"{before} {quote(TOKEN, safe='') if encoded else TOKEN} {after}"

    said = redact(given_text)

    assert SECRET not in said
    assert HIDDEN in said


@given(st.text(alphabet=st.characters(exclude_characters=":%"), max_size=60))
def test_what_is_no_token_stays(text: str) -> None:
    assert redact(text) == text


def test_a_url_of_the_bot_api_is_hidden_in_messages_and_arguments(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = log

    logger.info("HTTP Request: POST %s", f"https://api.telegram.org/bot{TOKEN}/getMe")
    logger.info(f"https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg")
    logger.debug("%r", {"token": TOKEN})

    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count(HIDDEN) == 3


def test_a_token_in_a_traceback_and_its_causes_is_hidden(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log

    try:
        try:
            raise ValueError(f"rejected {TOKEN}")
        except ValueError as error:
            raise RuntimeError(f"bot{quote(TOKEN, safe='')}") from error
    except RuntimeError:
        logger.exception("it failed")

    assert SECRET not in stream.getvalue()
    assert "RuntimeError" in stream.getvalue()
    assert "ValueError" in stream.getvalue()
