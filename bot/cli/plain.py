"""Plain words for the command line: why a file was not taken, names that any terminal can print, and how far it is."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pictures import PictureRefused, Refusal
from storage import (
    NotFound,
    StorageError,
    StoreBusy,
    StoreConflict,
    StoreDamaged,
    StoreFull,
    StoreOutdated,
    StoreReadOnly,
    StoreUnavailable,
    WriteNotDurable,
)


def why_refused(error: PictureRefused) -> str:
    """Why bytes cannot become a photo, in a few words."""
    return {
        Refusal.EMPTY: "it is empty",
        Refusal.TOO_MANY_BYTES: "it is bigger than 20 MB",
        Refusal.NOT_A_PICTURE: "it is not a picture",
        Refusal.KIND_NOT_TAKEN: f"it is {error.given}, and only JPEG, PNG, WebP, GIF, HEIC and AVIF are taken",
        Refusal.TOO_SMALL: f"it is too small ({error.given}): at least {error.limit} pixels a side",
        Refusal.TOO_LARGE: f"it is too large ({error.given}): at most {error.limit} megapixels",
        Refusal.BROKEN: "it is damaged or cut short",
        Refusal.BLANK: "it is one even colour, so there is nothing to see",
        Refusal.TOO_HARD: "it is too hard to read: it wants more time or memory than one picture may have",
    }[error.refusal]


def sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def printable(name: str) -> str:
    """A file's name on one line: bytes that are no text, line ends and what steers a terminal become question marks."""
    decoded = name.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in decoded)


def quiet_decoders() -> None:
    """Keep Pillow's remarks on odd files off the screen: what matters of them is said of the file, in plain words."""
    warnings.filterwarnings("ignore", module="PIL")


@contextmanager
def progress_bar(console: Console, doing: str, total: int) -> Iterator[Callable[[], object]]:
    """A bar that the caller advances by one; nothing where no terminal is."""
    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def trouble(error: StorageError) -> str:
    """What is wrong with the store, and what to do about it."""
    return _TROUBLES.get(type(error), "The store failed in a way that has no name yet; the log may tell more.")


DECODERS_DOWN = (
    "Pictures cannot be decoded just now: the processes that do so do not start, or are ended. "
    "See whether there is memory left, and try again."
)

_TROUBLES: dict[type[StorageError], str] = {
    NotFound: "Something that was there a moment ago is gone. Try again.",
    StoreUnavailable: "The database cannot be reached. Is PUPIL_DATABASE right, and is its server running?",
    StoreBusy: "Another process holds the database. Try again in a moment.",
    StoreFull: "The disk is full. Make room, and try again.",
    StoreReadOnly: "The folder in PUPIL_HOME may not be written. Its owner must be the one who runs Pupil.",
    StoreConflict: "Two processes did the same at once. Try again.",
    StoreDamaged: "What is stored is damaged. Put back a copy of the folder in PUPIL_HOME.",
    StoreOutdated: "The database is of a newer Pupil, or its driver is missing. Update Pupil: `make setup`.",
    WriteNotDurable: "The disk did not confirm a write. Check the disk before anything else.",
}
