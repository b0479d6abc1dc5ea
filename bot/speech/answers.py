"""Sentences on questions: answers, what is said of them, and what became of that."""

from collections.abc import Mapping, Sequence

from bot.actions.asking import Answer, NotYet
from bot.actions.correcting import Corrected
from bot.actions.explaining import Example
from bot.actions.remembering import Memory
from bot.actions.teaching import Taught, is_disputed
from bot.speech import guard_texts
from bot.speech.texts import needs, other_names, outvoted
from bot.speech.wording import bold, esc, join, percent
from storage import Label, Network
from trainer.predicting import Explanation

SHOWN_GUESSES = 3
# Probabilities from which an answer is given without doubt, and with some pride.
SURE, QUITE_SURE = 0.8, 0.97


def answered(what: Answer, *, details: bool) -> str:
    """The answer to a question: what it is and how sure in words; in numbers, and by which network, with `details`."""
    said = _said(what, details=details)
    return f"{said}\n<i>{_details(what)}</i>" if details and what.ranked else said


def _said(what: Answer, *, details: bool) -> str:
    if what.memory is not None:
        return remembered(what.memory)
    if not what.ranked:
        return "I don't know this one. What is it?"
    first, p = what.ranked[0]
    if what.label is None:
        # No number here: a softmax is sure of a teapot, too.
        return f"I don't know this one. The nearest I have is {bold(first)}. What is it?"
    if what.between:
        return f"I think this is {_either(what)}, I can't tell which. Which one is it?"
    shown = f" ({percent(p)})" if details else ""
    if p >= QUITE_SURE:
        return f"I think this is {bold(what.label)}, and I am quite sure{shown}."
    if p >= SURE:
        return f"I think this is {bold(what.label)}{shown}."
    return f"I think this is {bold(what.label)}, but I am not sure{shown}."


def which_one(what: Answer) -> str:
    """“Yes” is no answer to a question of which."""
    return f"Which one is it: {_either(what)}? Press its name, or reply to the answer with it."


def _either(what: Answer) -> str:
    return join([bold(label) for label in what.between], "or")


def _details(what: Answer) -> str:
    """The numbers, for those who want them."""
    number = what.network.number
    shares = [f"{esc(label.name)} {percent(p)}" for label, p in what.ranked[:SHOWN_GUESSES]]
    if what.memory is not None:
        return f"By itself, network {number} would say {', '.join(shares)}."
    if what.between and what.coverage is not None:
        kept = f"Of 100 photos, the right name is among those I give for {what.coverage * 100:.0f}."
        return f"{', '.join(shares)}. {kept} Network {number}."
    if what.label is None:
        return f"Network {number}."
    rest = ", ".join(shares[1:])
    return f"{f'Or {rest}. ' if rest else ''}Network {number}."


def remembered(memory: Memory) -> str:
    """People named this picture before: that is said first."""
    photo = "this photo" if memory.exact else "nearly this photo"
    who = "You" if memory.yours else esc(memory.by or "") or "Somebody"
    return f"{who} called {photo} {bold(memory.label)} before."


def changed_mind(before: Answer, what: Answer, *, details: bool) -> str:
    """A new network sees a question of the last days otherwise."""
    if before.between:
        said = f"I said {_either(before)}"
    else:
        said = f"I said {bold(before.label)}" if before.label is not None else "I didn't know this one"
    return f"{said}, but I have learned since. {answered(what, details=details)}"


def explained(
    what: Explanation, answer: Answer, network: Network, names: Mapping[int, Label], examples: Sequence[Example]
) -> str:
    """What is written below the picture that explains an answer; `names` are the labels by their ids."""
    ranked = [(names[key], p) for key, _, p in what.guess.probabilities if key in names]
    shares = ", ".join(f"{esc(label.name)} {percent(p)}" for label, p in ranked[:SHOWN_GUESSES])
    lines = [remembered(answer.memory)] if answer.memory is not None else []
    known = what.guess.label in names and bool(ranked)
    lines.append(f"Network {network.number} says {shares}." if known else _unknown(what))
    if what.peak is not None and what.lit in names:
        lines.append(f"What speaks for {bold(names[what.lit])} is lit; what is dark does not.")
    if examples:
        lines.append(f"Most alike of what I was taught: {', '.join(map(_credited, examples))}.")
    if any(one.digest is None for one in examples):
        lines.append("Grey: a photo that its sender shows in no other chat.")
    return "\n".join(lines)


