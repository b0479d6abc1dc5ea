"""Second opinions: who may be asked what a photo of somebody else's shows, and what her answer does.

Whose photo it is has agreed to that, or who is asked may review. Nobody knows where people live and when they sleep: so
only somebody is asked who wrote a moment ago, and is awake.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.self_service import LENT, setting
from bot.actions.shown import inquiry_key
from bot.actions.teaching import label_counts, request_fit
from bot.visit import Presence, Visit
from storage import Inquiry, JobKind, Label, NotFound, Person, Photo, Reason, Reply, Role, Unit, VoteKind
from trainer.second_opinion import Ask

# Heard of so lately, but not in the middle of something.
AWAKE, BUSY = timedelta(minutes=30), timedelta(minutes=2)
# So many questions a day, so far apart; longer after “later”, and longest after a question that was left lying.
A_DAY, APART = 3, timedelta(hours=2)
LATER, IGNORED = timedelta(days=1), timedelta(days=3)
# Who taught fewer photos is not asked for more.
LEAST_TAUGHT = 5
# So many photos are thought of for one question.
THOUGHT_OF = 10
# A contradiction is most worth another look, then what measures networks.
FIRST = (Ask.CONTRADICTED.value, Ask.MEASURES.value, Ask.UNPROVEN.value)
# The consensus waits so long for further answers.
WEIGHED_AFTER = timedelta(seconds=20)
_FINAL = (Reply.LABEL, Reply.NONE, Reply.UNSURE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person who may be asked just now, and photos that she may be asked about, the best first."""

    presence: Presence
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is put to a person: an inquiry and the labels to choose from, in the order of the alphabet."""

    inquiry: Inquiry
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """What was said: `label` is None for none of them, and where she cannot tell (`unsure`). `others` said these.

    `photos` have the label by now, the one that was asked about among them, also where it is in dispute.
    """

    photo_id: int
    label: Label | None
    photos: int
    unsure: bool
    others: tuple[Label, ...]


def wanted(unit: Unit, bot_id: int) -> Iterator[Wanted]:
    """Yield who may be asked just now, and about what."""
    for lane in unit.inquiries.heard_of(bot_id, unit.now - AWAKE, unit.now - BUSY):
        person, chat = unit.people.by_telegram_id(lane), unit.chats.by_telegram_id(lane)
        if person is None or chat is None or not _may_be_asked(unit, Presence(person, chat)):
            continue
        photos = _photos_for(unit, Presence(person, chat))
        if photos:
            yield Wanted(Presence(person, chat), photos)


def put(unit: Unit, presence: Presence, photo_id: int) -> Question | None:
    """Ask the person about the photo; None if that is not wanted any more, or not of her."""
    if not _may_be_asked(unit, presence):
        return None
    if photo_id not in [one.id for one in _photos_for(unit, presence)]:
        return None
    opinion = unit.opinions.of(photo_id)
    if opinion is None or opinion.ask is None:
        return None
    made = unit.inquiries.open(photo_id, presence.person.id, presence.chat.id, opinion.ask)
    return Question(made, _labels(unit, presence, opinion.likely))


def find(unit: Unit, presence: Presence, inquiry_id: int) -> Inquiry:
    """A question of hers that is not answered.

    Raises:
        NotFound: it is another's, she has answered it, or its photo was deleted.
    """
    found = unit.inquiries.get(inquiry_id)
    if found.person_id != presence.person.id or found.chat_id != presence.chat.id or found.reply in _FINAL:
        raise NotFound("inquiry", inquiry_id)
    return found


def answer(
    unit: Unit, visit: Visit, presence: Presence, inquiry_id: int, reply: Reply, label: Label | None = None
) -> Answered:
    """Her answer is her vote, and counts at once. Raises NotFound as `find` does, or if the label is gone."""
    found = find(unit, presence, inquiry_id)
    if (reply is Reply.LABEL) != (label is not None) or (label and label.classifier_id != presence.classifier_id):
        raise NotFound("label", 0)
    kind = {Reply.LABEL: VoteKind.LABEL, Reply.NONE: VoteKind.NONE, Reply.UNSURE: VoteKind.UNSURE}[reply]
    label_id, deed = None if label is None else label.id, f"{visit.deed}:inquiry"
    vote = unit.votes.cast(found.photo_id, presence.person.id, kind, label_id, Reason.SECOND, deed=deed)
    unit.inquiries.reply(inquiry_id, reply, vote.id)
    request_fit(unit, presence.classifier_id)
    unit.jobs.request(JobKind.SUSPECTS, presence.classifier_id, due_at=unit.now + WEIGHED_AFTER)
    others = [one for one in unit.votes.live(found.photo_id) if one.person_id != presence.person.id]
    named = dict.fromkeys(unit.labels.known(one.label_id) for one in others)
    photos = 0 if label is None else _called(unit, label, found.photo_id)
    said = tuple(one for one in named if one is not None)
    return Answered(found.photo_id, label, photos, reply is Reply.UNSURE, said)


def _called(unit: Unit, label: Label, photo_id: int) -> int:
    """How many photos have a label, with one that need not count as it."""
    counted = [one.photos for one in label_counts(unit, label.classifier_id) if one.label.id == label.id]
    return sum(counted) + (unit.votes.standing(photo_id).label_id != label.id)


def put_off(unit: Unit, presence: Presence, inquiry_id: int) -> None:
    """“Later”: another may be asked, and she is left in peace for a day. Raises NotFound."""
    unit.inquiries.reply(find(unit, presence, inquiry_id).id, Reply.LATER)


def stop(unit: Unit, presence: Presence, inquiry_id: int) -> None:
    """Ask her no more, until she turns it on again, also where this question is over: she has said so."""
    unit.chats.set_settings(presence.chat.id, presence.chat.settings | {"asked": False})
    with suppress(NotFound):
        put_off(unit, presence, inquiry_id)


def naming_key(inquiry_id: int, deed: str) -> str:
    """What the message is owed as that asks to type a name."""
    return f"{inquiry_key(inquiry_id)}:{deed}"


def asked_in(key: str | None) -> int | None:
    """The inquiry that a message of such a key is about."""
    kind, _, rest = (key or "").partition(":")
    return int(rest.partition(":")[0]) if kind == "inquiry" else None


def _may_be_asked(unit: Unit, presence: Presence) -> bool:
    person, chat = presence.person, presence.chat
    if chat.kind != "private" or not chat.reachable or person.role < Role.TEACHER or not setting(chat, "asked"):
        return False
    if unit.teachings.find(chat.id, person.id) is not None or unit.talks.awaited(chat.id, person.id) is not None:
        return False
    if not _has_patience(unit, person) or unit.inquiries.taught(chat.classifier_id, person.id) < LEAST_TAUGHT:
        return False
    # A stranger's word settles nothing, and could put a lesson in doubt that is right.
    return not unit.guard.is_newcomer(chat.classifier_id, person)


def _has_patience(unit: Unit, person: Person) -> bool:
    asked, now = unit.inquiries.of_person(person.id, limit=A_DAY), unit.now
    if not asked:
        return True
    if len(asked) == A_DAY and now - asked[-1].asked_at < timedelta(days=1):
        return False
    newest = asked[0]
    if newest.reply is Reply.LATER:
        # Her word counts from when she said it: she may have let the question lie until then.
        return now - (newest.replied_at or newest.asked_at) >= LATER
    return now - newest.asked_at >= (IGNORED if newest.reply is None else APART)


def _photos_for(unit: Unit, presence: Presence) -> tuple[Photo, ...]:
    """Photos that the person may be asked about: of those who lend theirs; who reviews may see all."""
    person, lent = presence.person, None if presence.person.role >= Role.REVIEWER else LENT
    ids = unit.inquiries.wanted(presence.classifier_id, person.id, FIRST, limit=THOUGHT_OF, lent=lent)
    photos = unit.photos.those(ids)
    return tuple(photos[one] for one in ids)


def _labels(unit: Unit, presence: Presence, likely: tuple[int, ...]) -> tuple[Label, ...]:
    """The likely labels, in an order that does not tell which of them others gave."""
    known = unit.labels.answerable(presence.classifier_id)
    return tuple(sorted(dict.fromkeys(known[one] for one in likely if one in known), key=lambda one: one.key))
