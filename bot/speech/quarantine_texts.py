"""What the bot says of files that it refused: to who sent them, and to reviewers."""

from bot.actions.quarantining import Refused
from bot.errors import PictureNotTaken
from bot.speech import guides
from bot.speech.wording import bold, esc, plural
from storage import PictureRefused, Refusal

# What there is something to see of, once somebody looks.
MAY_BE_TAKEN = (Refusal.TOO_SMALL, Refusal.BLANK, Refusal.BROKEN)


def set_aside(refused: PictureNotTaken) -> str:
    """What becomes of a file that was refused, behind why it was."""
    if refused.parcel is None:
        return ""
    if refused.why.refusal in MAY_BE_TAKEN:
        return "\nI keep it aside for 30 days: a reviewer may take it all the same. /mydata deletes it."
    return "\nI keep it aside for 30 days, for reviewers to see what I can't read. /mydata deletes it."


def card(what: Refused, *, is_seen: bool) -> str:
    about = what.about
    why = PictureRefused(Refusal(about.refusal), given=about.given, limit=about.bound)
    called = f"called {bold(about.label)}" if about.label is not None else "a question"
    lines = [
        f"<b>Refused</b>: {esc(about.name) or 'a photo'}, {_size(about.size)}, {called}.",
        f"Its sender{f', {esc(what.by)},' if what.by else ''} was told: “{guides.refused(why)}”",
        "Above is what can be seen of it." if is_seen else "Nothing can be seen of it, so it cannot be taken.",
        f"{plural(what.left, 'file')} set aside.",
    ]
    return "\n".join(lines)


def over(left: int) -> str:
    if left:
        return f"That was the last one for now. {plural(left, 'file')} still set aside: /quarantine begins anew."
    return "Nothing is set aside any more."


def nothing() -> str:
    return "Nothing is set aside. What I refuse waits here for 30 days, and you can take it all the same."


def stopped(left: int) -> str:
    return f"Stopped. {plural(left, 'file')} set aside: /quarantine goes on." if left else "Stopped."


def only_in_private() -> str:
    return "What is set aside are other people's files, so it is for our private chat: send me /quarantine there."


def taken_by_another() -> str:
    return "That one is decided, gone or with another reviewer by now."


def restored() -> str:
    return "Taken. Undo gives it back."


def dropped() -> str:
    return "Dropped: it is deleted in a day. Undo brings it back."


def undone() -> str:
    return "Taken back."


def cannot_be_taken() -> str:
    return "Nothing can be made of it any more."


def was_taken(label: str | None) -> str:
    """For who sent it."""
    if label is None:
        return "A reviewer has taken this photo after all. Reply to it with its name, and I learn it."
    return f"A reviewer has taken this photo after all, as {bold(label)}. I am learning it now."


def was_given_back() -> str:
    return "The reviewer has changed her mind: I do not keep this photo. Please send another one."


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(1, round(size / 1000))} KB"
