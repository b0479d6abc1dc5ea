"""What the bot says of collections: zips and lists of photos."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.actions.collecting import OVER, Flaw
from bot.errors import ZipFlaw
from bot.speech import guard_texts
from bot.speech.arrival_texts import in_so_long
from bot.speech.texts import needs
from bot.speech.wording import bold, esc_ours, join, plural
from storage import MAX_LABEL, Collection, CollectionKind, CollectionState, CollectionTally, Outcome, Refusal
from trainer.readiness import Readiness

_OUTCOMES = {
    Outcome.NEW: "learned",
    Outcome.KNOWN: "was there already",
    Outcome.CHANGED: "learned under another name than before",
    Outcome.REFUSED: "not taken",
    Outcome.TAKEN_BACK: "taken back",
}
# For each flaw: its class in a few words, and why a thing with it is not taken.
_FLAWS: dict[str, tuple[str, str]] = {
    Refusal.EMPTY: ("empty", "it is empty"),
    Refusal.TOO_MANY_BYTES: ("too big", "it is bigger than 20 MB"),
    Refusal.NOT_A_PICTURE: ("not a picture", "it is not a picture"),
    Refusal.KIND_NOT_TAKEN: ("of a kind I can't read", "only JPEG, PNG, WebP, GIF, HEIC and AVIF are taken"),
    Refusal.TOO_HARD: ("too hard to read", "reading it took too long or too much memory"),
    Refusal.TOO_SMALL: ("too small", "it is too small"),
    Refusal.TOO_LARGE: ("too large", "it has too many pixels"),
    Refusal.BROKEN: ("damaged", "it is damaged or cut short"),
    Refusal.BLANK: ("of one even colour", "it is one even colour, so there is nothing to see"),
    ZipFlaw.NOT_A_FILE: ("a link or device", "it is a link or a device, and only files themselves are taken"),
    ZipFlaw.FILE_TOO_BIG: ("too big", "it is bigger than 20 MB"),
    ZipFlaw.BOMB: ("packed as no photo is", "it would unpack to more than a hundred times its size, as no photo does"),
    ZipFlaw.PACKED_OTHERWISE: ("packed in a way I can't read", "it is packed in a way that is not read"),
    ZipFlaw.DAMAGED: ("damaged", "it is damaged in the zip"),
    Flaw.UNNAMED: ("without a label", "its folder's name has nothing in it that can be a label"),
    Flaw.LOOSE: ("outside of the folders", "it is in no folder that tells its label"),
    Flaw.UNREAD: ("unreadable", "it cannot be read"),
    Flaw.TWICE: ("there twice under two names", "the same picture stands there under another name"),
    Flaw.TESTED: ("a test that is a lesson", "the same picture is a lesson or a test already"),
    Flaw.GONE: ("deleted meanwhile", "it was deleted meanwhile"),
    Flaw.DEADLY: ("too hard for me", "looking at this one or its neighbours ended me several times"),
    Flaw.NO_ADDRESS: ("no address", "its line gives no address"),
    Flaw.NOT_FETCHED: ("not fetched", "nothing was fetched"),
    Flaw.OVER_DAY: ("more than I take in a day", "it is more than one person may send in a day"),
    Flaw.OVER_HOUR: ("more than I take in an hour", "its megabytes are more than one person may send in an hour"),
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a collection ended, and what that leads to; `again_in` is when what went beyond the limits fits.

    `waiting` of what was learned wait until somebody agrees: their sender is new.
    """

    collection: Collection
    state: CollectionState
    tally: CollectionTally
    readiness: Readiness
    trainer_alive: bool
    again_in: timedelta | None = None
    waiting: int = 0


def at_work(collection: Collection, tally: CollectionTally) -> str:
    """The message that is edited while it goes on."""
    name, whole = bold(collection.name), f"{collection.size:,}"
    if collection.state is CollectionState.TAKING_BACK:
        return f"I am taking back what {name} taught me: {tally.outcomes[Outcome.TAKEN_BACK]:,} so far."
    refused = tally.outcomes[Outcome.REFUSED]
    more = f" {refused:,} of them could not be taken; the report at the end says why." if refused else ""
    return f"I am learning from {name}: {tally.done:,} of {whole} looked at.{more}\nAsk and teach me meanwhile."


def over(collection: Collection, tally: CollectionTally) -> str:
    """The last word of that message."""
    name = bold(collection.name)
    if collection.state is CollectionState.TAKEN_BACK:
        return f"Taken back: {plural(tally.outcomes[Outcome.TAKEN_BACK], 'lesson')} from {name}. I learn anew without."
    of = f"{tally.done:,} of {collection.size:,} looked at"
    return f"I am through with {name}: {of}." if _is_whole(collection) else f"I stopped with {name}: {of}."


def ended(what: Ended) -> str:
    """What became of it, in one sentence, and what follows."""
    tally, name = what.tally, bold(what.collection.name)
    done = "noted" if what.waiting else "learned"
    counts = [f"{plural_n(tally.learned, 'photo')} {done} of {plural_n(tally.labels, 'label')}"]
    counts += [f"{tally.outcomes[Outcome.KNOWN]:,} known already"] if tally.outcomes[Outcome.KNOWN] else []
    refused = tally.outcomes[Outcome.REFUSED]
    counts += [f"{refused:,} not taken ({classes(tally.flaws)})"] if refused else []
    said = f"{name}: {join(counts)}. The file says what became of each."
    return "\n".join(filter(None, (_why_ended(what), said, _when_again(what), _who_agrees(what), _what_next(what))))


