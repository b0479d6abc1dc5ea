"""What the bot says when photos arrive: that they are many, that they are odd, that it has them."""

import math
from datetime import timedelta

from bot.actions.quotas import Limit
from bot.speech.wording import plural

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
