"""Sentences of a review: why a photo is shown, how far it has come, and what was decided."""

import math

from bot.actions.cards import Card, Progress, Voice
from bot.speech.wording import between, bold, esc, join, percent, plural
from storage import Choice, SuspectKind
from trainer.metrics import Score

_DONE = {
    Choice.KEEP: "kept",
    Choice.RELABEL: "renamed",
    Choice.ASIDE: "set aside",
    Choice.BEST: "groups of copies cleared",
    Choice.DIFFERENT: "not the same",
    Choice.CANNOT_TELL: "left open",
    Choice.SKIP: "skipped",
}


# A caption has an end: so many people of one opinion are named, and so many opinions told.
NAMED = 4


def card(what: Card, progress: Progress) -> str:
    """The caption of a card; the first one of doubtful labels says what their list is worth."""
    said = _group(what) if what.is_group else _photo(what)
    begins = what.suspect.kind is SuspectKind.LABEL and not progress.done
    worth = [f"<i>{found}</i>"] if begins and (found := list_finds(progress.missed)) else []
    return "\n".join([*said, *worth, f"<i>{_place(progress)}</i>"])


def list_finds(missed: Score | None) -> str:
    """How much of what is wrong the list of doubtful labels holds; nothing where too few photos tell."""
    if missed is None or not missed.n:
        return ""
    share = between(1 - missed.high, 1 - missed.low)
    found = missed.n - missed.wrong
    said = (
        f"Of {missed.n} labels that I got wrong on purpose, {found or 'none'} would be on the list of doubtful labels"
    )
    return f"{said} ({share}){'.' if found else ': please look at other photos too.'}"


def choose(what: Card) -> str:
    """The toast that comes with the names to choose from."""
    return "What does it show?"


def _photo(what: Card) -> list[str]:
    question = "What is this?" if what.given is None else f"Is this {bold(what.given)}?"
    lines = [question, _why(what)]
    if what.given is not None:
        lines.insert(1, _given_by(what))
    if what.beside:
        names = [bold(one.label) for one in what.beside]
        all_of_one = len(names) > 1 and len(set(names)) == 1
        lines.append(f"Most alike, below: {f'all {names[0]}' if all_of_one else join(names)}.")
    return lines


def _why(what: Card) -> str:
    reason, cause = what.suspect.reason, what.suspect.reason.get("cause")
    if cause == "flagged":
        people = int(reason.get("people", 1))
        answer = f" when I said {bold(what.said)}" if what.said else ""
        return f"{plural(people, 'person', 'people')} pressed Wrong{answer}, and it has no agreed name yet."
    if cause == "two_names":
        other = bold(what.proposal) if what.proposal else "something else"
        return f"The very same picture is taught as {other} too, so I learn neither for now."
    if cause == "disputed":
        said = [_voice(one) for one in what.voices[:NAMED]] + ["others say more"] * (len(what.voices) > NAMED)
        return f"{join(said)}, so I leave it out until someone decides."
    if cause == "newcomer":
        others = f" So do {plural(what.waiting - 1, 'other')} of the same person." if what.waiting > 1 else ""
        return f"Who teaches it is new here, so it waits for someone who agrees.{others}"
    if cause == "alarm":
        of = f"{reason.get('contradicted')} of {reason.get('judged')} photos of who teaches it"
        return f"What all others taught me contradicts {of}, this one too."
    if cause == "off_topic":
        return "It is unlike everything else that I was taught."
    if what.proposal is not None and "proposed" in reason:
        say = f"I would say {bold(what.proposal)} ({percent(reason['proposed'])})"
        rather = f"rather than {bold(what.given or 'its name')} ({percent(reason['given'])})"
        if cause == "neighbours":
            return f"The photos most alike are {bold(what.proposal)}. Without having learned this one, {say} {rather}."
        return f"Without having learned this photo, {say} {rather}."
    return "Something speaks against its name."


def _voice(one: Voice) -> str:
    """“Anna and 1 other say grizzly”."""
    people = _people(one)
    if people == ["an import"]:
        people = ["An import"]
    says = "says" if one.voters + one.imported == 1 else "say"
    if one.is_unsure:
        return f"{join(people)} cannot tell"
    return f"{join(people)} {says} {bold(one.label) if one.label is not None else 'that no name fits'}"


