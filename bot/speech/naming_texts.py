"""Sentences on names: which one was meant, and what becomes of labels."""

from bot.actions.respelling import Doubt, Moved
from bot.speech.wording import bold, join, plural
from storage import Label


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
