"""People, the chats they write in, and the classifier that a chat belongs to."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Connection, Executable, Integer, Row, String, Table, delete, func, select, update

from storage.columns import moment as _at
from storage.errors import NotFound
from storage.inserting import insert_unless_there
from storage.moment import Moment
from storage.prepared import prepared
from storage.records import Chat, Classifier, Person, Role
from storage.tables import asker, chat, classifier, deleted_photo, job, metadata, person, photo

DEFAULT_CLASSIFIER = "default"
CODE_LIFETIME = timedelta(minutes=15)
CODE_TRIES = 5

owner_code = Table(
    "owner_code",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("wrong_tries", Integer, nullable=False),
    _at("expires_at"),
)


class Classifiers:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def default(self) -> Classifier:
        """The one classifier that every new chat belongs to; the first revision made it."""
        row = self._connection.execute(select(classifier).where(classifier.c.name == DEFAULT_CLASSIFIER)).one()
        return Classifier(row.id, row.name, row.active_network_id)

    def get(self, classifier_id: int) -> Classifier:
        """Raises NotFound."""
        row = self._connection.execute(*_classifier_with(classifier_id)).one_or_none()
        if row is None:
            raise NotFound("classifier", classifier_id)
        return Classifier(row.id, row.name, row.active_network_id)

    def answering(self) -> set[int]:
        """The ids of the networks that answer, of all classifiers."""
        answering = classifier.c.active_network_id
        return set(self._connection.execute(select(answering).where(answering.is_not(None))).scalars())


class People:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def meet(self, telegram_id: int, name: str, role: Role) -> Person:
        """The person with this Telegram id, first met now with `role`, or known already and maybe renamed."""
        found = self.by_telegram_id(telegram_id)
        if found is None:
            insert_unless_there(
                self._connection,
                person,
                telegram_id=telegram_id,
                name=name[:256],
                role=int(role),
                created_at=self._moment.now,
            )
            found = self.by_telegram_id(telegram_id)
        if found is None:
            raise NotFound("person", telegram_id)
        if found.name == name[:256]:
            return found
        self._connection.execute(update(person).where(person.c.id == found.id).values(name=name[:256]))
        return replace(found, name=name[:256])

    def by_telegram_id(self, telegram_id: int) -> Person | None:
        row = self._connection.execute(*_person_known_as(telegram_id)).one_or_none()
        return _person(row) if row else None

    def get(self, person_id: int) -> Person:
        """Raises NotFound."""
        row = self._connection.execute(*_person_with(person_id)).one_or_none()
        if row is None:
            raise NotFound("person", person_id)
        return _person(row)

    def with_role(self, role: Role) -> list[Person]:
        """Everybody who has at least this role."""
        rows = self._connection.execute(select(person).where(person.c.role >= int(role)).order_by(person.c.id))
        return [_person(row) for row in rows]

    def set_role(self, person_id: int, role: Role) -> None:
        self._connection.execute(update(person).where(person.c.id == person_id).values(role=int(role)))

    def anonymise(self, person_id: int) -> None:
        """Forget a person's name; her number and role stay."""
        self._connection.execute(update(person).where(person.c.id == person_id).values(name=""))

    def remove(self, person_id: int) -> None:
        """Remove a person of whom nothing else is left; StoreConflict if something is."""
        self._connection.execute(delete(person).where(person.c.id == person_id))

    def count(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(person)).scalar_one())

    def new_owner_code(self, code: str) -> None:
        """Make `code` the one that claims ownership, once, for 15 minutes; earlier codes end."""
        self._connection.execute(delete(owner_code))
        expires = self._moment.now + CODE_LIFETIME
        self._connection.execute(owner_code.insert().values(code_hash=_hash(code), wrong_tries=0, expires_at=expires))

    def claim_ownership(self, person_id: int, code: str) -> bool:
        """Make the person an owner if the code is right. Five wrong tries, by whomever, end the code."""
        newest = select(owner_code).order_by(owner_code.c.expires_at.desc()).limit(1).with_for_update()
        row = self._connection.execute(newest).one_or_none()
        if row is None:
            return False
        if row.expires_at <= self._moment.now or row.wrong_tries >= CODE_TRIES:
            self._connection.execute(delete(owner_code))
            return False
        if row.code_hash != _hash(code):
            self._connection.execute(update(owner_code).values(wrong_tries=row.wrong_tries + 1))
            return False
        self._connection.execute(delete(owner_code))
        self.set_role(person_id, Role.OWNER)
        return True


