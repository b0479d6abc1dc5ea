"""Lessons: a photo with the name of what it shows."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.meanwhile import all_like
from bot.actions.shown import remove_photos
from bot.looking.copies import Likeness
from bot.visit import Presence, Visit
from storage import (
    JobKind,
    Label,
    LabelCount,
    Photo,
    Picture,
    Reason,
    Source,
    Standing,
    State,
    Unit,
    Vote,
    VoteKind,
    most_said,
    tidy,
)
from trainer.readiness import PHOTOS_NEEDED, Readiness, readiness

# Lessons come in bursts: the trainer starts this long after the last of them.
DEBOUNCE = timedelta(seconds=1)
# The trainer says what it does every few seconds; after this silence it is taken for gone.
TRAINER_SILENCE = timedelta(seconds=30)
# Commands that may stand before a name, as other bots want it.
NAMING_COMMANDS = ("teach", "label")
_COMMAND = re.compile(r"\s*/(\w{1,32})(?:@\w+)?(?!\S)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Received:
    """A picture that is on disk already, and the message that brought it."""

    digest: str
    picture: Picture
    message_id: int
    name: str = ""
    album: str | None = None
    file: str | None = None
    vector: bytes | None = None
    embedder: str | None = None
    # How it looks and of what it is a copy, and what is odd about it; none where nobody looked.
    likeness: Likeness | None = None
    flaws: tuple[str, ...] | None = None
    # How many bytes came; the picture that is kept may be another file.
    size: int = 0
    # The digest of a taught picture that is the same but for a hair.
    twin: str | None = None

    @property
    def like(self) -> tuple[str, ...]:
        """The digests of other pictures that were all but the same when it was looked at."""
        return tuple(one for one in self.likeness.digests if one != self.digest) if self.likeness else ()


@dataclass(frozen=True, slots=True)
class Taught:
    """What became of a lesson. `before` is the label that the person had given the photo until now.

    `counts_as` is what the photo counts as by all votes; None where they make no label of it. `others` are labels that
    the very same picture was taught as in other photos.
    """

    label: Label
    photos: int
    before: Label | None
    standing: Standing
    counts_as: Label | None
    readiness: Readiness
    answering: bool
    trainer_alive: bool
    others: tuple[Label, ...] = ()
    # She is new here, and nobody agrees with her yet.
    waits: bool = False

    @property
    def is_learned(self) -> bool:
        """Nobody and nothing else speaks against it, so the next network learns it."""
        against = is_disputed(self.standing) or self.outvoted or self.others
        return not (against or self.label.is_retired or self.waits)

    @property
    def outvoted(self) -> bool:
        """More people say something else of the photo, so that is learned, or nothing."""
        return not is_disputed(self.standing) and self.standing.label_id != self.label.id


def keep(
    unit: Unit,
    visit: Visit,
    presence: Presence,
    received: Received,
    owner_id: int | None = None,
    source: Source = Source.CHAT,
) -> Photo:
    """Keep a photo; the message that brought it brings it once. It is the person's own unless an owner is named."""
    return unit.photos.add(
        presence.classifier_id,
        received.digest,
        received.picture,
        source=source,
        name=received.name,
        owner_id=presence.person.id if owner_id is None else owner_id,
        chat_id=presence.chat.id,
        message_id=received.message_id,
        album=received.album,
        file=received.file,
        sketch=received.likeness.sketch if received.likeness else None,
        like=all_like(unit, received.likeness),
        flaws=received.flaws,
    )


def drop_replaced(unit: Unit, presence: Presence, received: Received) -> list[str]:
    """Remove the photo that a message had before it was edited to hold another; the digests of blobs to remove."""
    known = unit.photos.by_message(presence.chat.id, received.message_id)
    if known is None or known.file in (None, received.file):
        return []
    request_fit(unit, presence.classifier_id)
    return remove_photos(unit, [known.id])


