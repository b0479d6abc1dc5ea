"""The command line: `pupil`."""

import os

from bot.cli.app import pupil
from bot.redaction import install


def main() -> None:
    """Entry point of the `pupil` command."""
    # Files are for their owner's eyes only: photos, keys, the database.
    os.umask(0o077)
    # Telegram's waiting times come as timedelta, as PTB will give them to everybody in time.
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    install()
    pupil()
