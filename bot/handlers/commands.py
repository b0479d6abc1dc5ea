"""The commands. Each is a row of COMMANDS: what the menu shows is what the bot answers."""

import asyncio
from dataclasses import dataclass

from telegram import Update

from bot.access import PERMISSION, Callback, permitted
from bot.actions import describing, outlook, reporting, reviewing, roles, scoring, self_service, teaching, versions
from bot.actions.teach_mode import current
from bot.context import Context, Scene
from bot.handlers import collections, import_help, teach_mode
from bot.handlers.crediting import me
from bot.handlers.exporting import export
from bot.handlers.guarding import revert
from bot.handlers.naming import labels
from bot.handlers.quarantine import quarantine
from bot.handlers.replied import replied_to
from bot.handlers.reviewing import review
from bot.replies import Said
from bot.speech import card as cards
from bot.speech import (
    guides,
    history,
    outlook_texts,
    progress_texts,
    review_texts,
    teach_mode_texts,
    texts,
    tuning_texts,
)
from storage import Network, Reason, Role

# What no database would take for a number is none.
LONGEST_NUMBER = 9


@permitted(Role.GUEST)
async def start(update: Update, context: Context) -> None:
    name = context.here.person_name

    def action(scene: Scene) -> None:
        status = reporting.status(scene.unit, scene.presence.classifier_id)
        group = guides.group_rules(_sees_all(context), context.bot.username)
        _say(scene, guides.welcome(name, status) + ("" if scene.visit.private else f"\n\n{group}"))

    await context.act(action)


@permitted(Role.GUEST)
async def help_(update: Update, context: Context) -> None:
    text = guides.help_text(not context.here.private, _sees_all(context), context.bot.username)
    await context.act(lambda scene: _say(scene, text))


@permitted(Role.GUEST)
async def status(update: Update, context: Context) -> None:
    loaded = context.services.guesser.loaded

    def action(scene: Scene) -> None:
        found = reporting.status(scene.unit, scene.presence.classifier_id)
        manifest = loaded.predictor.manifest if loaded is not None else None
        private, sees_all = scene.visit.private, _sees_all(context)
        teaching = current(scene.unit, scene.presence)
        said = guides.status(found, group=not private, sees_all=sees_all, manifest=manifest)
        _say(scene, said if teaching is None else f"{teach_mode_texts.reminder(teaching)}\n{said}")

    await context.act(action)


@permitted(Role.GUEST)
async def progress(update: Update, context: Context) -> None:
    """How the answers of the last weeks did, and what more photos would bring.

    Counting the answers only reads, so nobody's writing waits for it; the rest the trainer works out, and this chat
    hears of it.
    """
    found = await context.look(lambda unit: scoring.progress(unit, unit.classifiers.default().id))

    def action(scene: Scene) -> None:
        asked = outlook_texts.asked(outlook.ask_outlook(scene.unit, scene.presence))
        _say(scene, f"{progress_texts.progress(found)}\n\n{asked}")

    await context.act(action)


@permitted(Role.GUEST)
async def card(update: Update, context: Context) -> None:
    """The network's card: what it is, what it learned from, how good it is, and what it is not for."""
    loaded, home = context.services.guesser.loaded, context.services.store.home
    if loaded is None:
        await context.act(lambda scene: _say(scene, cards.no_card(_needs(scene))))
        return
    predictor = loaded.predictor
    weights = await asyncio.to_thread(describing.weights_of, home, predictor.manifest)
    scores = predictor.label_scores
    found = await context.look(
        lambda unit: describing.describe(unit, loaded.network, predictor.manifest, scores, weights)
    )
    await context.act(lambda scene: _say(scene, cards.message_of(found)))


@permitted(Role.GUEST)
async def networks(update: Update, context: Context) -> None:
    def action(scene: Scene) -> None:
        found = versions.versions(scene.unit, scene.presence.classifier_id)
        _say(scene, history.message_of(*history.listed(found)))

    await context.act(action)


