"""Collections: a zip of photos or a list of addresses, sent as a file."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from telegram import Document, Message, Update
from telegram.ext import filters

from bot.access import permitted
from bot.actions import collecting, teach_mode, teaching
from bot.addressing import address
from bot.buttons import Press
from bot.collecting import listing, opening
from bot.collecting.progress import progress_key, said_of
from bot.collecting.reports import finish
from bot.context import Context, Scene
from bot.downloading.errors import LineFlaw, ListRefused
from bot.downloading.words import why_not_read as why_list_not_read
from bot.errors import ArchiveRefused, FileNotTaken, LayoutUnclear
from bot.handlers.arriving import act_on_photo, may_come
from bot.incoming import fetch, file_in
from bot.replies import Said
from bot.speech import collection_texts, guides
from bot.zips.archives import why_not_read
from storage import (
    MAX_LABEL,
    Collection,
    CollectionKind,
    CollectionState,
    NotFound,
    Role,
    Unit,
    Vote,
    key_of,
    tidy,
)

_ZIP_ENDINGS, _LIST_ENDINGS = (".zip",), (".txt", ".csv", ".tsv")
_LISTS = ("text/plain", "text/csv", "text/tab-separated-values")
_ZIPS = ("application/zip", "application/x-zip-compressed", "application/x-zip")


class IsCollection(filters.MessageFilter):
    """A file that says it holds many photos."""

    def filter(self, message: Message) -> bool:
        return message.document is not None and file_in(message) is None and kind_of(message.document) is not None


def kind_of(document: Document) -> CollectionKind | None:
    """By its name, or else by what it says it is: both are claims, and its content decides."""
    name = (document.file_name or "").lower()
    if name.endswith(_ZIP_ENDINGS) or document.mime_type in _ZIPS:
        return CollectionKind.ZIP
    return CollectionKind.LIST if name.endswith(_LIST_ENDINGS) or document.mime_type in _LISTS else None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A collection that is on the disk: what it is called, the digest of its file, and how many things are in it.

    `label` is what all of it shows; None where its folders say that.
    """

    file: str
    kind: CollectionKind
    name: str
    parcel: str
    bytes: int
    label: str | None
    size: int = 0


@permitted(Role.GUEST)
async def on_collection(update: Update, context: Context) -> None:
    """In a group, only one that is meant for the bot."""
    message = update.effective_message
    if message is not None and address(message, context.bot).to_us:
        await _begin(update, context)


@permitted(Role.GUEST)
async def on_edited_collection(update: Update, context: Context) -> None:
    """A new caption begins what could not begin without it; what has begun stays as it is."""
    message = update.effective_message
    document = message.document if message is not None else None
    if message is None or document is None or not address(message, context.bot).to_us:
        return
    deed = collecting.deed_of(context.here, document.file_unique_id)
    known = await context.look(lambda unit: unit.collections.of_deed(deed))
    if known is None:
        await _begin(update, context)
    else:
        await context.act(lambda scene: _say(scene, collection_texts.known_already(known)))


@permitted(Role.TEACHER)
async def _begin(update: Update, context: Context) -> None:
    message = update.effective_message
    document = message.document if message is not None else None
    kind = kind_of(document) if document is not None else None
    if message is None or document is None or kind is None:
        return
    words = address(message, context.bot).text
    problem = _problem_with(words) or await context.look(lambda unit: _busy(unit, context, document, kind))
    if problem is not None:
        await context.act(lambda scene: _say(scene, problem))
        return
    if not await may_come(context, message):
        return
    try:
        parcel = await _receive(context, document, kind, teaching.label_in(words))
    except FileNotTaken as error:
        sentence = collection_texts.too_big() if error.reason == "too_big" else guides.file_gone()
        await context.act(lambda scene: _say(scene, sentence))
        return
    found = await _counted(context, parcel)
    if isinstance(found, str):
        sentence = found
        await act_on_photo(context, message, lambda scene: _refuse(scene, sentence, parcel), size=parcel.bytes)
        return
    counted = found
    await act_on_photo(context, message, lambda scene: _take_up(scene, context, counted), size=parcel.bytes)


def _problem_with(words: str | None) -> str | None:
    """What to say of a caption that cannot be the one label of all."""
    if teaching.is_command(words):
        return collection_texts.command_in_caption()
    label = teaching.label_in(words)
    if label is None:
        return None
    too_long = len(" ".join(label.split())) > MAX_LABEL
    return collection_texts.no_name(too_long) if too_long or not tidy(label) or not key_of(label) else None


def _busy(unit: Unit, context: Context, document: Document, kind: CollectionKind) -> str | None:
    """One of a kind at a time for each person."""
    person = unit.people.by_telegram_id(context.here.person_id)
    running = unit.collections.running_of(person.id, kind) if person is not None else None
    if running is None or running.deed == collecting.deed_of(context.here, document.file_unique_id):
        return None
    return collection_texts.busy(running)


async def _receive(context: Context, document: Document, kind: CollectionKind, label: str | None) -> Parcel:
    """Fetch it and make it durable; raises FileNotTaken."""
    data = await fetch(document, context.bot)
    digest = await asyncio.to_thread(context.services.store.parcels.put, data)
    name = document.file_name or kind.value
    return Parcel(document.file_unique_id, kind, name, digest, len(data), tidy(label) if label else None)