def _people(said: Card | Voice) -> list[str]:
    """Who says it: names of who agreed, and how many others."""
    people = [esc(one) for one in said.by[:NAMED]]
    others = said.voters - len(people)
    if others:
        people.append(plural(others, "other") if people else plural(others, "person", "people"))
    if said.imported:
        people.append("an import")
    return people


def _given_by(what: Card) -> str:
    people = _people(what)
    said = f"So called by {join(people)}." if people else "Nobody says any more who called it so."
    return said if what.sure is None else f"{said} All voices weighed: {percent(what.sure)}."


def _group(what: Card) -> list[str]:
    names = list(dict.fromkeys(bold(one.label) for one in what.shown if one.label is not None))
    count = len(what.suspect.photo_ids)
    called = f"They are called {join(names)}." if len(names) > 1 else f"Called {join(names)}." if names else ""
    if what.suspect.kind is SuspectKind.SIMILAR:
        return ["Are both of these needed?", f"They are the most alike of what I was taught. {called}".rstrip()]
    return [
        "Is this one picture?",
        f"{plural(count, 'photo')} look the same but for size or quality; the first has most pixels. {called}".rstrip(),
    ]


def _place(progress: Progress) -> str:
    said = f"{progress.done + 1} of {progress.done + progress.left}"
    if progress.pace is None:
        return said
    minutes = progress.left * progress.pace / 60
    return f"{said}, about {plural(math.ceil(minutes), 'minute')}" if minutes > 1 else f"{said}, less than a minute"


def ended(progress: Progress, *, stopped: bool) -> str:
    """What was decided in a review, and what comes next."""
    if not progress.done:
        begun = "Nothing was decided."
    else:
        counts = [f"{progress.choices[one]} {words}" for one, words in _DONE.items() if progress.choices[one]]
        begun = f"You decided about {plural(progress.done, 'card')}: {join(counts)}."
    begun = " ".join(filter(None, (begun, list_finds(progress.missed))))
    if progress.left:
        left = f"{progress.left} {'is' if progress.left == 1 else 'are'} left: /review goes on."
        return f"{begun} {left}" if stopped else f"{begun} Others are at the rest. {left}"
    then = " I learn from it now." if progress.done else ""
    return f"{begun} Nothing else is in doubt.{then} /review similar shows the photos most alike."


def nothing_yet() -> str:
    return "There is nothing to review before my first network. Teach me a few photos, then ask again."


def looking(alive: bool) -> str:
    if not alive:
        return (
            "Nothing waits for you. New doubts come from my trainer, which is not running: my owner can start it with "
            "<code>pupil trainer</code>."
        )
    return "I am looking for what is in doubt: wrong names, copies, strangers. You hear from me in a few seconds."


def listed(cards: int) -> str:
    """What the trainer found, for one reviewer."""
    if not cards:
        return "I looked at everything that I was taught, and nothing is in doubt."
    return f"{plural(cards, 'card')} to look at, the worst first. Send /review."


def only_in_private() -> str:
    return "Reviews show other people's photos, so they are for our private chat: send me /review there."


def modes() -> str:
    return (
        "I know these reviews: /review for everything in doubt, the worst first; /review labels, /review duplicates, "
        "/review outliers, /review flagged (called wrong, or different things), /review newcomers or /review "
        "similar for one kind."
    )


def taken() -> str:
    """The card of a press is not this reviewer's to decide any more."""
    return "That card is decided, changed or with another reviewer by now. Here is the next one."


def photo_deleted() -> str:
    """The caption of a card that showed a photo which was deleted."""
    return "A photo on this card was deleted, so it is gone from here too. Press “Go on” for what is next."


def undone() -> str:
    return "Taken back."


def decision_taken_back() -> str:
    return "Taken back: your last decision in /review. What was said before counts again."


def decided(choice: Choice) -> str:
    done = {
        Choice.KEEP: "Kept.",
        Choice.RELABEL: "Renamed.",
        Choice.ASIDE: "Set aside. Undo brings it back.",
        Choice.BEST: "The others are set aside. Undo brings them back.",
        Choice.DIFFERENT: "Noted.",
        Choice.CANNOT_TELL: "Another reviewer may know.",
        Choice.SKIP: "It comes again another day.",
    }
    return done[choice]