def _unknown(what: Explanation) -> str:
    if what.guess.is_unlike:
        return "This is unlike everything that I was taught, so I don't name it."
    return "I am not sure enough of any name to say it."


def _credited(example: Example) -> str:
    who = "you" if example.memory.yours else esc(example.memory.by or "") or "somebody"
    return f"{bold(example.memory.label)} (by {who})"


def explained_already() -> str:
    """A toast: plain text."""
    return "I have shown why already: look above."


def no_network_to_explain() -> str:
    """A toast: plain text."""
    return "No network answers at this moment, so I can't show why. Please try again later."


def not_yet(what: NotYet) -> str:
    """The answer to a question before there is a network."""
    if what.network_out:
        return "I can't answer at this moment. I kept the photo and will answer it as soon as I can."
    if what.readiness.ready:
        if what.trainer_alive:
            return "I am learning right now, and will answer this in a moment."
        return "I can't answer yet: my trainer is not running. I kept the photo and will answer it once I can."
    return (
        f"I can't answer yet. {needs(what.readiness)}\n"
        "To teach me, send a photo with its name as caption. I kept this one: reply to it with its name."
    )


def what_is_it(what: Answer) -> str:
    if what.label is None:
        return "What is it, then?"
    if what.between:
        return f"Thanks. So neither {join([bold(label) for label in what.between], 'nor')}. What is it?"
    return f"Thanks. So not {bold(what.label)}. What is it?"


def pick_or_type(what: Answer) -> str:
    not_this = f"So not {bold(what.label)}. " if what.label is not None else ""
    return f"{not_this}Pick its name, or type it."


def type_the_name() -> str:
    return "Type the name of what the photo shows, like <b>daisy</b>."


def confirmed(what: Corrected) -> str:
    if what.answer.label is None or what.taught is None:
        return "Thank you."
    if what.taught.outvoted:
        return f"{bold(what.answer.label)}: noted, thank you. {outvoted(what.taught)}"
    said = f"{bold(what.answer.label)}: right, thank you."
    if not what.taught.is_learned:
        return f"{said} {_left_out(what.taught)}"
    later = "" if what.taught.trainer_alive else " My trainer is not running: I will learn it once it is back."
    return f"{said} I count this photo as one more lesson.{later}"


def _left_out(taught: Taught) -> str:
    if is_disputed(taught.standing):
        return "Somebody else called it something different, so I leave it out until one more person agrees."
    if taught.waits and not taught.others:
        return guard_texts.new_here()
    return other_names(taught)


def corrected(what: Corrected, *, tells: bool) -> str:
    """The text that takes the place of a wrong answer."""
    if what.taught is None:
        return (
            "Thanks: none of my labels. I leave this photo out of my lessons. Reply to it with a name if you have one."
        )
    if what.agrees:
        return confirmed(what)
    if what.taught.outvoted:
        return f"Thanks: you say {bold(what.taught.label)}. {outvoted(what.taught)}"
    said = f"Thanks: this is {bold(what.taught.label)}."
    if not what.taught.is_learned:
        return f"{said} {_left_out(what.taught)}"
    if not what.taught.trainer_alive:
        return f"{said} My trainer is not running: I will learn it once it is back."
    return f"{said} I am learning it now{' and will tell you how it went' if tells else ''}."


def corrected_toast(what: Corrected) -> str:
    """What pops up when the label is chosen: a promise only where it will be kept."""
    taught = what.taught
    learns = taught is not None and taught.trainer_alive and taught.is_learned
    return "Thank you! I am learning it." if learns else "Thank you!"
