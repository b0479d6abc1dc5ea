"""/labels: what there is, and for reviewers what can be done with it, by buttons or by words."""

from telegram import Message, Update

from bot import keyboards as keys
from bot.access import permitted
from bot.actions import naming
from bot.actions.naming import Change, Obstacle, Wish
from bot.actions.naming_words import is_order, wish_in
from bot.actions.spelling import Likeness, likeness, matching
from bot.actions.teaching import label_counts
from bot.buttons import Press
from bot.context import Context, Scene
from bot.replies import Said
from bot.speech import guides, naming_texts, texts
from bot.speech.wording import plain
from storage import ChangeKind, Label, LabelCount, NotFound, Role

# What the messages are owed as that have these buttons, or ask for words.
PREFIX = "label:"
ASKS = {"rename": ChangeKind.RENAME, "describe": ChangeKind.DESCRIBE}
MOST_ALIKE = 3
_NOT_ALIKE = max(Likeness) + 1


@permitted(Role.GUEST)
async def labels(update: Update, context: Context) -> None:
    """The list; one label; or an order to change one, which is for reviewers."""
    words = " ".join(context.args or [])
    await context.act(lambda scene: _answer(scene, words))


def _answer(scene: Scene, words: str) -> None:
    if not words:
        _say(scene, _list(scene, 0))
    elif not (is_order(words) or words.casefold() == "undo"):
        _say(scene, _shown(scene, words))
    elif not _reviews(scene):
        _say(scene, Said(texts.not_allowed(Role.REVIEWER)))
    elif words.casefold() == "undo":
        _tell(scene, naming.undo_last(scene.unit, scene.visit, scene.presence))
    else:
        wish = wish_in(words, lambda text: scene.unit.labels.find(scene.presence.classifier_id, text))
        if wish is None:
            _say(scene, Said(naming_texts.how_for(words.split()[0].casefold())))
        else:
            _tell(scene, wish if isinstance(wish, Obstacle) else _wish(scene, wish))


def asked_for(scene: Scene, message: Message) -> Wish | None:
    """What the bot had asked for in the message that this one replies to; the words are still to come.

    Raises:
        NotFound: the label is gone.
    """
    if message.reply_to_message is None:
        return None
    replied = message.reply_to_message.message_id
    key = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, replied) or ""
    kind, _, rest = key.removeprefix(PREFIX).partition(":")
    if not key.startswith(PREFIX) or kind not in ASKS:
        return None
    return Wish(ASKS[kind], scene.unit.labels.get(int(rest.partition(":")[0])))


def take_words(scene: Scene, wish: Wish, words: str) -> None:
    """The new name, or the description, that was asked for."""
    if _reviews(scene):
        _tell(scene, _wish(scene, Wish(wish.kind, wish.label, words)))
    else:
        _say(scene, Said(texts.not_allowed(Role.REVIEWER)))


# Buttons ------------------------------------------------------------------------------------------------------------


def show_page(scene: Scene, press: Press, message_id: int) -> None:
    _edit(scene, message_id, _list(scene, press.thing))


def show_label(scene: Scene, press: Press, message_id: int) -> None:
    _edit(scene, message_id, _card(scene, _label(scene, press.thing)))


def ask_name(scene: Scene, press: Press, message_id: int) -> None:
    label = _label(scene, press.thing)
    _check_message(scene, message_id)
    _ask(scene, "rename", label, naming_texts.ask_name(label), "new name")


def ask_description(scene: Scene, press: Press, message_id: int) -> None:
    label = _label(scene, press.thing)
    _check_message(scene, message_id)
    _ask(scene, "describe", label, naming_texts.ask_description(label), "description")


def show_targets(scene: Scene, press: Press, message_id: int) -> None:
    """Which label it becomes part of: those alike first."""
    label, button = _label(scene, press.thing), scene.keyboards.button
    others = [one for one in scene.unit.labels.all(scene.presence.classifier_id) if one.id != label.id]
    others.sort(key=lambda one: (likeness(label.name, one.name) or _NOT_ALIKE, one.key))
    picks = [button(one.name, keys.MERGE_INTO, label.id, one.id) for one in others]
    back = [button("↩️ Back", keys.LABEL, label.id)]
    rows = scene.keyboards.paged(picks, press.argument, lambda page: (keys.MERGE, label.id, page))
    _edit(scene, message_id, Said(naming_texts.which_to_merge(label), [*rows, back]))


def merge_into(scene: Scene, press: Press, message_id: int) -> str | None:
    wish = Wish(ChangeKind.MERGE, _label(scene, press.thing), other=_label(scene, press.argument))
    return _change(scene, message_id, wish)


def retire(scene: Scene, press: Press, message_id: int) -> str | None:
    return _change(scene, message_id, Wish(ChangeKind.RETIRE, _label(scene, press.thing)))


def restore(scene: Scene, press: Press, message_id: int) -> str | None:
    return _change(scene, message_id, Wish(ChangeKind.RESTORE, _label(scene, press.thing)))


def do_it(scene: Scene, press: Press, message_id: int) -> str | None:
    _check_message(scene, message_id)
    return _show_change(scene, message_id, naming.carry_out(scene.unit, scene.presence, press.thing))


def leave_it(scene: Scene, press: Press, message_id: int) -> None:
    _edit(scene, message_id, Said(naming_texts.dropped()))


def undo_it(scene: Scene, press: Press, message_id: int) -> str | None:
    _check_message(scene, message_id)
    return _show_change(scene, message_id, naming.undo(scene.unit, scene.visit, scene.presence, press.thing))


