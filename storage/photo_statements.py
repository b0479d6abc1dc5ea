"""What is asked about photos with every update."""

from sqlalchemy import Executable, select

from storage.prepared import prepared
from storage.records import TEST_FOLD
from storage.tables import blob, photo


@prepared
def photo_with(photo_id: int) -> Executable:
    return select(photo).where(photo.c.id == photo_id)


@prepared
def photo_in(chat_id: int, message_id: int) -> Executable:
    return select(photo).where(photo.c.chat_id == chat_id, photo.c.message_id == message_id)


@prepared
def album_in(chat_id: int, album: str) -> Executable:
    return select(photo).where(photo.c.chat_id == chat_id, photo.c.album == album).order_by(photo.c.message_id)


@prepared
def held_blob(digest: str) -> Executable:
    return select(blob.c.digest).where(blob.c.digest == digest).with_for_update()


@prepared
def first_of_picture(classifier_id: int, digest: str) -> Executable:
    return (
        select(photo.c.group_key, photo.c.fold)
        .where(photo.c.classifier_id == classifier_id, photo.c.digest == digest, photo.c.fold != TEST_FOLD)
        .order_by(photo.c.id)
        .limit(1)
    )


@prepared
def sketches_after(photo_id: int, limit: int) -> Executable:
    return (
        select(photo.c.id, photo.c.digest, blob.c.sketch)
        .join(blob, blob.c.digest == photo.c.digest)
        .where(photo.c.id > photo_id, photo.c.fold != TEST_FOLD, blob.c.sketch.is_not(None))
        .order_by(photo.c.id)
        .limit(limit)
    )
