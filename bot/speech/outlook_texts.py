"""Sentences on the outlook: what more photos would bring, and which ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.actions.asking import Answer
from bot.actions.outlook import OutlookAsked
from bot.speech.texts import needs
from bot.speech.wording import bold, join, plural
from trainer.readiness import OUTLOOK_PHOTOS, Shortage

SHOWN_LABELS = 3


def asked(what: OutlookAsked) -> str:
    """What is said at once."""
    if not what.readiness.ready:
        return f"There is nothing to measure yet. {needs(what.readiness)}"
    if not what.answering:
        return "My first network is on its way: ask me again once I can answer."
    if what.missing:
        return too_early(what.missing)
    if not what.trainer_alive:
        return (
            "My trainer, who works out what more photos would bring, is not running: you hear it once it is back. "
            "My owner can start it with <code>pupil trainer</code>."
        )
    return "I am working out what more photos would bring. It takes a few seconds."


def too_early(missing: Sequence[Shortage]) -> str:
    """How many photos are wanted before anything can be foreseen."""
    listed = [f"{one.missing} more of {bold(one.name)}" for one in missing[:SHOWN_LABELS]]
    more = ["some of others"] if len(missing) > SHOWN_LABELS else []
    return (
        f"To say what more photos would bring I need about {OUTLOOK_PHOTOS} of each label. "
        f"Send me {join([*listed, *more])}, and ask again."
        if missing
        else "There is not enough to measure any more. Teach me a few photos, and ask again."
    )


def few_occasions() -> str:
    """There are photos enough, but most came in one or two albums with all others of their label."""
    return (
        "I cannot say yet what more photos would bring: photos of one album count as one occasion, and most of mine "
        "came together. Send me some of each label at other times, and ask again."
    )


@dataclass(frozen=True, slots=True)
class Here:
    """Of the chat that is told: how many of its questions are `unknown`, like nothing taught, and how many it names.

    `unknown_first`: the first one to name is unknown. `together`: it is a group, where several people ask.
    """

    unknown: int = 0
    to_name: int = 0
    unknown_first: bool = False
    together: bool = False


def outlook(facts: Mapping[str, Any], names: Mapping[int, str], here: Here) -> str:
    """The outlook in words."""
    lines = [_foreseen(facts), _needed(facts.get("weakest"), names), _sides(facts.get("scattered"), names)]
    lines.append(_unknown(here))
    if here.to_name:
        lines.append("Please name this one:" if here.to_name == 1 else f"Please name these {here.to_name}:")
    else:
        lines.append("Send me photos without a name, too: I ask you about those that would teach me most.")
    return "\n".join(line for line in lines if line)


def _unknown(here: Here) -> str:
    if not here.unknown:
        return ""
    asked = "that were asked about here" if here.together else "that you asked me about"
    first = " The first one below is one of them." if here.unknown_first else ""
    return f"{plural(here.unknown, 'photo')} {asked} are alike, and like nothing that I was taught.{first}"


def _foreseen(facts: Mapping[str, Any]) -> str:
    seen, photos = facts["foreseen"], facts["photos"]
    now, n = seen["now"]["wrong"], seen["now"]["n"]
    if not now:
        return (
            f"With {plural(photos, 'photo')} I made no mistake on the {n} that I was asked without having learned "
            "them. Show me harder ones: other sides, other light."
        )
    said = (
        f"With {plural(photos, 'photo')} I am wrong on {_of_hundred(now / n)}. With twice as many: "
        f"{_of_hundred(seen['error'], short=True)} (most likely {_between(seen['low'], seen['high'])})."
    )
    if seen["to_halve"] is None:
        return (
            f"{said}\nMore of the same alone may not halve my mistakes: show me new sides, other light, other places."
        )
    return f"{said}\nAbout {plural(_rounded(seen['to_halve'] - photos), 'more photo')} would halve my mistakes."


def _needed(weakest: Mapping[str, Any] | None, names: Mapping[int, str]) -> str:
    if weakest is None or weakest["label"] not in names:
        return ""
    how = f"wrong on {weakest['score']['wrong']}" if weakest["score"]["n"] else "none asked yet"
    return f"Most needed: {bold(names[weakest['label']])} ({plural(weakest['photos'], 'photo')}, {how})."


def _sides(scattered: Mapping[str, Any] | None, names: Mapping[int, str]) -> str:
    if scattered is None or scattered["label"] not in names:
        return ""
    return (
        f"{scattered['alone']} of {scattered['photos']} photos of {bold(names[scattered['label']])} look like no other "
        "photo of it: show me more of such sides."
    )


def no_outlook() -> str:
    return "I could not work it out. My owner finds the reason in the log; /status tells the main numbers."


def name_this(what: Answer) -> str:
    """The question below a photo."""
    took = f" I took it for {bold(what.label)}." if what.label is not None and not what.between else ""
    return f"What is this?{took}"


def _of_hundred(share: float, *, short: bool = False) -> str:
    """A share for people: of 100."""
    count = round(100 * share)
    said = f"about {count}" if count else "fewer than 1"
    return said if short else f"{said} of 100"


def _between(low: float, high: float) -> str:
    first, last = round(100 * low), round(100 * high)
    return _of_hundred(high, short=True) if first == last else f"between {first} and {last}"


def _rounded(photos: int) -> int:
    """A number of photos to two figures: more would promise too much."""
    figures = 2 - len(str(photos))
    return max(1, round(photos, min(figures, 0)))