def teach(
    unit: Unit, visit: Visit, presence: Presence, photo_id: int, text: str, reason: Reason = Reason.CAPTION
) -> Taught:
    """Vote for the label that `text` spells, and ask the trainer to learn it."""
    label = unit.labels.find_or_create(presence.classifier_id, text)
    return vote(unit, visit, presence, photo_id, label, reason)


def vote(unit: Unit, visit: Visit, presence: Presence, photo_id: int, label: Label, reason: Reason) -> Taught:
    """Vote for a label of the classifier."""
    before = unit.votes.live_of(photo_id, presence.person.id)
    deed = visit.message_deed if reason is Reason.TYPED else f"{visit.deed}:{photo_id}"
    unit.votes.cast(photo_id, presence.person.id, VoteKind.LABEL, label.id, reason, deed=deed)
    request_fit(unit, presence.classifier_id)
    waiting, standing = unit.guard.waiting(presence.classifier_id), unit.votes.standing(photo_id)
    counts = unit.labels.counts(presence.classifier_id, waiting=waiting)
    return Taught(
        label=label,
        photos=next((one.photos for one in counts if one.label.id == label.id), 0),
        before=_other_label(unit, before, label),
        standing=standing,
        counts_as=unit.labels.get(standing.label_id) if standing.label_id is not None else None,
        readiness=_readiness(unit, presence.classifier_id, waiting),
        answering=unit.classifiers.get(presence.classifier_id).active_network_id is not None,
        trainer_alive=trainer_alive(unit),
        others=tuple(other_names(unit, unit.photos.get(photo_id), label)),
        waits=unit.guard.waits(presence.classifier_id, photo_id, presence.person),
    )


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What was withdrawn, and what the person had said of the photo before, which counts again."""

    label: Label | None
    again: Label | None
    unsure: bool = False


def take_back(unit: Unit, visit: Visit, presence: Presence, photo_id: int, reason: Reason) -> TakenBack | None:
    """Withdraw the person's last vote on a photo; None if there was no vote."""
    mine = unit.votes.live_of(photo_id, presence.person.id)
    if mine is None:
        return None
    deed = undo_deed(visit)
    unit.votes.cast(photo_id, presence.person.id, VoteKind.WITHDRAW, None, reason, deed=deed)
    request_fit(unit, presence.classifier_id)
    again = _label_of(unit, unit.votes.live_of(photo_id, presence.person.id))
    return TakenBack(_label_of(unit, mine), again, unsure=mine.kind is VoteKind.UNSURE)


def undo_deed(visit: Visit) -> str:
    """One message takes back one lesson, however often it is edited."""
    return f"{visit.message_deed}:undo"


def unname(unit: Unit, visit: Visit, presence: Presence, photo_id: int, reason: Reason) -> bool:
    """Withdraw all that the person has said of a photo, former labels too; False if there was nothing."""
    count = 0
    while unit.votes.live_of(photo_id, presence.person.id) is not None:
        deed = f"{visit.deed}:{photo_id}:{count}"
        unit.votes.cast(photo_id, presence.person.id, VoteKind.WITHDRAW, None, reason, deed=deed)
        count += 1
    if count:
        request_fit(unit, presence.classifier_id)
    return count > 0


def says(unit: Unit, presence: Presence, photo_id: int, text: str) -> bool:
    """Whether the person calls the photo so already."""
    said = _label_of(unit, unit.votes.live_of(photo_id, presence.person.id))
    return said is not None and said == unit.labels.find(presence.classifier_id, text)


def named_alike(unit: Unit, presence: Presence, photo_id: int, album: str | None) -> list[int]:
    """The other photos of an album that the person's caption calls as this one: one caption speaks for all of them."""
    mine = _captioned(unit, presence, photo_id)
    if album is None or mine is None:
        return []
    others = [one.id for one in unit.photos.of_album(presence.chat.id, album) if one.id != photo_id]
    return [other for other in others if _captioned(unit, presence, other) == mine]


