"""What the bot says when photos arrive: that they are many, that they are odd, that it has them."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.actions.likeness import Earlier
from bot.actions.quotas import Limit
from bot.speech.wording import bold, esc, plural
from storage import Label

NOT_TAKEN_REACTION = "🙈"


def photos_wait(a_minute: int, wait: timedelta) -> str:
    return (
        f"That is fast: I take {plural(a_minute, 'photo')} a minute from one person. The others are not lost, they "
        f"wait: I go on {in_so_long(wait)}, and what you write after them waits with them."
    )


def not_taken(limit: Limit, most: int, wait: timedelta | None) -> str:
    """Said once of all that is not taken; those photos have a reaction."""
    how_much = f"{plural(most, 'photo')} a day" if limit is Limit.DAY else f"{most} MB an hour"
    if wait is None:
        return f"That is more than the {how_much} that I take from one person, so I did not take it. Send less."
    return (
        f"I take {how_much} from one person, and you have sent that. So I did not take this, nor what comes until "
        f"then: please send it again {in_so_long(wait)}."
    )


def in_so_long(wait: timedelta) -> str:
    """“in 40 seconds”, “in 25 minutes”, “in 3 hours and 5 minutes”, rounded up: then it is true."""
    seconds = max(1, math.ceil(wait.total_seconds()))
    if seconds < 120:
        return f"in {plural(seconds, 'second')}"
    minutes = math.ceil(seconds / 60)
    if minutes < 120:
        return f"in {plural(minutes, 'minute')}"
    hours, rest = divmod(minutes, 60)
    return f"in {plural(hours, 'hour')}" + (f" and {plural(rest, 'minute')}" if rest else "")


_FLAWS = {
    "blurred": "A bit blurred: I keep it, but a sharper one teaches more.",
    "dark": "Rather dark: I keep it, but a lighter one teaches more.",
    "overexposed": "Very bright: I keep it, but one with less light teaches more.",
    "tiny": "Very small: I keep it, but a larger one teaches more.",
    "odd_shape": "An unusual shape: I keep it, but I see little of what is so long.",
}


def flawed(flaws: Sequence[str]) -> str:
    """One clause on what is odd about a photo, the first thing of it."""
    return next((_FLAWS[flaw] for flaw in flaws if flaw in _FLAWS), "")


def seen_before(what: Earlier, now: datetime) -> str:
    """Whose and when only where the chat may know; that there is such a photo is no secret."""
    who = "You" if what.memory.yours else esc(what.memory.by) if what.memory.by else "Somebody"
    photo = "this very photo" if what.memory.exact else "nearly this one"
    when = f" on {day_in_words(what.taught_at, now)}" if what.may_be_renamed else ""
    said = f"{who} taught {photo}{when} as {bold(what.memory.label)}"
    return f"{said}. Which name is right?" if what.conflict else f"{said} too, so it teaches little new."


def both_stay() -> str:
    return "Noted: both names stay."


def now_alike(label: Label) -> str:
    return f"Both photos are {bold(label)} now."


def day_in_words(moment: datetime, now: datetime) -> str:
    """“3 May”, with the year where it is another one."""
    day = f"{moment.day} {_MONTHS[moment.month - 1]}"
    return day if moment.year == now.year else f"{day} {moment.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
