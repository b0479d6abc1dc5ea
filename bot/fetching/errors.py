"""Why nothing was fetched, told so that nobody learns from it what there is inside the owner's network.

BotError
└── NotFetched         a link that nothing was fetched from; `reason` is one of Reason
"""

from enum import StrEnum

from bot.errors import BotError


class Reason(StrEnum):
    """All that is told of a failure.

    Names are treated alike whether they do not exist or lead into the owner's network: telling the two apart would tell
    which names exist there.
    """

    NOT_ALLOWED = "not allowed"
    """A link of a kind that is not followed, to a port that is not dialled, or to an address outside the public net."""
    NO_ANSWER = "no answer"
    """The name leads to no public address, nobody answers, who answers cannot prove to be it, or it hung up."""
    CUT_OFF = "cut off"
    """The body ended before its end."""
    TOO_SLOW = "too slow"
    TOO_LARGE = "too large"
    ENCODED = "encoded"
    """The body is compressed although that was not asked for."""
    MANY_REDIRECTS = "many redirects"
    NOT_FOUND = "not found"
    """Status 404 or 410."""
    BUSY = "busy"
    """Status 429: the server wants to be asked later."""
    DENIED = "denied"
    """Any other status from 400 to 499."""
    SERVER_FAILED = "server failed"
    """A status from 500."""
    UNUSABLE = "unusable"
    """An answer that HTTP does not know, or whose status promises no file."""


class NotFetched(BotError):
    """A link that nothing was fetched from. It carries neither the link, nor an address, nor words of an answer.

    `wait` is after how many seconds its server wants to be asked again, if it said so.
    """

    def __init__(self, reason: Reason, *, wait: float | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.wait = wait