def _captioned(unit: Unit, presence: Presence, photo_id: int) -> tuple[Label | None] | None:
    """What the person's caption says, which may be no name any more; None where not the caption spoke last."""
    mine = [one for one in unit.votes.of_photo(photo_id) if one.person_id == presence.person.id]
    if not mine or mine[-1].reason not in (Reason.CAPTION, Reason.EDIT):
        return None
    return (_label_of(unit, unit.votes.live_of(photo_id, presence.person.id)),)


def request_fit(unit: Unit, classifier_id: int) -> None:
    unit.jobs.request(JobKind.FIT, classifier_id, due_at=unit.now + DEBOUNCE)


def label_of_album(unit: Unit, chat_id: int, person_id: int, album: str | None) -> str | None:
    """The label that the person gave an earlier item of the album: apps put one caption on the first of many."""
    if album is None:
        return None
    # Given with a photo that could not be kept: it came first.
    name = unit.albums.name_of(chat_id, person_id, album)
    if name is not None:
        return name
    for photo in unit.photos.of_album(chat_id, album):
        mine = unit.votes.live_of(photo.id, person_id)
        if mine is not None and mine.label_id is not None:
            return unit.labels.get(mine.label_id).name
    return None


def trainer_alive(unit: Unit) -> bool:
    beat = unit.heartbeats.of("trainer")
    return beat is not None and unit.now - beat.at < TRAINER_SILENCE


def readiness_of(unit: Unit, classifier_id: int) -> Readiness:
    """Whether there is enough to learn from, and what is missing: as the trainer counts, by pictures that teach."""
    return _readiness(unit, classifier_id, unit.guard.waiting(classifier_id))


def label_counts(unit: Unit, classifier_id: int) -> list[LabelCount]:
    """Every label with how many photos teach it, most first, and how many more wait for somebody who agrees."""
    return unit.labels.counts(classifier_id, waiting=unit.guard.waiting(classifier_id))


def _readiness(unit: Unit, classifier_id: int, waiting: Collection[int]) -> Readiness:
    pictures = unit.labels.pictures(classifier_id, PHOTOS_NEEDED, waiting=waiting)
    return readiness((label.id, label.name, count) for label, count in pictures)


def label_in(caption: str | None) -> str | None:
    """The label that a caption spells; None for no caption, a command, or one that only asks (“?”, “what is this?”).

    It may be longer than a label may be: the caller says so to the person.
    """
    if caption is None:
        return None
    text = caption.strip()
    command = _COMMAND.match(text)
    if command is not None:
        text = text[command.end() :].strip() if command[1].lower() in NAMING_COMMANDS else ""
    if not tidy(text).strip("?!. ¿…") or _asks(text):
        return None
    return text


def is_command(caption: str | None) -> bool:
    """Whether a caption is a command that has nothing to do with a photo."""
    command = _COMMAND.match(caption or "")
    return command is not None and command[1].lower() not in NAMING_COMMANDS


def _asks(text: str) -> bool:
    return text.rstrip().endswith(("?", "？", "؟")) and len(text) <= 64


def _other_label(unit: Unit, before: Vote | None, label: Label) -> Label | None:
    found = _label_of(unit, before)
    return found if found is not None and found.id != label.id else None


def _label_of(unit: Unit, vote: Vote | None) -> Label | None:
    return unit.labels.known(vote.label_id) if vote is not None else None


def is_disputed(standing: Standing) -> bool:
    return standing.state is State.DISPUTED


def other_names(unit: Unit, photo: Photo, label: Label) -> list[Label]:
    """What else the very same picture is taught as in other photos: at most one of two names can be right."""
    taught = unit.photos.taught_as(photo.classifier_id, photo.digest)
    named = dict.fromkeys(label_id for one, label_id in taught if one.id != photo.id and label_id != label.id)
    return [unit.labels.get(label_id) for label_id in named]


def picture_label(unit: Unit, photo: Photo) -> int | None:
    """The label id that the picture of a photo teaches by all its photos; None where they tie, or teach nothing."""
    return most_said(label_id for _, label_id in unit.photos.taught_as(photo.classifier_id, photo.digest))
