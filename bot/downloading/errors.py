"""What is wrong with a list of addresses, or with one of its lines.

BotError
└── ListRefused        a list that is not read; `flaw` is one of ListFlaw
"""

from enum import StrEnum

from bot.errors import BotError


class ListFlaw(StrEnum):
    """Why a list is not read at all."""

    TOO_BIG = "too_big"
    NOT_TEXT = "not_text"
    TOO_MANY = "too_many"
    EMPTY = "empty"


class LineFlaw(StrEnum):
    """Why a line of a list is left out."""

    NO_ADDRESS = "no_address"
    TOO_LONG = "too_long"
    QUOTES = "quotes"
    NO_LABEL = "no_label"
    REPEATED = "repeated"
    OTHER_LABEL = "other_label"


class ListRefused(BotError):
    """A list that is not read; `limit` is what it goes beyond."""

    def __init__(self, flaw: ListFlaw, *, limit: int | None = None) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw
        self.limit = limit
