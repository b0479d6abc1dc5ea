"""What can go wrong in the bot, as one family.

BotError
├── ButtonRefused      callback data that is forged, expired, foreign or of another version
├── FileNotTaken       a file that Telegram will not hand out, or that is too big to ask for
├── PictureNotTaken    a file of which no picture could be made, with where it is kept for a while
├── FileNotMade        a network that cannot be had as a file
├── LayoutUnclear      a folder of which nobody could say what its labels are
├── ArchiveRefused     a zip, or a file in one, that is not read
├── NotFetched         a link that nothing was fetched from (`bot/fetching/errors.py`)
├── OverQuota          more than one person may send lately
├── PutOff             an update whose turn comes later
└── CannotStart        a reason, for the owner, why the bot does not start
"""

from datetime import datetime
from enum import StrEnum

from pictures import PictureRefused


class BotError(Exception):
    """Base of all errors of this package."""


class ButtonRefused(BotError):
    """Callback data that must not be acted on; `reason` is one of forged, expired, foreign."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileNotTaken(BotError):
    """A file that cannot be fetched; `reason` is too_big or gone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PictureNotTaken(BotError):
    """A file that was refused; `parcel` is where its bytes are, and None where none are worth keeping."""

    def __init__(self, why: PictureRefused, *, name: str, file: str, parcel: str | None, size: int) -> None:
        super().__init__(why.refusal.value)
        self.why = why
        self.name = name
        self.file = file
        self.parcel = parcel
        self.size = size


class FileNotMade(BotError):
    """A network that cannot be had as a file.

    `reason` is none (no network answers), outdated (it knows a name that was deleted), too_big (Telegram would not take
    it) or broken (its files are not as they should be).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FileGone(BotError):
    """A picture that was to be sent is gone: a newer one was drawn, or a photo in it was deleted meanwhile."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is gone")


class OverQuota(BotError):
    """A person sent more than she may; nothing was counted."""


class PutOff(BotError):
    """An update is for later: it stays in the inbox, and is handled again from `until` on."""

    def __init__(self, until: datetime) -> None:
        super().__init__("put off")
        self.until = until


class LayoutUnclear(BotError):
    """A folder of which nobody could say what its labels are; the message goes on after its name."""


class ZipFlaw(StrEnum):
    """Why a zip is not read, or one file in it."""

    # of a zip as a whole
    NOT_A_ZIP = "not_a_zip"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"
    CONTRADICTORY = "contradictory"
    LOCKED = "locked"
    BAD_NAME = "bad_name"
    # of one file in it
    NOT_A_FILE = "not_a_file"
    FILE_TOO_BIG = "file_too_big"
    BOMB = "bomb"
    PACKED_OTHERWISE = "packed_otherwise"
    DAMAGED = "damaged"


class ArchiveRefused(BotError):
    """A zip, or a file in one, that is not read; `name` is the file's, and `limit` what it goes beyond."""

    def __init__(self, flaw: ZipFlaw, name: str = "", *, limit: int | None = None) -> None:
        super().__init__(f"{flaw.value} {name!r}" if name else flaw.value)
        self.flaw = flaw
        self.name = name
        self.limit = limit


class CannotStart(BotError):
    """A reason why the bot does not start, in words for the owner."""
