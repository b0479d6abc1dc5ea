"""“/revert” and the buttons of the guard: look at an alarm's photos, take all of somebody's lessons back, or not."""

import asyncio

from telegram import Update

from bot.access import permitted
from bot.actions import alarms, reverting
from bot.actions.reviewing import Mode, Review
from bot.buttons import Press
from bot.collecting.reports import stop_all
from bot.context import Context, Scene
from bot.guard_buttons import GuardButtons
from bot.handlers.replied import replied_to
from bot.handlers.reviewing import begin
from bot.replies import Said
from bot.speech import guard_texts, guides
from storage import NotFound, Person, Reversal, Role, Settlement, Unit

# So many of who taught last are there to choose from.
RECENT = 10


@permitted(Role.ADMIN)
async def revert(update: Update, context: Context) -> None:
    """Ask whether all lessons are taken back of the person whose message this replies to, or offer who taught last."""
    whom = replied_to(update.effective_message)

    def action(scene: Scene) -> None:
        to_message = None if scene.visit.private else scene.visit.message_id
        found = None if whom is None else scene.unit.people.by_telegram_id(whom.id)
        if whom is None:
            said = _offer(scene)
        else:
            said = Said(guard_texts.nothing_of(whom.full_name)) if found is None else _question(scene, found)
        scene.replies.say(said, to_message=to_message)

    await context.act(action)


def _offer(scene: Scene) -> Said:
    if not scene.visit.private:
        return Said(guard_texts.revert_how())
    recent = scene.unit.guard.recent_teachers(scene.presence.classifier_id, RECENT)
    people = [scene.unit.people.get(one) for one in recent]
    if not people:
        return Said(guard_texts.nobody_taught())
    return Said(guard_texts.whose(), GuardButtons(scene.keyboards).teachers(people))


def _question(scene: Scene, person: Person) -> Said:
    if not _may(scene.unit, scene.presence.person, person):
        return Said(guard_texts.owners_only())
    would = reverting.would_revert(scene.unit, scene.presence.classifier_id, person.id)
    text = guard_texts.revert_really(person, would.votes, would.photos)
    return Said(text, GuardButtons(scene.keyboards).really(person.id) if would.votes else None)


def ask(scene: Scene, press: Press, message_id: int) -> None:
    scene.replies.say(_question(scene, scene.unit.people.get(press.thing)))


def keep(scene: Scene, press: Press, message_id: int) -> str:
    scene.replies.edit(message_id, Said(guard_texts.not_taken_back()))
    return guard_texts.not_taken_back()


def fine(scene: Scene, press: Press, message_id: int) -> str | None:
    found = alarms.find(scene.unit, scene.presence, press.thing)
    if not alarms.call_fine(scene.unit, scene.presence, found.id):
        return guard_texts.settled_already()
    said = Said(guard_texts.called_fine(scene.unit.people.get(found.person_id)))
    scene.replies.edit_caption(message_id, said)
    return None


async def look(context: Context, press: Press) -> str | None:
    """Make the photos of an alarm a review, in a message of its own."""
    try:
        is_open = await context.prepare(lambda scene: alarms.list_evidence(scene.unit, scene.presence, press.thing))
    except NotFound:
        is_open = False
    if not is_open:
        return guard_texts.nothing_to_look_at()
    await begin(context, Review(Mode.ALARMS, press.thing))
    return None


async def really(context: Context, press: Press) -> str | None:
    """Take all back, some votes at a time; pressed or handled again, it goes on and tells the same."""
    person, classifier_id = await context.look(lambda unit: _whom(unit, context, press.thing))
    if person is None:
        return guides.person_gone()
    store = context.services.store
    await context.prepare(lambda scene: scene.parcels.extend(stop_all(scene.unit, person.id)))
    await asyncio.to_thread(reverting.revert, store, classifier_id, person.id)

    def action(scene: Scene) -> None:
        found = reverting.last_reverted(scene.unit, classifier_id, person.id)
        if found is None:
            scene.replies.edit(scene.visit.message_id, Said(guard_texts.nothing_of(person.name)))
            return
        made, done = found
        scene.unit.alarms.settle_of(classifier_id, person.id, Settlement.REVERTED)
        text = guard_texts.reverted(person, done.votes, done.photos)
        buttons = GuardButtons(scene.keyboards).reverted(made.id)
        scene.replies.edit(scene.visit.message_id, Said(text, buttons))

    await context.act(action)
    return None


async def undo(context: Context, press: Press) -> str | None:
    """Let speak again what was taken back; pressed or handled again, it undoes nothing else."""

    def find(unit: Unit) -> tuple[Person | None, Reversal]:
        made = reverting.find(unit, _classifier_of(unit, context), press.thing)
        return None if made.of_id is None else _whom(unit, context, made.of_id)[0], made

    try:
        person, made = await context.look(find)
    except NotFound:
        return guard_texts.nothing_to_undo()
    if person is None:
        return guides.person_gone()
    done = await asyncio.to_thread(reverting.undo_revert, context.services.store, made)
    text = guard_texts.revert_undone(person, done.votes)
    await context.act(lambda scene: scene.replies.edit(scene.visit.message_id, Said(text)))
    return None


def _whom(unit: Unit, context: Context, person_id: int) -> tuple[Person | None, int]:
    """The person, and the classifier; nobody if she is gone, or not for this admin to decide about."""
    admin, classifier_id = unit.people.by_telegram_id(context.here.person_id), _classifier_of(unit, context)
    try:
        person = unit.people.get(person_id)
    except NotFound:
        return None, classifier_id
    return (person if admin is not None and _may(unit, admin, person) else None), classifier_id


def _classifier_of(unit: Unit, context: Context) -> int:
    chat = unit.chats.by_telegram_id(context.here.chat_id)
    return unit.classifiers.default().id if chat is None else chat.classifier_id


def _may(unit: Unit, admin: Person, person: Person) -> bool:
    return person.role < Role.OWNER or admin.role >= Role.OWNER
