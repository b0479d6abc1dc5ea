"""Files as Telegram hands them out: bytes kept by digest, each upload with ids of its own."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import os
import secrets
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from typing import Any

from bot.playground import pictures
from bot.playground.ledger import Json, Ledger

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_UPLOAD_BYTES = 50 * 1024 * 1024
REMEMBERED_PHOTOS = 256
UNKNOWN_TYPE = "application/octet-stream"

Size = tuple[str, int, int, int]


class FileStore:
    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        # The same bytes sent again (a burst of equal test photos, a re-upload) need not be scaled again.
        self._scaled: OrderedDict[tuple[str, bool], list[Size]] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)

    async def add_photo(self, data: bytes, *, shrink_first: bool = False) -> list[Json]:
        """Scale and keep a photo; the list of PhotoSize. Raises pictures.NotAPicture."""
        sizes = await asyncio.to_thread(self._scale, data, shrink_first)
        with self._ledger.transaction():
            return [self._register_size(*size) for size in sizes]

    async def add_document(self, data: bytes, name: str, mime: str | None) -> Json:
        digest, thumbnail = await asyncio.to_thread(self._keep_document, data)
        # Telegram's servers believe the sender about name and type, and so does everybody downstream.
        document: Json = {"file_name": name, "mime_type": _type_of(name, mime), "file_size": len(data)}
        with self._ledger.transaction():
            document |= self._register("document", digest, document, suffix=PurePosixPath(name).suffix)
            if thumbnail is not None:
                document["thumbnail"] = self._register_size(*thumbnail)
        return document

    def find(self, file_id: str) -> Json | None:
        found: Json | None = self._ledger.get("file", file_id)
        return found

    def find_by_path(self, path: str) -> Json | None:
        file_id = self._ledger.get("file path", path)
        return None if file_id is None else self.find(file_id)

    def location(self, file: Json) -> Path:
        digest: str = file["digest"]
        return self._folder / digest[:2] / digest

    def _scale(self, data: bytes, shrink_first: bool) -> list[Size]:
        key = (hashlib.sha256(data).hexdigest(), shrink_first)
        if (known := self._scaled.get(key)) is not None:
            return known
        sizes = [
            (self._keep(each.data), each.width, each.height, len(each.data))
            for each in pictures.renditions(data, shrink_first=shrink_first)
        ]
        self._scaled[key] = sizes
        while len(self._scaled) > REMEMBERED_PHOTOS:
            self._scaled.popitem(last=False)
        return sizes

    def _keep_document(self, data: bytes) -> tuple[str, Size | None]:
        digest = self._keep(data)
        small = pictures.thumbnail(data) if len(data) <= MAX_DOWNLOAD_BYTES else None
        if small is None:
            return digest, None
        return digest, (self._keep(small.data), small.width, small.height, len(small.data))

    def _keep(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        target = self._folder / digest[:2] / digest
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            aside = target.with_name(f"{digest}.{secrets.token_hex(4)}")
            aside.write_bytes(data)
            os.replace(aside, target)
        return digest

    def _register_size(self, digest: str, width: int, height: int, file_size: int) -> Json:
        size: Json = {"width": width, "height": height, "file_size": file_size}
        return size | self._register("photo", digest, size, suffix=".jpg")

    def _register(self, kind: str, digest: str, facts: Json, *, suffix: str) -> Json:
        number = self._ledger.next_number("file")
        folder = "photos" if kind == "photo" else "documents"
        suffix = suffix if suffix[1:].isalnum() and suffix.isascii() else ""
        path = f"{folder}/file_{number}{suffix}"
        ids: dict[str, Any] = {
            "file_id": ("AgAC" if kind == "photo" else "BQAC") + secrets.token_urlsafe(42),
            "file_unique_id": ("AQAD" if kind == "photo" else "AgAD") + secrets.token_urlsafe(8).replace("-", "_"),
        }
        self._ledger.put("file", ids["file_id"], body={**ids, **facts, "kind": kind, "digest": digest, "path": path})
        self._ledger.put("file path", path, body=ids["file_id"])
        return ids


def _type_of(name: str, said: str | None) -> str:
    if said and said != UNKNOWN_TYPE:
        return said
    return mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
