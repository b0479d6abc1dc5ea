"""Sentences on the live score and on drift, in Telegram's HTML."""

from bot.actions.scoring import WEEKS, Progress
from bot.speech.wording import between, bold, percent, plural
from storage import Drift, DriftKind
from trainer.metrics import Score

SHOWN_LABELS = 20
# A message holds 4,096 characters; the rest is for the sentences around the labels.
SHOWN_CHARACTERS = 1500
_WEEKS = ("Last 7 days", "8 to 14 days ago", "15 to 21 days ago", "22 to 28 days ago")


def progress(found: Progress) -> str:
    """How the answers of the last weeks did, by what people said of them."""
    if not found.all.n:
        said = [_nothing_judged()]
    else:
        said = ["<b>My answers, as people judged them</b>", *_weeks(found), _how_judged(found)]
        if found.labels:
            said += ["", "By the name that I gave, the worst first:", *_labels(found)]
    apart = _apart(found)
    return "\n".join([*said, *([""] if apart or found.drifts else []), *apart, *map(drifted, found.drifts[:2])])


def _nothing_judged() -> str:
    return (
        f"Nobody has judged a name that I gave in the last {WEEKS} weeks, so I can't say how my answers do. Send me a "
        "photo without a caption, and press “Right” or “Wrong” below my answer. /status says how good I am on lessons."
    )


def _weeks(found: Progress) -> list[str]:
    """A line for each week; of weeks before the first that anybody judged, none."""
    judged = [place for place, week in enumerate(found.weeks) if week.n]
    shown = list(zip(_WEEKS, found.weeks, strict=True))[: judged[-1] + 1 if judged else 0]
    return [f"{when}: {_wrong(week) if week.n else 'nobody judged any'}" for when, week in shown]


def _wrong(found: Score) -> str:
    return f"{found.wrong} of {found.n} wrong ({between(found.low, found.high)})"


def _how_judged(found: Progress) -> str:
    """What the numbers stand on, and which way they lean."""
    judged = found.all
    if judged.n >= found.named:
        return "People judged every name that I gave."
    said = (
        f"People judged {judged.n} of the {found.named} names that I gave. “Wrong” is pressed more readily than “Right”"
    )
    if not judged.wrong:
        return f"{said}, so the others are hardly worse."
    least = percent(judged.wrong / found.named)
    return f"{said}, so I am probably better than that: if all the others were right, {least} were wrong."


def _labels(found: Progress) -> list[str]:
    lines: list[str] = []
    for label, one in found.labels[:SHOWN_LABELS]:
        line = f"{bold(label)}: {_wrong(one)}"
        if sum(map(len, lines)) + len(line) > SHOWN_CHARACTERS:
            break
        lines.append(line)
    if len(lines) < len(found.labels):
        lines.append(f"and {len(found.labels) - len(lines)} more")
    return lines


def _apart(found: Progress) -> list[str]:
    """What is no name that a network gave, and so counts neither as right nor as wrong."""
    parts = []
    if found.unknown:
        parts.append(f"“I don't know” to {plural(found.unknown, 'photo')}")
    if found.remembered:
        parts.append(f"what people had called {plural(found.remembered, 'photo')} before")
    lines = [f"I also said {' and '.join(parts)}: neither right nor wrong."] if parts else []
    if found.few.n:
        right = found.few.n - found.few.wrong
        lines.append(
            f"Where I gave a few names to choose from, the right one was among them {right} of {found.few.n} times."
        )
    if found.is_cut:
        lines.append("There were more answers than I look at, so this is about the newest of them.")
    return lines


def drifted(what: Drift) -> str:
    """What has got worse, and what to do about it."""
    expected = f"about {round(what.expected)}" if round(what.expected) else "hardly any"
    send = "Send me some of them with their names as captions, and I learn them."
    if what.kind is DriftKind.WRONG:
        return (
            f"Of {what.n} answers one after the other, people called {what.seen} wrong; I expected {expected}. "
            f"The photos may look different from those that I learned from. {send}"
        )
    return (
        f"Of {what.n} photos one after the other, I did not know {what.seen}; of things that I know I expected "
        f"{expected}. They may show something new, or look different from those that I learned from. {send}"
    )


def drift_told(what: Drift) -> str:
    """The same, to somebody who did not ask."""
    return f"Lately I do worse than I thought. {drifted(what)} /progress shows how it goes on."
