"""Every sentence that people read, in Telegram's HTML; what goes into them is worded by `wording`.

Sentences are short, plain and kind, and say what to do next.
"""

import math
from datetime import timedelta

from bot.actions.self_service import KEEP_MAIL, Forgotten
from bot.actions.teaching import TakenBack, Taught, is_disputed
from bot.actions.telling import Learned
from bot.speech import guard_texts
from bot.speech.credit_texts import flag_answered, support
from bot.speech.wording import bold, esc, join, percent, plural
from storage import MAX_LABEL, Network, Role
from trainer.readiness import LABELS_NEEDED, PHOTOS_NEEDED, Readiness

TAUGHT_REACTION = "👍"

# Lessons ------------------------------------------------------------------------------------------------------------


def taught(what: Taught) -> str:
    """The answer to a lesson."""
    said = f"Learned: {bold(what.label)}, {plural(what.photos, 'photo')} now."
    if what.before is not None:
        said = f"Changed from {bold(what.before)} to {bold(what.label)} ({plural(what.photos, 'photo')} now)."
    if what.label.is_retired:
        return (
            f"Noted: you say {bold(what.label)}. That label is at rest, so I don't learn it. "
            "A reviewer can bring it back on /labels."
        )
    if is_disputed(what.standing):
        said = (
            f"Noted: you say {bold(what.label)}. Somebody else called this photo something different, "
            "so I leave it out until one more person agrees with one of you."
        )
    if what.waits and not (what.outvoted or what.others):
        return guard_texts.counts_later(bold(what.label))
    if what.outvoted:
        said = f"Noted: you say {bold(what.label)}. {outvoted(what)}"
    if what.others and not what.outvoted and not is_disputed(what.standing):
        said = f"Noted: you say {bold(what.label)}. {other_names(what)}"
    return f"{said}\n{_outlook(what)}".rstrip()


def other_names(what: Taught) -> str:
    """The same picture was taught as something else, which cannot be right too."""
    others = join([bold(label) for label in what.others])
    return (
        f"But this very picture was taught as {others} before. Where as many photos say one as the other, I learn "
        "neither: if this one is wrong, edit its caption, and if the other is, edit that."
    )


def outvoted(what: Taught) -> str:
    if what.counts_as is None:
        return "More people say that none of my labels fits this photo, so I leave it out for now."
    return f"More people call this photo {bold(what.counts_as)}, so that counts for now."


def _outlook(what: Taught) -> str:
    if not what.readiness.ready:
        short = {one.label_id: one.missing for one in what.readiness.shortages}
        repeats = what.label.id in short and short[what.label.id] + what.photos > PHOTOS_NEEDED
        return f"{'The same picture sent again counts once. ' if repeats else ''}{needs(what.readiness)}"
    if not what.trainer_alive:
        return "My trainer is not running, so I will learn this once it is back."
    return "" if what.answering else "That is enough to start: I am learning now, and will tell you when I can answer."


def needs(readiness: Readiness) -> str:
    """What is still missing before the first network; empty when nothing is."""
    missing = [f"{one.missing} more of {bold(one.name)}" for one in readiness.shortages]
    if readiness.labels_missing:
        begun = bool(missing) or readiness.labels_missing < LABELS_NEEDED
        things = plural(readiness.labels_missing, "other thing" if begun else "thing")
        missing.append(f"{PHOTOS_NEEDED} photos {'each ' if readiness.labels_missing > 1 else ''}of {things}")
    return f"Before I can answer I need {join(missing)}." if missing else ""


def label_too_long() -> str:
    return (
        f"I kept the photo, but that is too long for a name: at most {MAX_LABEL} characters. "
        "Reply to the photo with a short name, like <b>daisy</b>."
    )


def no_label_in(text: str) -> str:
    return f"I can't make a name of {esc(text) or 'that'}. Please use letters, digits or an emoji."


def taken_back(what: TakenBack) -> str:
    if what.unsure:
        return "Taken back: I no longer count that you cannot tell what that photo shows."
    was = f"counts as {bold(what.label)}" if what.label else "stands as “none of these”"
    said = f"Taken back: that photo no longer {was}."
    return f"{said} It counts as {bold(what.again)} again." if what.again else said


def nothing_to_undo() -> str:
    return (
        "There is nothing of yours to take back in this chat. "
        "Teach me something: send a photo with its name as caption."
    )


