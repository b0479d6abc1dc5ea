"""What the bot says of one name for many photos."""

from bot.speech.wording import bold, plural
from storage import Teaching


def begun(what: Teaching, before: Teaching | None) -> str:
    said = (
        f"All photos that you send here are {bold(what.name)} from now on, albums, files and forwarded ones too. "
        "A caption of yours counts more. Press Done or send /done when you are through; after an hour without a photo "
        "I end it myself."
    )
    return f"{ended(before)}\n{said}" if before is not None and before.photos else said


def how(current: Teaching | None) -> str:
    said = (
        "To teach many photos of one thing, send <code>/teach daisy</code>: then all photos that you send here are "
        "<b>daisy</b>, until /done."
    )
    return f"{reminder(current)}\n{said}" if current is not None else said


def reminder(what: Teaching) -> str:
    return f"You are teaching {bold(what.name)} here, {plural(what.photos, 'photo')} so far. /done ends it."


def ended(what: Teaching) -> str:
    if not what.photos:
        return f"Done. No photo came as {bold(what.name)}."
    return f"Done: {plural(what.photos, 'photo')} of {bold(what.name)}."


def ended_by_silence(what: Teaching) -> str:
    came = plural(what.photos, "photo") if what.photos else "no photo"
    return (
        f"An hour has passed, so I stopped taking your photos here for {bold(what.name)} ({came}). "
        f"A photo without a caption is a question again."
    )


def nothing_to_end() -> str:
    return "You have not begun anything here. <code>/teach daisy</code> makes all your next photos daisies."


def over_already() -> str:
    return "That was over already."
