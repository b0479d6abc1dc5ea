"""Sentences of thanks: what became of a flag, and what one person did for the bot."""

from bot.actions.crediting import Champion, Credit
from bot.actions.telling import Learned
from bot.speech.wording import bold, esc, percent, plural


def support(what: Learned) -> str:
    """Who else says what a correction said; empty where nobody does."""
    if what.reviewed:
        return "A reviewer confirmed it."
    return f"{plural(what.others, 'other')} called it so, too." if what.others else ""


def flag_answered(what: Learned) -> str:
    """What became of a bare “Wrong”: others have named the photo since."""
    number, named = what.network.number, what.counts_as
    if named is None:
        return f"Network {number} is here. People see the photo that you flagged differently, so I left it out."
    who = "A reviewer says" if what.reviewed else f"{plural(what.others, 'person', 'people')} say"
    if who.startswith("1 "):
        who = "1 person says"
    says = "that I don't know" if what.guessed is None else f"{bold(what.guessed)} ({percent(what.probability)})"
    now = f"Network {number} now says {says}."
    if named == what.answered:
        return f"You flagged this answer. {who} that it is {bold(named)} all the same. {now} Thank you for looking!"
    learned = "" if what.guessed == named else f" A few more photos of {bold(named)} will help."
    return f"You were right to flag this: {who} that it is {bold(named)}. {now}{learned} Thank you!"


def me(what: Credit, *, private: bool) -> str:
    """What a person did, and who knows which label best."""
    lines = [_taught(what), _flagged(what)]
    if what.decided:
        lines.append(f"As a reviewer you decided about {plural(what.decided, 'card')}.")
    lines += [_champion(one) for one in what.champions]
    if not what.is_named:
        where = "/settings" if private else "/settings in our private chat"
        lines.append(f"Others do not see your name; {where} lets them, and makes you a champion of what you know best.")
    return "\n".join(line for line in lines if line)


def _taught(what: Credit) -> str:
    if not what.taught:
        return "You have taught me nothing that counts yet. Send a photo with its name as caption."
    return f"You taught me {plural(what.taught, 'photo')} of {plural(what.labels, 'label')}, as they count now."


def _flagged(what: Credit) -> str:
    if not what.flagged:
        return "You have flagged no answer. Press Wrong below one that is: I learn most from that."
    parts = [
        (what.confirmed, "confirmed by others"),
        (what.alone, "learned on your word alone"),
        (what.refuted, "right after all"),
        (what.open, "still without an agreed name"),
    ]
    told = ", ".join(f"{count} {words}" for count, words in parts if count)
    return f"You flagged {plural(what.flagged, 'answer')}: {told}."


def _champion(one: Champion) -> str:
    who = "you" if one.is_you else esc(one.name)
    return f"🏅 {bold(one.label)}: {who}, {plural(one.photos, 'photo')}"