def photos_kept_unnamed(photos: int) -> str:
    has = "this photo has" if photos == 1 else f"these {photos} photos have"
    return f"Noted: {has} no name any more. Edit the caption, or reply to a photo, to name it again."


# News ---------------------------------------------------------------------------------------------------------------


def learned(what: Learned) -> str:
    """What became of a correction."""
    number = what.network.number
    if what.only_flagged:
        return flag_answered(what)
    if what.said is None and what.counts_as is not None and what.reviewed:
        return f"Network {number} is here. A reviewer says that this is {bold(what.counts_as)}, so I learned that."
    if what.said is None and what.counts_as is not None:
        return (
            f"Network {number} is here. More people call this photo {bold(what.counts_as)}, so that is what I learned."
        )
    if what.said is None:
        return f"Network {number} is here. People see this photo differently by now, so I left it out."
    says = "that it does not know"
    if what.guessed is not None:
        says = f"{bold(what.guessed)} ({percent(what.probability)})"
    too = f" {also}" if (also := support(what)) else ""
    if what.guessed == what.said:
        return f"Learned from you: network {number} now says {says} for this photo.{too} Thank you!"
    return (
        f"Network {number} has learned from your correction ({bold(what.said)}), but still says {says}.{too} "
        f"A few more photos of {bold(what.said)} will help."
    )


def first_network(network: Network) -> str:
    return (
        f"I can answer now! This is network {network.number}: {quality(network)}\n"
        "Send me a photo without a caption and I will tell you what I see."
    )


def quality(network: Network) -> str:
    """How good a network is, with the number of photos and the interval behind it."""
    if network.n == 0:
        return (
            "how good it is cannot be said yet: every photo of a label came in one album, and what it learned from "
            "must not measure it. Send a few more photos, one by one."
        )
    low, high = round(network.low * 100), round(network.high * 100)
    return (
        f"wrong on {network.wrong} of {network.n} photos that it had not learned from "
        f"(so {low} to {high} % errors on photos like these)."
    )


def training_failed(network: Network | None) -> str:
    """`network` is the one that answers, if there is one."""
    goes_on = f", and network {network.number} goes on answering" if network else ""
    return f"The training failed. Your lessons are safe{goes_on}. My owner finds the reason in the log."


def not_enough(missing: Readiness | None, seen: Readiness) -> str:
    """Why a training made nothing: `missing` is what the trainer missed, `seen` what is missing by what people sent."""
    why = "Some photos are the same picture, or cannot be read. " if seen.ready else ""
    what = needs(missing) if missing is not None else needs(seen)
    return f"There is not enough to learn from yet. {why}{what or 'Teach me a few more photos, one by one.'}"


def training_asked(readiness: Readiness, *, alive: bool, practises: bool = False) -> str:
    if not readiness.ready:
        return f"There is not enough to learn from yet. {needs(readiness)}"
    if not alive:
        return "I noted it, but my trainer is not running. My owner can start it with <code>pupil trainer</code>."
    more = " Then I practise on all photos for some minutes, and answer meanwhile." if practises else ""
    return f"Training now.{more} I will tell you how it went."


# Roles, ownership, self-service -------------------------------------------------------------------------------------


def not_allowed(needed: Role) -> str:
    who = {
        Role.TEACHER: "people who may teach",
        Role.REVIEWER: "reviewers",
        Role.ADMIN: "admins",
        Role.OWNER: "the owner",
    }
    then = "A reply with /teacher to a message of yours is enough." if needed is Role.TEACHER else ""
    return f"That is for {who.get(needed, 'others')}. Ask the owner of this bot to make you one. {then}".rstrip()


def may_teach(name: str) -> str:
    return f"{bold(name)} may teach me now: a photo with its name as caption is a lesson."


def may_teach_already(name: str) -> str:
    return f"{bold(name)} may teach me already."


def teacher_how() -> str:
    return (
        "Reply with /teacher to a message of the person who is to teach me. In our private chat, forward me such a "
        "message first. Or use <code>pupil role</code> on the computer that I run on."
    )


def anonymous() -> str:
    return (
        "Anonymous admins can neither teach nor ask me: behind every lesson stands one person with one voice. "
        "Turn “Remain anonymous” off in your admin rights of this group and send it again, or write to me in private."
    )


def now_owner() -> str:
    return "You are the owner now. /status shows how things stand."