@permitted(Role.ADMIN)
async def rollback(update: Update, context: Context) -> None:
    """Let an earlier network answer again; without its number, say which ones could."""
    words = " ".join(context.args or [])
    # Checking its files takes half a second, and no transaction waits for that.
    found = await _checked(context, int(words)) if _is_number(words) else None

    def action(scene: Scene) -> None:
        classifier_id = scene.presence.classifier_id
        if found is None:
            can = history.to_put_back(versions.versions(scene.unit, classifier_id))
            _say(scene, history.message_of(*([history.which_number(words)] if words else can)))
            return
        before, number = scene.unit.networks.active(classifier_id), int(words)
        done = versions.put_back(scene.unit, classifier_id, number) if isinstance(found, Network) else found
        said = history.is_back(done, before) if isinstance(done, Network) else history.not_back(number, done)
        _say(scene, history.message_of(said))

    await context.act(action)


async def _checked(context: Context, number: int) -> Network | versions.Obstacle:
    """The network of that number if it would pass its check."""
    guesser = context.services.guesser
    found = await context.look(lambda unit: versions.find(unit, unit.classifiers.default().id, number))
    if isinstance(found, Network) and not await asyncio.to_thread(guesser.opens, found):
        return versions.Obstacle.DAMAGED
    return found


def _is_number(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) <= LONGEST_NUMBER


@permitted(Role.TEACHER)
async def train(update: Update, context: Context) -> None:
    def action(scene: Scene) -> None:
        found, practises = reporting.request_training(scene.unit, scene.presence)
        _say(scene, texts.training_asked(found.readiness, alive=found.trainer_alive, practises=practises))

    await context.act(action)


@permitted(Role.TEACHER)
async def report(update: Update, context: Context) -> None:
    """For teachers: it shows photos that others taught."""

    def action(scene: Scene) -> None:
        found = reporting.request_report(scene.unit, scene.presence)
        _say(scene, tuning_texts.report_asked(found.readiness, found.network, alive=found.trainer_alive))

    await context.act(action)


@permitted(Role.TEACHER)
async def undo(update: Update, context: Context) -> None:
    def action(scene: Scene) -> None:
        deed = teaching.undo_deed(scene.visit)
        if scene.unit.votes.of_deed(deed) or scene.unit.decisions.of_deed(f"{deed}:review"):
            return
        last = scene.unit.votes.last_of(scene.presence.person.id, scene.presence.chat.id)
        if last is None:
            _say(scene, texts.nothing_to_undo())
            return
        if last.reason is Reason.COLLECTION and collections.offer_undo(scene, last):
            return
        decided = scene.unit.decisions.giving(last.id) if last.reason is Reason.REVIEW else None
        if decided is not None and decided.undone_at is None:
            reviewing.undo(scene.unit, scene.visit, scene.presence, decided.id, deed=deed)
            _say(scene, review_texts.decision_taken_back())
            return
        undone = teaching.take_back(scene.unit, scene.visit, scene.presence, last.photo_id, Reason.UNDO)
        if undone is None:
            _say(scene, texts.nothing_to_undo())
            return
        photo = scene.unit.photos.get(last.photo_id)
        # An answer to “What is this?” was about a photo of another chat.
        here = photo.message_id if photo.chat_id == scene.presence.chat.id else None
        scene.replies.say(Said(texts.taken_back(undone)), to_message=here or scene.visit.message_id)

    await context.act(action)


@permitted(Role.GUEST)
async def mydata(update: Update, context: Context) -> None:
    presence = await context.prepare(lambda scene: scene.presence)
    # Only read, and written down after that: of many photos it takes seconds, and nobody else is to wait for it.
    mine = await context.look(lambda unit: self_service.my_data(unit, presence))
    private = context.here.private
    document = await asyncio.to_thread(mine.document) if private else ""

    def action(scene: Scene) -> None:
        text = texts.my_data(
            mine.photos, mine.lessons, mine.corrections, mine.role, private=private, refused=mine.refused
        )
        scene.replies.say(Said(text, scene.keyboards.my_data()), to_message=_asked_in(scene))
        if private:
            scene.replies.document(document.encode(), "my-data.json", "Everything I keep of you.")

    await context.act(action)


