"""What the bot owes people when a new network answers: the first news of all, and what became of their corrections."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.teaching import picture_label
from storage import Chat, Flag, Label, Network, Person, Photo, Reason, State, Unit

NEWS_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Learned:
    """What became of one correction: what the person said, and what the new network says of the same photo.

    `said` is None where people have settled on something else meanwhile: on `counts_as`, or on no label at all.
    `guessed` is None for “I don't know”. `others` say what counts, too, besides her; `reviewed`: a reviewer decided it.
    Where she only pressed Wrong (`only_flagged`), `answered` is the name that she called wrong.
    """

    flag: Flag
    person: Person
    chat: Chat
    photo: Photo
    network: Network
    said: Label | None
    counts_as: Label | None
    guessed: Label | None
    probability: float
    others: int = 0
    reviewed: bool = False
    only_flagged: bool = False
    answered: Label | None = None


def corrections_to_tell(unit: Unit, network: Network) -> list[tuple[Flag, Photo]]:
    """The corrections that this network has learned from, and the bare flags whose photo others have named since, whose
    sender has not been told."""
    if not is_new(unit, network):
        return []
    found = []
    for flag in unit.predictions.untold(network.classifier_id):
        photo = unit.photos.get(unit.predictions.get(flag.prediction_id).photo_id)
        # The vote's moment, not the flag's: “Wrong” may have been pressed long before the name came.
        said_at = unit.votes.get(flag.vote_id).created_at if flag.vote_id is not None else flag.created_at
        if said_at <= network.lessons_at and photo.chat_id is not None:
            found.append((flag, photo))
    return [*found, *_answered_flags(unit, network)]


def _answered_flags(unit: Unit, network: Network) -> Iterator[tuple[Flag, Photo]]:
    for flag in unit.credits.answered_flags(network.classifier_id):
        photo = unit.photos.get(unit.predictions.get(flag.prediction_id).photo_id)
        newest = max(vote.created_at for vote in unit.votes.of_photo(photo.id))
        if newest <= network.lessons_at and photo.chat_id is not None:
            yield flag, photo


def learned(unit: Unit, network: Network, flag: Flag, photo: Photo, guess: tuple[int | None, float]) -> Learned | None:
    """Note a correction as told and say what became of it.

    None if the person took it back or says something else by now, and where its chat does not want to hear, or is gone.
    """
    unit.predictions.told(flag.id, network.id)
    mine = unit.votes.live_of(photo.id, flag.person_id)
    if photo.chat_id is None or (flag.vote_id is not None and (mine is None or mine.id != flag.vote_id)):
        return None
    chat = unit.chats.get(photo.chat_id)
    if not chat.reachable or not tells(chat):
        return None
    standing = unit.votes.standing(photo.id)
    # What the picture teaches, not this photo alone: in another one it may be called something else.
    counts_as = unit.labels.known(picture_label(unit, photo)) if standing.state is State.TAUGHT else None
    agreeing = [one for one in unit.votes.live(photo.id) if counts_as is not None and one.label_id == counts_as.id]
    label_id, probability = guess
    return Learned(
        flag=flag,
        person=unit.people.get(flag.person_id),
        chat=chat,
        photo=photo,
        network=network,
        said=counts_as if counts_as is not None and mine is not None and counts_as.id == mine.label_id else None,
        counts_as=counts_as,
        guessed=unit.labels.known(label_id),
        probability=probability,
        others=len({one.person_id for one in agreeing} - {flag.person_id}),
        reviewed=any(one.reason is Reason.REVIEW and one.person_id != flag.person_id for one in agreeing),
        only_flagged=flag.vote_id is None,
        answered=unit.labels.known(unit.predictions.get(flag.prediction_id).label_id),
    )


def tells(chat: Chat) -> bool:
    """Whether the chat wants to hear what became of corrections."""
    return bool(chat.settings.get("tell", True))


def first_news(unit: Unit, network: Network) -> Iterator[tuple[Network, Chat]]:
    """The network that came where none answered, with each chat that had taught by then; who came later met it at work.

    That is the one given, or an earlier one: the next may come before the bot has told of the first. It is news for a
    while only: the outbox forgets after some days whom it told, and a restart must not tell again.
    """
    if not is_new(unit, network):
        return
    firsts = (one for one in unit.networks.all(network.classifier_id) if _came_first(one))
    first = next(firsts, None)
    if first is None or unit.now - first.created_at > NEWS_FOR:
        return
    for chat_id in unit.photos.chats_of(first.classifier_id, until=first.created_at):
        chat = unit.chats.get(chat_id)
        if chat.reachable:
            yield first, chat


def _came_first(network: Network) -> bool:
    return network.shipped and network.verdict.get("ground") == "first"


def is_new(unit: Unit, network: Network) -> bool:
    """Whether it is the newest that may answer: one that was put back has learned nothing that anybody waits for."""
    newest = unit.networks.newest_shipped(network.classifier_id)
    return newest is not None and newest.id == network.id
