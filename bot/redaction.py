"""Keeps the bot's token out of every log, whoever writes it: ours, PTB's, httpx's, a traceback."""

import logging
import re
import traceback
from types import TracebackType

_TOKEN = re.compile(r"\d{1,20}(?::|%3[Aa])[A-Za-z0-9_-]{30,}")
HIDDEN = "<token>"
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None


def redact(text: str) -> str:
    """The text without anything that looks like a token."""
    return _TOKEN.sub(HIDDEN, text)


class RedactedRecord(logging.LogRecord):
    """A log record whose message and traceback are redacted before any handler sees them."""

    def getMessage(self) -> str:  # noqa: N802 - logging's own name
        return redact(super().getMessage())

    @classmethod
    def of(cls, *args: object, **kwargs: object) -> "RedactedRecord":
        record = cls(*args, **kwargs)  # type: ignore[arg-type]
        if record.exc_info and record.exc_info[0] is not None:
            # Formatters use this text instead of formatting the exception themselves.
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info))).rstrip()
        return record


def install() -> None:
    """Make every record of this process a redacted one."""
    logging.setLogRecordFactory(RedactedRecord.of)


def set_up_logging(level: str) -> None:
    """Log to standard error, without tokens; the chatter of libraries only from WARNING up."""
    install()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)-7s %(name)s  %(message)s", datefmt="%H:%M:%S")
    for name in ("httpx", "httpcore", "telegram", "aiohttp.access", "asyncio", "alembic", "PIL"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