@permitted(Role.GUEST)
async def settings(update: Update, context: Context) -> None:
    def action(scene: Scene) -> None:
        said = Said(texts.settings(not scene.visit.private), scene.keyboards.settings(scene.presence.chat))
        scene.replies.say(said, to_message=_asked_in(scene))

    await context.act(action)


@permitted(Role.GUEST)
async def owner(update: Update, context: Context) -> None:
    """Claim the bot with the code that `pupil owner-code` printed."""
    code = " ".join(context.args or [])

    def action(scene: Scene) -> None:
        if not code:
            _say(scene, texts.owner_how())
        elif not scene.visit.private:
            _say(scene, texts.owner_only_in_private())
        elif scene.unit.people.claim_ownership(scene.presence.person.id, code):
            _say(scene, texts.now_owner())
        else:
            _say(scene, texts.wrong_code())

    await context.act(action)


@permitted(Role.ADMIN)
async def teacher(update: Update, context: Context) -> None:
    """Let the person teach whose message this replies to."""
    whom = replied_to(update.effective_message)

    def action(scene: Scene) -> None:
        if whom is None or whom.id == scene.visit.person_id:
            _say(scene, texts.teacher_how())
        elif roles.let_teach(scene.unit, whom.id, whom.full_name, scene.newcomer):
            _say(scene, texts.may_teach(whom.full_name))
        else:
            _say(scene, texts.may_teach_already(whom.full_name))

    await context.act(action)


@dataclass(frozen=True, slots=True)
class Command:
    """A command; `menu` is its line in Telegram's menu, empty for one that is not shown."""

    name: str
    callback: Callback
    menu: str

    @property
    def permission(self) -> Role:
        role: Role = getattr(self.callback, PERMISSION)
        return role


COMMANDS = (
    Command("start", start, ""),
    Command("help", help_, "How this works"),
    Command("labels", labels, "What I know"),
    Command("status", status, "How good I am, and what I am doing"),
    Command("progress", progress, "How I do, and what to send next"),
    Command("card", card, "What my network is, and is not for"),
    Command("models", networks, "The networks I have had"),
    Command("train", train, "Learn now, and practise"),
    Command("import", import_help.import_, "How to bring many photos"),
    Command("report", report, "How good I am, in pictures"),
    Command("teach", teach_mode.teach, "One name for many photos"),
    Command("done", teach_mode.done, "End that"),
    Command("review", review, "Decide about doubtful photos"),
    Command("quarantine", quarantine, "Files that I refused, for reviewers"),
    Command("undo", undo, "Take back your last lesson"),
    Command("me", me, "What you taught and flagged"),
    Command("mydata", mydata, "What I keep of you"),
    Command("export", export, "My network as a file"),
    Command("settings", settings, "How I behave here"),
    Command("owner", owner, ""),
    Command("teacher", teacher, ""),
    Command("rollback", rollback, ""),
    Command("revert", revert, ""),
)


@permitted(Role.GUEST)
async def unknown(update: Update, context: Context) -> None:
    if context.here.private:
        await context.act(lambda scene: _say(scene, guides.unknown_command()))


def _needs(scene: Scene) -> str:
    """What is missing before a network can answer."""
    return texts.needs(teaching.readiness_of(scene.unit, scene.presence.classifier_id))


def _say(scene: Scene, html: str) -> None:
    scene.replies.say(Said(html), to_message=_asked_in(scene))


def _asked_in(scene: Scene) -> int | None:
    """In a group an answer shows whom it is for; in a private chat that would only be noise."""
    return None if scene.visit.private else scene.visit.message_id


def _sees_all(context: Context) -> bool:
    """Whether privacy mode is off; the bot itself was asked at the start."""
    return bool(context.bot.bot.can_read_all_group_messages)