class Chats:
    def __init__(self, connection: Connection, moment: Moment) -> None:
        self._connection = connection
        self._moment = moment

    def enter(self, telegram_id: int, *, kind: str, title: str) -> Chat:
        """The chat with this Telegram id; a new one belongs to the default classifier.

        Hearing from a chat makes it reachable again.
        """
        found = self.by_telegram_id(telegram_id)
        if found is None:
            insert_unless_there(
                self._connection,
                chat,
                telegram_id=telegram_id,
                classifier_id=Classifiers(self._connection, self._moment).default().id,
                kind=kind,
                title=title[:256],
                settings={},
                reachable=True,
                created_at=self._moment.now,
            )
            found = self.by_telegram_id(telegram_id)
        if found is None:
            raise NotFound("chat", telegram_id)
        if found.reachable and found.title == title[:256]:
            return found
        change = update(chat).where(chat.c.id == found.id).values(reachable=True, title=title[:256])
        self._connection.execute(change)
        return replace(found, reachable=True, title=title[:256])

    def by_telegram_id(self, telegram_id: int) -> Chat | None:
        row = self._connection.execute(*_chat_known_as(telegram_id)).one_or_none()
        return _chat(row) if row else None

    def get(self, chat_id: int) -> Chat:
        """Raises NotFound."""
        row = self._connection.execute(*_chat_with(chat_id)).one_or_none()
        if row is None:
            raise NotFound("chat", chat_id)
        return _chat(row)

    def set_settings(self, chat_id: int, settings: dict[str, Any]) -> None:
        self._connection.execute(update(chat).where(chat.c.id == chat_id).values(settings=settings))

    def set_unreachable(self, telegram_id: int) -> None:
        self._connection.execute(update(chat).where(chat.c.telegram_id == telegram_id).values(reachable=False))

    def forget_private(self, telegram_id: int) -> None:
        """Remove the private chat with a person, whose title is her name; where photos are left in it, only the title.

        Nobody is told there any more how a training ended.
        """
        found = self.by_telegram_id(telegram_id)
        if found is None or found.kind != "private":
            return
        self._connection.execute(delete(asker).where(asker.c.chat_id == found.id))
        self._connection.execute(update(job).where(job.c.asked_in_id == found.id).values(asked_in_id=None))
        photos = select(photo.c.id).where(photo.c.chat_id == found.id)
        if self._connection.execute(photos.limit(1)).first() is None:
            self._connection.execute(delete(chat).where(chat.c.id == found.id))
        else:
            self._connection.execute(update(chat).where(chat.c.id == found.id).values(title=""))

    def migrate(self, old_telegram_id: int, new_telegram_id: int) -> None:
        """A group became a supergroup: the same chat under a new id. Telling us twice changes nothing.

        Its messages are counted anew from 1, so no old photo may be found by its number any more.
        """
        old = self.by_telegram_id(old_telegram_id)
        if old is not None and self.by_telegram_id(new_telegram_id) is None:
            self._connection.execute(update(chat).where(chat.c.id == old.id).values(telegram_id=new_telegram_id))
            self._connection.execute(update(photo).where(photo.c.chat_id == old.id).values(message_id=None))
            self._connection.execute(delete(deleted_photo).where(deleted_photo.c.chat_id == old.id))


def _hash(code: str) -> str:
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()


def _person(row: Row[tuple[object, ...]]) -> Person:
    return Person(row.id, row.telegram_id, row.name, Role(row.role))


def _chat(row: Row[tuple[object, ...]]) -> Chat:
    return Chat(
        id=row.id,
        telegram_id=row.telegram_id,
        classifier_id=row.classifier_id,
        kind=row.kind,
        title=row.title,
        settings=dict(row.settings),
        reachable=row.reachable,
    )


@prepared
def _classifier_with(classifier_id: int) -> Executable:
    return select(classifier).where(classifier.c.id == classifier_id)


@prepared
def _person_with(person_id: int) -> Executable:
    return select(person).where(person.c.id == person_id)


@prepared
def _person_known_as(telegram_id: int) -> Executable:
    return select(person).where(person.c.telegram_id == telegram_id)


@prepared
def _chat_with(chat_id: int) -> Executable:
    return select(chat).where(chat.c.id == chat_id)


@prepared
def _chat_known_as(telegram_id: int) -> Executable:
    return select(chat).where(chat.c.telegram_id == telegram_id)