def classes(flaws: Counter[str]) -> str:
    """“not a picture: 3, damaged: 1”."""
    named = Counter[str]()
    for flaw, n in flaws.items():
        named[_FLAWS[flaw][0]] += n
    return ", ".join(f"{words}: {n:,}" for words, n in named.most_common())


def outcome(what: Outcome, *, waits: bool = False) -> str:
    return "noted, waits for someone who agrees" if waits else _OUTCOMES[what]


def reason(flaw: str, detail: str | None) -> str:
    """Why a thing was not taken, for the report."""
    if flaw == Flaw.NOT_FETCHED and detail:
        return detail
    if flaw in OVER.values() and detail:
        detail = f"send it again after {datetime.fromisoformat(detail).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{_FLAWS[flaw][1]}{f' ({detail})' if detail else ''}"


def _why_ended(what: Ended) -> str:
    left = f"{what.tally.done:,} of {what.collection.size:,} were looked at"
    return {
        CollectionState.STOPPED: f"Stopped: {left}, and what I took is kept. Send it again, and I go on from there.",
        CollectionState.BARRED: f"I stopped, since you may not teach me any more: {left}.",
        CollectionState.LOST: f"I can't read the file any more: {left}. Please send it again, I know what I have.",
        CollectionState.ABANDONED: f"I stopped, since I could not reach you for long: {left}.",
    }.get(what.state, "")


def _when_again(what: Ended) -> str:
    if what.again_in is None:
        return ""
    when = in_so_long(what.again_in) if what.again_in > timedelta() else "now"
    return f"Send the same file again {when}: I know what I have, and take what you may send by then."


def _who_agrees(what: Ended) -> str:
    """That photos wait, as single ones are told."""
    some = (
        f"{what.waiting:,} of them {'waits' if what.waiting == 1 else 'wait'}. "
        if 0 < what.waiting < what.tally.learned
        else ""
    )
    return f"{some}{guard_texts.new_here()}" if what.waiting else ""


def _what_next(what: Ended) -> str:
    if what.tally.learned <= what.waiting:
        return ""
    if missing := needs(what.readiness):
        return missing
    if not what.trainer_alive:
        return "My trainer is not running, so I will learn it once it is back."
    return "I am learning it now."


def _is_whole(collection: Collection) -> bool:
    return collection.state is CollectionState.DONE


def plural_n(n: int, one: str) -> str:
    return f"{n:,} {one if n == 1 else one + 's'}"


# Before it begins ---------------------------------------------------------------------------------------------------


def too_big() -> str:
    return (
        "Telegram gives me files of at most 20 MB. Make several smaller zips of it and send one after the other, "
        "or ask my owner to run <code>pupil import FILE.zip</code> on the computer that I run on: that takes any size."
    )


def busy(running: Collection) -> str:
    what = {CollectionKind.ZIP: "zip", CollectionKind.LIST: "list"}[running.kind]
    return (
        f"One {what} at a time, please: I am still at work on {bold(running.name)}. Send this one again when I am "
        "through, or press Stop there."
    )


def unclear(why: str) -> str:
    """Why nobody could say what is a label in a zip, and what to do."""
    return (
        f"I can't tell from this zip what its photos show: it {esc_ours(why)}. Edit its caption to the name of what "
        "all of them show, like <b>daisy</b>; or send one that has a folder for each name."
    )


def nothing_in_it() -> str:
    return "There is no file in this zip. Put the photos in, in a folder for each name, and send it again."


def list_unnamed() -> str:
    return (
        "This list does not say what its pictures show. Edit its caption to the name of what all of them show, like "
        "<b>daisy</b>; or send a table with the columns <code>url</code> and <code>label</code>."
    )


def list_empty() -> str:
    return (
        "There is no address in this file that I could fetch. I take lists with one a line, each beginning with "
        "http:// or https://. /import says more."
    )


def not_read(why: str) -> str:
    return f"I can't take this file: {esc_ours(why)}."


def no_name(text_is_long: bool) -> str:
    why = f"is too long: at most {MAX_LABEL} characters" if text_is_long else "has nothing in it that can be a name"
    return f"The caption {why}. Edit it to the name of what all of the photos show, like <b>daisy</b>."


def command_in_caption() -> str:
    return "Commands go alone. Edit the caption to the name of what all of the photos show, or send the file without."


def known_already(collection: Collection) -> str:
    return (
        f"I have taken {bold(collection.name)} as it was. To give its photos another name, press “Take all back” there "
        "and send the file once more with that caption."
    )


# Taking back --------------------------------------------------------------------------------------------------------


def take_back_really(collection: Collection, tally: CollectionTally) -> str:
    lessons = plural_n(tally.learned, "lesson")
    return (
        f"Take back all that {bold(collection.name)} taught me? That is {lessons}. The photos that came with it go, "
        "and I learn anew without them."
    )


def undo_asks(collection: Collection, tally: CollectionTally) -> str:
    return f"Your last lessons came with {bold(collection.name)}. {take_back_really(collection, tally)}"


def taking_back(collection: Collection) -> str:
    return f"I am taking back what {bold(collection.name)} taught me."


def kept() -> str:
    return "Nothing was taken back."


def gone() -> str:
    return "I know nothing of that collection any more, so there is nothing to do."


def over_already() -> str:
    return "That is over already."
