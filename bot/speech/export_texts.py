"""Sentences on the data set as a file."""

from bot.actions.dataset_zips import Offer
from bot.speech.wording import plural


def offered(what: Offer) -> str:
    return (
        f"I can send you the data set, too: {plural(what.pictures, 'photo')} in a folder per label, with what people "
        f"said of them, in {plural(what.zips, 'zip')}. They are people's photos: keep the file as you would keep them."
    )


def caption(what: Offer, number: int) -> str:
    """What is written below a zip; `number` is from 0."""
    which = "The data set" if what.zips == 1 else f"The data set, zip {number + 1} of {what.zips}"
    takes = "takes it back in" if what.zips == 1 else "takes each of them back in"
    return f"<b>{which}</b>. <code>pupil import</code> {takes}; LICENCES.md in it says whose photos these are."


def on_its_way(what: Offer) -> str:
    """A toast: plain text."""
    return f"{plural(what.pictures, 'photo')} are on their way, in {plural(what.zips, 'zip')}."


def not_made(reason: str) -> str:
    """Why no zip comes, and what to do."""
    return {
        "none": "There is no labelled photo yet that I could send you. Send me one with its name as caption.",
        "too_big": (
            "The data set is larger than what I can send here. My owner can write it with "
            "<code>pupil export dataset FOLDER</code> on the computer that I run on."
        ),
    }.get(
        reason,
        "I could not make the file. My owner finds the reason in the log, and can try "
        "<code>pupil export dataset FOLDER</code> on the computer that I run on.",
    )