# Messages -----------------------------------------------------------------------------------------------------------


def _list(scene: Scene, page: int) -> Said:
    counts, at_rest = _counts(scene), scene.unit.labels.at_rest(scene.presence.classifier_id)
    html = guides.labels(counts, at_rest, waiting=sum(one.waiting for one in counts))
    known = [one.label for one in (*counts, *at_rest) if one.photos or one.waiting or one.label.is_retired]
    if not _reviews(scene) or not known:
        return Said(html)
    picks = [scene.keyboards.button(_marked(one), keys.LABEL, one.id) for one in known]
    rows = scene.keyboards.paged(picks, page, lambda to: (keys.LABELS, to, 0))
    return Said(f"{html}\n\n{naming_texts.how()}", rows)


def _shown(scene: Scene, words: str) -> Said:
    """One label by its name, or those that are nearest to it."""
    label = scene.unit.labels.find(scene.presence.classifier_id, words)
    if label is not None:
        return _card(scene, label)
    near = matching(words, [one.label for one in _counts(scene) if one.photos], MOST_ALIKE)
    picks = [[scene.keyboards.button(one.name, keys.LABEL, one.id)] for one in near] if _reviews(scene) else []
    return Said(naming_texts.unknown_label(near), picks or None)


def _card(scene: Scene, label: Label) -> Said:
    found = next((one for one in _counts(scene) if one.label == label), None)
    count = found or LabelCount(label, naming.photos_of(scene.unit, label))
    html = naming_texts.card(count, scene.unit.labels.former_names(label.id))
    if not _reviews(scene):
        return Said(html)
    button = scene.keyboards.button
    back = [button("↩️ All labels", keys.LABELS, 0)]
    if label.is_retired:
        return Said(html, [[button("🌱 Bring back", keys.RESTORE, label.id)], back])
    return Said(
        html,
        [
            [button("✏️ Rename", keys.RENAME, label.id), button("📝 Describe", keys.DESCRIBE, label.id)],
            [button("🔗 Merge into…", keys.MERGE, label.id), button("💤 Let it rest", keys.RETIRE, label.id)],
            back,
        ],
    )


def _change_said(scene: Scene, found: Change) -> Said:
    button = scene.keyboards.button
    if not found.done:
        do = {ChangeKind.RENAME: "Rename", ChangeKind.MERGE: "Merge", ChangeKind.RETIRE: "Let it rest"}
        yes = f"{do.get(found.note.kind, 'Bring back')} ({found.photos} photos)"
        asks = [[button(yes, keys.CHANGE, found.note.id), button("Leave it", keys.CHANGE_NOT, found.note.id)]]
        return Said(naming_texts.really(found), asks)
    undo = None if found.is_undo else [[button("↩️ Undo", keys.CHANGE_UNDO, found.note.id)]]
    return Said(naming_texts.done(found), undo)


def _wish(scene: Scene, wish: Wish) -> Change | Obstacle:
    return naming.wish_for(scene.unit, scene.visit, scene.presence, wish)


def _change(scene: Scene, message_id: int, wish: Wish) -> str | None:
    # Before anything is done: a refusal is a toast, and no reason to forget what was done until then.
    _check_message(scene, message_id)
    return _show_change(scene, message_id, _wish(scene, wish))


def _show_change(scene: Scene, message_id: int, found: Change | Obstacle) -> str | None:
    """A change that was made stands in the message; that it was not is a toast, and the buttons stay."""
    if isinstance(found, Obstacle):
        return plain(naming_texts.not_done(found))
    scene.replies.edit(message_id, _change_said(scene, found))
    return None


def _tell(scene: Scene, found: Change | Obstacle) -> None:
    said = Said(naming_texts.not_done(found)) if isinstance(found, Obstacle) else _change_said(scene, found)
    _say(scene, said)


def _label(scene: Scene, label_id: int) -> Label:
    label = scene.unit.labels.get(label_id)
    if label.classifier_id != scene.presence.classifier_id:
        raise NotFound("label", label_id)
    return label


def _counts(scene: Scene) -> list[LabelCount]:
    return label_counts(scene.unit, scene.presence.classifier_id)


def _marked(label: Label) -> str:
    return f"💤 {label.name}" if label.is_retired else label.name


def _reviews(scene: Scene) -> bool:
    return scene.presence.person.role >= Role.REVIEWER


def _say(scene: Scene, said: Said) -> None:
    to_message = None if scene.visit.private else scene.visit.message_id
    scene.replies.say(said, to_message=to_message, dedupe=f"{PREFIX}{scene.visit.deed}")


def _ask(scene: Scene, kind: str, label: Label, html: str, hint: str) -> None:
    """Ask for words in a message of its own: by what that is owed as, the reply to it is known."""
    dedupe = f"{PREFIX}{kind}:{label.id}:{scene.visit.deed}"
    to_message = None if scene.visit.private else scene.visit.message_id
    scene.replies.say(Said(html), to_message=to_message, dedupe=dedupe, ask_for=hint)


def _edit(scene: Scene, message_id: int, said: Said) -> None:
    _check_message(scene, message_id)
    scene.replies.edit(message_id, said)


def _check_message(scene: Scene, message_id: int) -> None:
    """These buttons stand below messages about labels only, where it is known what a message is about."""
    key = scene.unit.outbox.dedupe_of(scene.visit.bot_id, scene.visit.chat_id, message_id)
    if key is not None and not key.startswith(PREFIX):
        raise NotFound("label", message_id)