def owner_how() -> str:
    return (
        "To become my owner, run <code>pupil owner-code</code> on the computer that I run on, and send me "
        "<code>/owner CODE</code> in our private chat."
    )


def wrong_code() -> str:
    return (
        "That code is not right, or no longer. Make a new one with <code>pupil owner-code</code> "
        "and send <code>/owner CODE</code>."
    )


def owner_only_in_private() -> str:
    return (
        "Please send that to me in our private chat, where nobody else reads the code. If this one was real, make "
        "another with <code>pupil owner-code</code>: it ends the first."
    )


def my_data(photos: int, lessons: int, corrections: int, role: Role, *, private: bool, refused: int = 0) -> str:
    where = "The file has all of it." if private else "Send me /mydata in our private chat for a file with all of it."
    return (
        f"Of you I keep {plural(photos, 'photo')}, {plural(lessons, 'lesson')} and "
        f"{plural(corrections, 'verdict')} on my answers. Your role here: {role.name.lower()}. "
        f"{where}\nPhotos are kept without place, time and camera. They stay on my owner's computer."
        + (f"\nBeside them {plural(refused, 'file')} that I refused, as you sent it, for 30 days." if refused else "")
    )


def forget_really(photos: int) -> str:
    return (
        f"Delete your {plural(photos, 'photo')}, everything you taught me and your name, for good? "
        f"I will learn anew without it.\n{_what_stays()}"
    )


def forgetting(photos: int) -> str:
    return (
        f"I am deleting your {plural(photos, 'photo')} and everything you taught me. That is a lot, so it takes a "
        "moment: I say so here when it is done."
    )


def forgotten(what: Forgotten, photos: int = 0) -> str:
    """`photos` there were at first, if some went before."""
    said = f"Deleted: {plural(max(photos, what.photos), 'photo')}, all your lessons and your name."
    if what.role is not None:
        said += f" I keep only your Telegram number and that your role here is {what.role.name.lower()}."
    missing = needs(what.readiness)
    then = f"Too little is left to answer from. {missing}" if missing else "I am learning anew without them."
    return f"{said} {then}\n{_what_stays()}"


def _what_stays() -> str:
    return (
        f"What you wrote to me in groups stays in my mail for up to {KEEP_MAIL.days} days. "
        "Our chat itself is with Telegram: clear it there."
    )


def forget_cancelled() -> str:
    return "Nothing was deleted."


def settings(group: bool) -> str:
    return f"How I behave in this {'group' if group else 'chat'}. Press to change."


# Trouble ------------------------------------------------------------------------------------------------------------


def went_wrong(reference: str) -> str:
    return (
        "Something went wrong on my side and I could not do that. What you sent is kept, and my owner can find it "
        f"in the log as {reference}. Please try once more."
    )


def for_owner_went_wrong(reference: str) -> str:
    return f"An update could not be handled after several tries. Look for {reference} in the log."


def cannot_store(full: bool) -> str:
    why = "my disk is full" if full else "I can't write to my disk"
    return (
        f"I can't keep anything right now: {why}. Nothing is lost: I will go on by myself once my owner has mended it."
    )


def photos_before_yours(photos: int, seconds: float | None) -> str:
    before = f"{plural(photos, 'photo')} {'is' if photos == 1 else 'are'} before yours"
    if seconds is None:
        return f"{before}. I have it, and it is not forgotten."
    # In steps of five: more would be a promise.
    return f"{before}: about {max(5, 5 * math.ceil(seconds / 5))} seconds. I have it, and it is not forgotten."


def photo_not_handed_out() -> str:
    return (
        "Telegram does not hand out this photo at the moment. I kept your message and go on trying; "
        "what you send after it waits its turn."
    )


def network_refused(number: int, *, answering: bool) -> str:
    then = "; the one before goes on" if answering else ", and there is no other"
    return (
        f"Network {number} failed its check and does not answer{then}. "
        "The reason is in the log. Teach me one more photo, and I make a new one."
    )


def long_ago(silence: timedelta | None) -> str:
    if silence is None:
        return "never seen"
    seconds = max(0, int(silence.total_seconds()))
    minutes = seconds // 60
    if minutes < 1:
        return f"last seen {plural(seconds, 'second')} ago"
    return f"last seen {plural(minutes, 'minute')} ago" if minutes < 120 else f"last seen {minutes // 60} hours ago"
