"""Sentences of the guard: to newcomers whose lessons wait, to reviewers, and to admins about who is not borne out."""

from bot.speech.wording import bold, esc, plural
from storage import Alarm, Person


def counts_later(label: str) -> str:
    """To a newcomer, in the answer to her lesson."""
    return f"Thanks: noted as {label}. {new_here()}"


def new_here() -> str:
    return "You are new here: your first photos count once someone agrees, and a reviewer hears of them."


def counts_at_once() -> str:
    """To who is a newcomer no more."""
    return "Others agree with what you taught me. From now on I learn from your photos at once. Thank you!"


def newcomer_waits(name: str) -> str:
    """To reviewers; nameless where she has not agreed to be named."""
    who = bold(name) if name else "Somebody"
    return f"{who} is new here, and began to teach. It counts once someone agrees: /review newcomers shows it."


def alarm(what: Alarm, who: Person) -> str:
    """To admins, below the photos."""
    usual = max(1, round(what.expected))
    return (
        f"Please look at what {_name(who)} teaches. Of {plural(what.judged, 'photo')}, what all others taught me "
        f"contradicts {what.contradicted}; about {usual} would be usual. It may be a mistake, or harm, or all fine."
    )


def called_fine(who: Person) -> str:
    return f"Noted: what {_name(who)} taught is fine. I do not ask again about these photos."


def settled_already() -> str:
    return "That is settled already."


def nothing_to_look_at() -> str:
    return "There is nothing left to look at: these photos are decided, or nobody calls them anything any more."


def whose() -> str:
    """Below it stand the names of who taught lately."""
    return "Whose lessons shall I take back? Here is who taught lately. You see what it would withdraw first."


def nobody_taught() -> str:
    return "Nobody has taught me anything yet."


def revert_how() -> str:
    return "Reply with /revert to a message of the person whose lessons I shall take back, or send it to me in private."


def nothing_of(name: str) -> str:
    who = bold(name or "somebody without a name")
    return f"Nothing that {who} said of photos counts now, so there is nothing to take back."


def revert_really(who: Person, votes: int, photos: int) -> str:
    if not votes:
        return nothing_of(who.name)
    much = f"{plural(votes, 'lesson')} on {plural(photos, 'photo')}"
    return (
        f"Take back all that {_name(who)} said: {much}? What others say of them counts as before. "
        "Nothing is deleted, and it can be undone."
    )


def reverted(who: Person, votes: int, photos: int) -> str:
    much = f"{plural(votes, 'lesson')} of {_name(who)} on {plural(photos, 'photo')}"
    return (
        f"Taken back: {much}. My next network learns without them. "
        "To keep someone from teaching at all, the owner runs <code>pupil role</code>."
    )


def revert_undone(who: Person, votes: int) -> str:
    return f"Undone: {plural(votes, 'lesson')} of {_name(who)} count again."


def nothing_to_undo() -> str:
    return "There is nothing to undo."


def not_taken_back() -> str:
    return "Nothing was taken back."


def owners_only() -> str:
    return "Only an owner may take back an owner's lessons."


def left_out(waiting: int, over_cap: int, people: int) -> list[str]:
    """Lines of /status on what the last training left out."""
    lines = []
    if waiting:
        wait = "waits" if waiting == 1 else "wait"
        lines.append(f"{plural(waiting, 'photo')} of newcomers {wait} for someone who agrees.")
    if over_cap:
        lines.append(
            f"{plural(over_cap, 'photo')} of {plural(people, 'person', 'people')} {'is' if over_cap == 1 else 'are'} "
            "left out, so that no one outweighs everybody else; reviewers' photos all count."
        )
    return lines


def _name(who: Person) -> str:
    return bold(who.name) if who.name else f"somebody without a name ({esc(str(who.id))})"
