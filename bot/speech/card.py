"""The model card of a network (Mitchell 2019) in one message: plain for the command line, `message_of` for chats."""

from bot.actions.describing import Described
from bot.speech.guides import promises
from bot.speech.texts import quality
from bot.speech.wording import between, esc_ours, plural
from storage import tidy
from trainer.metrics import Score

WORST = 3
# Characters of labels as HTML, of 4,096 in a message: a label of 64 may become 320 of them.
LISTED_CHARACTERS = 700
LONGEST_LICENCE = 120


def lines(what: Described) -> list[str]:
    """The card, a line for each thing that one wants to know; plain text."""
    network = what.network
    return [
        f"Card of network {network.number}, which learned on {network.lessons_at:%Y-%m-%d at %H:%M} UTC.",
        _knows(what),
        _eyes(what),
        _lessons(what),
        *_left_out(what),
        "",
        f"How good: {quality(network)}",
        *_sureness(what),
        *promises(what.manifest),
        *_worst(what),
        "",
        "What it cannot do: it knows only these labels, and finds neither several things in a photo nor their places.",
        _strangers(what.strangers),
        "Not for anything where a mistake can hurt somebody: what is safe to eat, what is ill, who a person is. "
        "It can be sure and wrong at once.",
        f"Licence of the weights it stands on: {_on_one_line(what.weights.licence)}.",
    ]


def message_of(what: Described) -> str:
    """The card as a message in Telegram's HTML."""
    return "\n".join(map(esc_ours, lines(what)))


def no_card(needs: str) -> str:
    return f"There is no network yet, so there is no card of one. {needs or 'I am learning the first one now.'}"


def _knows(what: Described) -> str:
    untaught = f"{plural(what.untaught, 'label')} of which no photo is taught any more" if what.untaught else ""
    if not what.labels:
        return f"Knows {untaught or 'no label'}."
    also = f", and {untaught}" if untaught else ""
    return f"Knows {plural(len(what.labels), 'label')}: {_labels(what)}{also}."


def _labels(what: Described) -> str:
    """As many labels as fit, those with the most photos first."""
    most_first = sorted(what.labels, key=lambda one: -(one[1].photos if one[1] else 0))
    shown: list[str] = []
    for label, one in most_first:
        shown.append(f"{tidy(label.name)} {one.photos}" if one else tidy(label.name))
        if sum(len(esc_ours(each)) for each in shown) > LISTED_CHARACTERS:
            break
    more = len(most_first) - len(shown)
    counted = any(one for _, one in most_first)
    return ", ".join(shown) + (f" and {more} more" if more else "") + (" (photos of each)" if counted else "")


def _eyes(what: Described) -> str:
    side, manifest = what.manifest.preprocessing.size, what.manifest
    tuned = ", fine-tuned on such lessons" if manifest.tuning is not None else ""
    backbone = tidy(what.weights.backbone) if what.weights.backbone else "a network that is not named"
    return f"Sees photos at {side} x {side} pixels, by {backbone}{tuned}, and learns the last layer."


def _lessons(what: Described) -> str:
    who = [plural(what.teachers, "person", "people")] if what.teachers else []
    who += ["an import"] if what.imported else []
    by = f", taught by {' and '.join(who)}" if who else ""
    return f"Learned from {plural(what.network.photos, 'photo')}{by}."


def _left_out(what: Described) -> list[str]:
    """What is not learned by now, and why."""
    parts = []
    if what.disputed:
        parts.append(f"{plural(what.disputed, 'photo')} that people disagree on")
    if what.contradicted:
        parts.append(f"{plural(what.contradicted, 'picture')} taught under two names where they tie")
    if what.newer:
        parts.append(f"{plural(what.newer, 'label')} that came later")
    return [f"Left out: {', '.join(parts)}."] if parts else []


def _sureness(what: Described) -> list[str]:
    if not what.manifest.scores.n:
        return []
    gap = what.manifest.calibration * 100
    return [f"How sure it says it is differs from how often it is right by {gap:.1f} of 100 on average (ECE)."]


def _worst(what: Described) -> list[str]:
    """The labels that are surely worst: one wrong of one is no proof of anything."""
    asked = [(label, one.score) for label, one in what.labels if one is not None and one.score.wrong]
    worst = sorted(asked, key=lambda one: (-one[1].low, -one[1].error, one[0].key))[:WORST]
    told = [f"{tidy(label.name)} {one.wrong} of {one.n} wrong ({between(one.low, one.high)})" for label, one in worst]
    return [f"Worst at: {'; '.join(told)}."] if told else []


def _strangers(found: Score) -> str:
    if not found.n:
        return "How often it names what it does not know cannot be said yet: people must name some such photos first."
    # Counts and no share: who hears “I don't know” is asked for the name, who hears a wrong one must say so unasked.
    return (
        f"Of {plural(found.n, 'photo')} of other things that people named afterwards, {found.n - found.wrong} had been "
        f"called unknown by the networks of the last weeks; {found.wrong} had been given one of their names."
    )


def _on_one_line(words: str) -> str:
    """Words from beside the weights, which whoever made those chose."""
    return " ".join(words.split())[:LONGEST_LICENCE]
