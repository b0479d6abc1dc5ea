"""What a button carries: a signed word on one thing, for one person in one chat, until a day.

Callback data is public: anybody who can talk to the Bot API can send any. So it is signed with a key of this
installation, and what it asks for is checked against the store again at the press.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bot.errors import ButtonRefused

VERSION = "1"
LIFETIME = timedelta(days=30)
_MAC_BYTES = 12
_HOUR = 3600
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Press:
    """What a pressed button asks for: an action on a thing, with one argument where the action needs one."""

    action: str
    thing: int
    argument: int = 0


class Signer:
    """Makes and reads callback data. The key never leaves the home folder."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, press: Press, *, chat_id: int, person_id: int, now: datetime, lifetime: timedelta = LIFETIME) -> str:
        """Callback data of at most 64 bytes, good for this person in this chat (Telegram ids)."""
        until = int((now + lifetime).timestamp()) // _HOUR + 1
        words = (VERSION, press.action, _base36(press.thing), _base36(press.argument), _base36(until))
        body = ".".join(words)
        return f"{body}.{self._mac(body, chat_id, person_id)}"

    def read(self, data: str, *, chat_id: int, person_id: int, now: datetime) -> Press:
        """The press that was signed.

        Raises:
            ButtonRefused: anything but data that this installation signed for this person and chat, still in time.
        """
        words = data.split(".")
        if len(words) != 6 or words[0] != VERSION or not data.isascii():
            raise ButtonRefused("forged")
        body = ".".join(words[:-1])
        if not hmac.compare_digest(words[-1], self._mac(body, chat_id, person_id)):
            raise ButtonRefused("foreign" if self._of_somebody_here(words[-1]) else "forged")
        thing, argument, until = (int(word, 36) for word in words[2:5])
        if now.timestamp() >= until * _HOUR:
            raise ButtonRefused("expired")
        return Press(words[1], thing, argument)

    def _of_somebody_here(self, mac: str) -> bool:
        """A well-formed signature that does not fit is most likely a neighbour's button in a group."""
        return len(mac) == len(self._mac("", 0, 0))

    def _mac(self, body: str, chat_id: int, person_id: int) -> str:
        message = f"{body}|{chat_id}|{person_id}".encode()
        digest = hmac.new(self._key, message, hashlib.sha256).digest()[:_MAC_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def load_signer(home: Path) -> Signer:
    """The signer of this installation; its key is made at the first start and readable by its owner only."""
    file = home / "buttons.key"
    if not file.exists():
        aside = file.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(secrets.token_bytes(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(aside, file)  # unlike a rename, this never takes the place of a key made meanwhile
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return Signer(file.read_bytes())


def _base36(number: int) -> str:
    if number < 0:
        raise ValueError("only whole numbers from 0 fit a button")
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text
