"""From a message to a received picture: find the file in it, fetch it, verify it, make it durable."""

import asyncio
import io
from dataclasses import dataclass, replace
from typing import Any

from telegram import Bot, Document, Message, PhotoSize
from telegram.error import BadRequest, InvalidToken

from bot.actions.teaching import Received
from bot.context import Services
from bot.errors import FileNotTaken, PictureNotTaken
from bot.looking.guesser import Loaded
from bot.looking.looker import Seen
from storage import Network, PictureRefused, Refusal
from trainer.predicting import Guess

# Telegram hands out files of at most 20 MB; it counts in units of 1024.
MAX_DOWNLOAD = 20 * 1024 * 1024
_PICTURE_ENDINGS = (
    ".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".heic", ".heif", ".avif", ".apng", ".jpe", ".jp2", ".ico",
    ".psd", ".svg", ".bmp", ".tif", ".tiff",
)  # fmt: skip
# What says that it is one of these is no picture. Whatever else a file is called, its first bytes tell what it is.
_NO_PICTURES = ("audio/", "video/", "text/", "application/zip", "application/x-zip")
_NO_PICTURE_ENDINGS = (".zip", ".txt", ".csv", ".tsv")


@dataclass(frozen=True, slots=True)
class Question:
    """A received picture with what the network made of it, if there is one."""

    received: Received
    guess: Guess | None
    network: Network | None


def file_in(message: Message) -> PhotoSize | Document | None:
    """The largest size of a photo, or a document that may be a picture: names are lost, cut and mistyped."""
    if message.photo:
        return max(message.photo, key=lambda size: size.width * size.height)
    document = message.document
    if document is None or claims_to_be_picture(message):
        return document
    is_else = (document.mime_type or "").startswith(_NO_PICTURES)
    return None if is_else or (document.file_name or "").lower().endswith(_NO_PICTURE_ENDINGS) else document


def claims_to_be_picture(message: Message) -> bool:
    """Whether its sender's app takes it for a picture."""
    document = message.document
    if document is None:
        return bool(message.photo)
    claims = (document.mime_type or "").startswith("image/")
    return claims or (document.file_name or "").lower().endswith(_PICTURE_ENDINGS)


async def receive(message: Message, bot: Bot, services: Services) -> Received:
    """Fetch and keep the picture of a message.

    Raises:
        FileNotTaken: Telegram will not hand it out.
        PictureNotTaken: it is no picture that can be kept.
    """
    data, name, file = await _fetch(message, bot)
    seen = await _look(services, data, name, file, None, judge=True)
    return _received(message, seen, name, file, len(data))


async def receive_question(message: Message, bot: Bot, services: Services) -> Question:
    """The same, and let the network look at it; raises what `receive` does."""
    data, name, file = await _fetch(message, bot)
    loaded = services.guesser.loaded
    seen = await _look(services, data, name, file, loaded)
    received = _received(message, seen, name, file, len(data))
    if loaded is None or seen.guess is None:
        return Question(received, None, None)
    vector = seen.guess.embedding.tobytes()
    received = replace(received, vector=vector, embedder=loaded.network.embedder, twin=seen.twin)
    return Question(received, seen.guess, loaded.network)


async def _look(
    services: Services, data: bytes, name: str, file: str, loaded: Loaded | None, *, judge: bool = False
) -> Seen:
    """Have it looked at; what is refused is made durable as it came, for whoever decides about it."""
    try:
        return await services.looker.look(data, loaded, judge=judge)
    except PictureRefused as why:
        is_empty = why.refusal in (Refusal.EMPTY, Refusal.TOO_MANY_BYTES)
        parcel = None if is_empty else await asyncio.to_thread(services.store.parcels.put, data)
        raise PictureNotTaken(why, name=name, file=file, parcel=parcel, size=len(data)) from why


def _received(message: Message, seen: Seen, name: str, file: str, size: int) -> Received:
    return Received(
        seen.digest,
        seen.picture,
        message.message_id,
        name,
        message.media_group_id,
        file,
        size=size,
        likeness=seen.likeness,
        flaws=seen.flaws,
    )


async def _fetch(message: Message, bot: Bot) -> tuple[bytes, str, str]:
    """The bytes, the name, and Telegram's unique id of a message's file."""
    file = file_in(message)
    if file is None:
        raise FileNotTaken("gone")
    return await fetch(file, bot), (file.file_name or "") if isinstance(file, Document) else "", file.file_unique_id


async def fetch(file: PhotoSize | Document, bot: Bot) -> bytes:
    """The bytes of a file.

    Raises:
        FileNotTaken: Telegram will not hand it out.
    """
    if (file.file_size or 0) > MAX_DOWNLOAD:
        raise FileNotTaken("too_big")
    try:
        handle = await bot.get_file(file.file_id)
        await handle.download_to_memory(kept := _Kept())
    except (BadRequest, InvalidToken) as error:
        # A file that Telegram dropped is "not found", which PTB takes for a fault of the token.
        raise FileNotTaken("too_big" if "too big" in error.message.lower() else "gone") from None
    return kept.data


class _Kept(io.BytesIO):
    """Takes what is written to it as it is: of 20 MB, each copy would count."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def write(self, data: Any, /) -> int:
        # These very bytes, not a copy of them: PTB writes all of a file at once.
        self.data = self.data + bytes(data) if self.data else bytes(data)
        return len(self.data)
