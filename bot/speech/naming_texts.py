"""Sentences on names: which one was meant, and what becomes of labels."""

from collections.abc import Sequence

from bot.actions.naming import MAX_DESCRIPTION, Change, Obstacle
from bot.actions.respelling import Doubt, Moved
from bot.speech import guard_texts
from bot.speech.texts import needs
from bot.speech.wording import bold, esc_ours, join, plural
from storage import MAX_LABEL, ChangeKind, Label, LabelCount

SHOWN_NAMES = 12


def did_you_mean(what: Doubt) -> str:
    meant = join([bold(one) for one in what.meant], "or")
    return f"{bold(what.written)} is new to me. Did you mean {meant}?"


def moved(what: Moved) -> str:
    label, count = bold(what.taught.label), plural(what.taught.photos, "photo")
    if what.photos > 1:
        return f"I call {plural(what.photos, 'photo')} {label} now, not {bold(what.before)} ({count} of it now)."
    return f"Changed from {bold(what.before)} to {label} ({count} now)."


def kept(label: Label) -> str:
    return f"Good: {bold(label)} is a name of its own."


def former_name(name: str, label: Label) -> str:
    """Said once to a person who goes on with a name that means another label by now."""
    return f"{bold(name)} is called {bold(label)} here by now, so I take it for that."


# Labels -------------------------------------------------------------------------------------------------------------


def card(what: LabelCount, former: Sequence[str]) -> str:
    """All about one label."""
    label = what.label
    lines = [f"{bold(label)}  {plural(what.photos, 'photo')}", *guard_texts.left_out(what.waiting, 0, 0)]
    if label.description:
        lines.append(f"<i>{esc_ours(label.description)}</i>")
    if former:
        more = [f"{len(former) - SHOWN_NAMES} more"] if len(former) > SHOWN_NAMES else []
        lines.append(f"Also understood: {join([bold(one) for one in former[:SHOWN_NAMES]] + more)}.")
    if label.is_retired:
        lines.append("At rest: neither learned nor answered. Its photos wait.")
    return "\n".join(lines)


def how() -> str:
    return (
        "Press a name to change it, or type:\n"
        "<pre>/labels rename dasiy = daisy\n"
        "/labels merge daisies = daisy\n"
        "/labels describe daisy = white\n"
        "/labels retire daisy\n"
        "/labels restore daisy\n"
        "/labels undo</pre>\n"
        "What is retired rests and can be brought back. The last takes back what you did last of these."
    )


def how_for(verb: str) -> str:
    """What is missing of an order."""
    example = {
        "rename": "/labels rename dasiy = daisy",
        "merge": "/labels merge daisies = daisy",
        "describe": "/labels describe daisy = white, with a yellow heart",
        "retire": "/labels retire daisy",
        "restore": "/labels restore daisy",
    }[verb]
    return f"Name the label too, like this: <code>{example}</code>"


def ask_name(label: Label) -> str:
    return f"What shall {bold(label)} be called? Reply to this with its new name."


def ask_description(label: Label) -> str:
    return f"Describe {bold(label)} in a sentence: what it is, and what it is not. Reply to this with it."


def which_to_merge(label: Label) -> str:
    return f"Which label shall {bold(label)} become part of?"


def really(what: Change) -> str:
    """The question before a change that touches many photos."""
    photos, label = plural(what.photos, "photo"), bold(what.label)
    return {
        ChangeKind.RENAME: f"Call {label} {bold(what.note.after)} from now on? That is {photos}.",
        ChangeKind.MERGE: f"Let {label} become part of {_other(what)}? That is {photos}. {_merged_later(what)}",
        ChangeKind.RETIRE: (
            f"Let {label} rest? Its {photos} stay, but I neither learn nor answer it: "
            "the next network will not know it. You can bring it back."
        ),
        ChangeKind.RESTORE: f"Bring {label} back? Its {photos} are learned again with the next network.",
    }[what.note.kind]


def done(what: Change) -> str:
    """What was done, and what that means for the network."""
    photos, label = plural(what.photos, "photo"), bold(what.label)
    said = {
        ChangeKind.RENAME: (
            f"{bold(what.note.before)} is called {bold(what.note.after)} now, in my answers too ({photos}). "
            + ("" if what.is_undo else "Whoever types the old name is understood.")
        ),
        ChangeKind.DESCRIBE: f"Noted of {label}: {esc_ours(what.note.after) or 'nothing any more'}.",
        ChangeKind.MERGE: (
            f"{label} is part of {_other(what)} now ({photos}). {_merged_later(what)} "
            f"Whoever types {label} is understood."
        ),
        ChangeKind.PART: (
            f"{label} stands for itself again ({photos}). What was taught since by either name stays {_other(what)}. "
            "The next network tells them apart again."
        ),
        ChangeKind.RETIRE: f"{label} rests now. I don't answer it any more, and the next network will not know it. "
        f"Its {photos} stay.",
        ChangeKind.RESTORE: f"{label} is back ({photos}). The next network learns it again.",
    }[what.note.kind].strip()
    short = needs(what.readiness) if what.readiness is not None and not what.readiness.ready else ""
    return f"Taken back. {said}\n{short}".strip() if what.is_undo else f"{said}\n{short}".strip()


def _merged_later(what: Change) -> str:
    return f"Where my network still sees {bold(what.label)}, I say {_other(what)}; the next one learns them as one."


def _other(what: Change) -> str:
    return bold(what.other) if what.other is not None else "another label"


def not_done(obstacle: Obstacle) -> str:
    """Why nothing was changed, and what to do."""
    return {
        Obstacle.UNKNOWN: "I know no label of that name. /labels lists them all.",
        Obstacle.SAME: "That is so already, so I changed nothing.",
        Obstacle.TAKEN: (
            "Another label is called so already. To make one of the two: <code>/labels merge this = that</code>"
        ),
        Obstacle.AT_REST: "That label is at rest. Bring it back first: <code>/labels restore NAME</code>",
        Obstacle.NO_NAME: "I can't make a name of that. Please use letters, digits or an emoji.",
        Obstacle.TOO_LONG: (
            f"That is too long: at most {MAX_LABEL} characters for a name, {MAX_DESCRIPTION} for a description."
        ),
        Obstacle.CHANGED: "Something else was done with that label since, so I changed nothing. /labels shows it.",
        Obstacle.DONE: "That is done already.",
        Obstacle.NOTHING: "There is nothing of yours to take back on labels.",
    }[obstacle]


def dropped() -> str:
    return "Good, everything stays as it is."


def unknown_label(alike: Sequence[Label]) -> str:
    if not alike:
        return not_done(Obstacle.UNKNOWN)
    return f"I know no label of that name. Do you mean {join([bold(one) for one in alike], 'or')}?"
