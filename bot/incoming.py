"""From a message to a received picture: find the file in it, fetch it, verify it, make it durable."""

import io
from dataclasses import dataclass, replace
from typing import Any

from telegram import Bot, Document, Message, PhotoSize
from telegram.error import BadRequest, InvalidToken

from bot.actions.teaching import Received
from bot.context import Services
from bot.errors import FileNotTaken
from bot.looking.looker import Seen
from storage import Network
from trainer.predicting import Guess

# Telegram hands out files of at most 20 MB; it counts in units of 1024.
MAX_DOWNLOAD = 20 * 1024 * 1024
_PICTURE_ENDINGS = (
    ".jpg",
    ".jpeg",
    ".jfif",
    ".png",
    ".webp",
    ".gif",
    ".heic",
    ".heif",
    ".avif",
    ".apng",
    ".jpe",
    ".jp2",
    ".ico",
    ".psd",
    ".svg",
    ".bmp",
    ".tif",
    ".tiff",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A received picture with what the network made of it, if there is one."""

    received: Received
    guess: Guess | None
    network: Network | None


def file_in(message: Message) -> PhotoSize | Document | None:
    """The largest size of a photo, or a document that says it is a picture."""
    if message.photo:
        return max(message.photo, key=lambda size: size.width * size.height)
    document = message.document
    if document is None:
        return None
    claims = (document.mime_type or "").startswith("image/")
    return document if claims or (document.file_name or "").lower().endswith(_PICTURE_ENDINGS) else None


async def receive(message: Message, bot: Bot, services: Services) -> Received:
    """Fetch and keep the picture of a message.

    Raises:
        FileNotTaken: Telegram will not hand it out.
        PictureRefused: it is no picture that can be kept.
    """
    data, name, file = await _fetch(message, bot)
    seen = await services.looker.look(data, None, judge=True)
    return _received(message, seen, name, file, len(data))


async def receive_question(message: Message, bot: Bot, services: Services) -> Question:
    """The same, and let the network look at it; raises what `receive` does."""
    data, name, file = await _fetch(message, bot)
    loaded = services.guesser.loaded
    seen = await services.looker.look(data, loaded)
    received = _received(message, seen, name, file, len(data))
    if loaded is None or seen.guess is None:
        return Question(received, None, None)
    vector = seen.guess.embedding.tobytes()
    received = replace(received, vector=vector, embedder=loaded.network.embedder, twin=seen.twin)
    return Question(received, seen.guess, loaded.network)


def _received(message: Message, seen: Seen, name: str, file: str, size: int) -> Received:
    likeness = seen.likeness
    return Received(
        seen.digest,
        seen.picture,
        message.message_id,
        name,
        message.media_group_id,
        file,
        size=size,
        sketch=likeness.sketch if likeness else None,
        like=tuple(one for one in likeness.digests if one != seen.digest) if likeness else (),
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