async def _counted(context: Context, parcel: Parcel) -> Parcel | str:
    """The collection with the number of things in it; or why it is none."""
    path = context.services.store.parcels.path(parcel.parcel)
    mode = await context.look(lambda unit: teach_mode.current_of(unit, context.here))
    count = _count_zip if parcel.kind is CollectionKind.ZIP else _count_list
    return await asyncio.to_thread(count, path, parcel, mode.name if mode is not None else None)


def _count_zip(path: Path, parcel: Parcel, otherwise: str | None) -> Parcel | str:
    """Folders say what is in them; where there are none, it is what she teaches just then."""
    labels = [parcel.label] if parcel.label is not None or otherwise is None else [None, otherwise]
    unclear = ""
    for label in labels:
        try:
            size = opening.count(path, label)
        except ArchiveRefused as refused:
            return collection_texts.not_read(why_not_read(refused))
        except LayoutUnclear as error:
            unclear = collection_texts.unclear(str(error))
            continue
        return replace(parcel, label=label, size=size) if size else collection_texts.nothing_in_it()
    return unclear


def _count_list(path: Path, parcel: Parcel, otherwise: str | None) -> Parcel | str:
    """Lines say what their addresses show; of the others it is the caption, or what she teaches just then."""
    label = parcel.label or otherwise
    try:
        found = listing.listed_in(path.read_bytes(), label)
    except ListRefused as refused:
        return collection_texts.not_read(why_list_not_read(refused))
    if not found.items:
        no_label = any(one.flaw is LineFlaw.NO_LABEL for one in found.left_out)
        return collection_texts.list_unnamed() if no_label else collection_texts.list_empty()
    return replace(parcel, label=label, size=len(found.items) + len(found.left_out))


def _refuse(scene: Scene, sentence: str, parcel: Parcel) -> None:
    _say(scene, sentence)
    scene.parcels.append(parcel.parcel)


def _take_up(scene: Scene, context: Context, parcel: Parcel) -> None:
    unit, here = scene.unit, scene.presence
    running = unit.collections.running_of(here.person.id, parcel.kind)
    if running is not None and running.deed != collecting.deed_of(scene.visit, parcel.file):
        # She sent two at once, in two chats.
        _refuse(scene, collection_texts.busy(running), parcel)
        return
    if not context.services.store.parcels.has(parcel.parcel):
        # Another one of the same bytes has just ended: the drain has it fetched again.
        raise NotFound("parcel", parcel.parcel)
    begun = collecting.begin(
        unit,
        scene.visit,
        here,
        file=parcel.file,
        kind=parcel.kind,
        name=parcel.name,
        label=parcel.label,
        parcel=parcel.parcel,
        size=parcel.size,
    )
    said = said_of(unit, scene.keyboards, begun)
    scene.replies.say(said, to_message=scene.visit.message_id, dedupe=progress_key(begun.id))


# Buttons ------------------------------------------------------------------------------------------------------------


def stop(scene: Scene, press: Press, message_id: int) -> str:
    """What was taken is kept, and the report comes at once."""
    found = _mine(scene, press.thing)
    if found.state is not CollectionState.RUNNING:
        return collection_texts.over_already()
    finish(scene.unit, found, CollectionState.STOPPED)
    _let_go(scene, found)
    return "Stopped."


def ask_to_take_back(scene: Scene, press: Press, message_id: int) -> str | None:
    found = _mine(scene, press.thing)
    tally = scene.unit.collections.tally(found.id)
    if not tally.learned:
        return collection_texts.over_already()
    said = Said(collection_texts.take_back_really(found, tally), scene.keyboards.take_back(found.id))
    scene.replies.edit(message_id, said)
    return None


def take_back(scene: Scene, press: Press, message_id: int) -> str:
    found = _mine(scene, press.thing)
    if found.state in (CollectionState.TAKING_BACK, CollectionState.TAKEN_BACK):
        return collection_texts.over_already()
    scene.unit.collections.set_state(found.id, CollectionState.TAKING_BACK)
    _let_go(scene, found)
    scene.replies.edit(message_id, Said(collection_texts.taking_back(found)))
    return collection_texts.taking_back(found).replace("<b>", "").replace("</b>", "")


def keep(scene: Scene, press: Press, message_id: int) -> str:
    found = _mine(scene, press.thing)
    if scene.unit.outbox.message_of(progress_key(found.id)) == message_id:
        scene.replies.edit(message_id, said_of(scene.unit, scene.keyboards, found))
    else:
        scene.replies.edit(message_id, Said(collection_texts.kept()))
    return collection_texts.kept()


def offer_undo(scene: Scene, last: Vote) -> bool:
    """Ask whether all of a collection is to be taken back, where that is where her last lesson came from."""
    found = scene.unit.collections.of_photo(last.photo_id, scene.presence.person.id)
    if found is None:
        return False
    tally = scene.unit.collections.tally(found.id)
    said = Said(collection_texts.undo_asks(found, tally), scene.keyboards.take_back(found.id))
    scene.replies.say(said, to_message=scene.visit.message_id)
    return True


def _mine(scene: Scene, collection_id: int) -> Collection:
    found = scene.unit.collections.hold(collection_id)
    if found is None or found.person_id != scene.presence.person.id:
        raise NotFound("collection", collection_id)
    return found


def _let_go(scene: Scene, collection: Collection) -> None:
    if collection.parcel is not None:
        scene.parcels.append(collection.parcel)


def _say(scene: Scene, html: str) -> None:
    scene.replies.say(Said(html), to_message=scene.visit.message_id)
