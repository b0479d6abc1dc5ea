"""Photos that other people were shown in their chats: they go from there with the photo, as far as Telegram lets a bot.

Such messages are owed as a key that names what they are about, so that they are found again.
"""

from collections.abc import Sequence

from storage import CardMessage, Unit

# What a message of a review is owed as begins so.
CARD = "review:"


def inquiry_key(inquiry_id: int) -> str:
    """What the message is owed as that asks somebody about a photo of another's."""
    return f"inquiry:{inquiry_id}"


def alarm_key(alarm_id: int, photos: int, admin_id: int) -> str:
    """What the message is owed as that shows an admin what stands behind an alarm; with fewer photos it is another."""
    return f"{_alarm(alarm_id)}{photos}:{admin_id}"


def newcomer_key(newcomer_id: int, reviewer_id: int, day: str) -> str:
    """What the message is owed as that tells a reviewer of a newcomer."""
    return f"{_newcomer(newcomer_id)}{reviewer_id}:{day}"


def card_key(deed: str) -> str:
    """What the message of a review is owed as that a deed began."""
    return f"{CARD}{deed}"


def no_card_key(card: CardMessage) -> str:
    """What is owed as that takes the picture of a card away, since a photo in it was deleted; each time another."""
    return f"{CARD}gone:{card.id}:{card.outdated_at:%Y%m%d%H%M%S%f}"


def picture_word(message_id: int) -> str:
    """Of the unsent pictures that are to be put into a message, only the last one is."""
    return f"card:{message_id}"


def remove_photos(unit: Unit, photo_ids: Sequence[int]) -> list[str]:
    """Remove photos, and what others were shown of them; returns the digests of blobs that no photo needs any more.

    Admins are told anew of an alarm whose photos were among them, with those that are left. A card that shows one is
    replaced (telling/cards.py): the reviewer who looks at it just now must be able to go on.
    """
    unit.outbox.take_back(*(inquiry_key(one.id) for one in unit.inquiries.about(photo_ids)))
    for alarm_id in unit.alarms.showing(photo_ids):
        unit.outbox.take_back_all(_alarm(alarm_id))
        unit.alarms.tell_anew(alarm_id)
    for card in unit.card_messages.showing(photo_ids):
        _outdate(unit, card)
    return unit.photos.remove(photo_ids)


def lend_no_more(unit: Unit, person_id: int) -> None:
    """Take back the questions about a person's photos that nobody answered: she does not want them shown any more."""
    dropped = unit.inquiries.drop_open([photo.id for photo in unit.photos.of_person(person_id)])
    unit.outbox.take_back(*(inquiry_key(one) for one in dropped))


def take_back_about(unit: Unit, person_id: int) -> None:
    """Remove what admins and reviewers were told of a person, before it is forgotten what that was."""
    for alarm_id in unit.alarms.about(person_id):
        unit.outbox.take_back_all(_alarm(alarm_id))
    unit.outbox.take_back_all(_newcomer(person_id))


def _outdate(unit: Unit, card: CardMessage) -> None:
    """No picture of the photo is sent from here on. What there is of the message is edited: that has no end."""
    message_id = card.message_id or unit.outbox.message_of(card.key)
    if message_id is None:
        unit.outbox.take_back(card.key)
    else:
        now = unit.card_messages.at(card.bot_id, card.lane, message_id)
        if now is not None and now.id != card.id:
            # It was pressed before its number was noted, and is known by that since, with another card.
            unit.card_messages.show(card.id, ())
            return
        unit.outbox.drop_unsent(card.bot_id, card.lane, picture_word(message_id))
    unit.card_messages.outdate(card.id, message_id)


def _alarm(alarm_id: int) -> str:
    return f"alarm:{alarm_id}:"


def _newcomer(person_id: int) -> str:
    return f"newcomer:{person_id}:"
