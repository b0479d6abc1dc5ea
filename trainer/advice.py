"""What a diagnosis says to people: one plain sentence and one piece of advice for each finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from trainer.diagnosing import Ailment, Diagnosis, Finding
from trainer.metrics import Score


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence on what was found, and one on what to do next. Plain text: labels in it are not escaped."""

    sentence: str
    advice: str


def say(diagnosis: Diagnosis) -> Said:
    """Put the gravest finding into words."""
    return say_of(diagnosis.main)


def say_of(ailment: Ailment) -> Said:
    """Put one finding into words."""
    sentence, advice = WORDS[ailment.finding](ailment)
    return Said(sentence, advice)


def share_wrong(score: Score) -> str:
    """“3 of 141 wrong (2.1 %, likely 0.73 to 6.1 %)”: no share without its count and its interval."""
    if not score.n:
        return "no photo to test on"
    return f"{score.wrong} of {score.n} wrong ({_percent(score.error)}, likely {_range(score)})"


def _rate_too_high(one: Ailment) -> tuple[str, str]:
    return (
        f"I learned in steps that were far too large (rate {_rate(one.rate)}) and lost my way.",
        f"Start again from the beginning with a rate of about {_rate(one.better_rate)}.",
    )


def _rate_too_low(one: Ailment) -> tuple[str, str]:
    return (
        f"I learned in steps that were far too small (rate {_rate(one.rate)}) and have hardly come anywhere.",
        f"Train me again with a rate of about {_rate(one.better_rate)}.",
    )


def _too_few_epochs(one: Ailment) -> tuple[str, str]:
    rounds = one.epochs or 0
    return (
        f"I was still getting better when my time was up, after {_times(rounds, 'round')} through the photos.",
        f"Give me more rounds: {max(2 * rounds, 4)}, to begin with.",
    )


def _too_many_epochs(one: Ailment) -> tuple[str, str]:
    if one.rose:
        sentence = (
            f"After round {one.epoch} of {one.epochs} I learned my photos by heart, and on new ones my mistakes grew."
        )
    else:
        sentence = f"After round {one.epoch} of {one.epochs} I got no better on new photos."
    return sentence, f"Stop after about {one.epoch} rounds. More and more varied photos would help further."


def _too_little_data(one: Ailment) -> tuple[str, str]:
    if one.score.n < 2 * (one.photos or 0) or one.score.error == 0:
        sentence = f"I have too few photos to tell how good I am: {share_wrong(one.score)}."
    else:
        sentence = f"I know my photos by heart, but often fail on new ones: {share_wrong(one.score)}."
    return sentence, f"Teach me more photos of each label; most have about {one.photos} now, and 20 or more is good."


def _labels_suspicious(one: Ailment) -> tuple[str, str]:
    return (
        f"Even where I am sure, people's labels often say something else: {share_wrong(one.score)}.",
        "Some photos may have a wrong label. Please look through those that I doubt.",
    )


def _one_label_failing(one: Ailment) -> tuple[str, str]:
    taken = f", mostly for “{one.mistaken_for}”" if one.mistaken_for else ""
    both = f"“{one.label}” and “{one.mistaken_for}”" if one.mistaken_for else f"“{one.label}”"
    return (
        f"I often take “{one.label}” for something else{taken}: {share_wrong(one.score)}.",
        f"Teach me more photos of {both}, and check that the ones I have are labelled right.",
    )


def _fine(one: Ailment) -> tuple[str, str]:
    if one.score.n and one.score.wrong == 0:
        return f"All went well: {share_wrong(one.score)}.", "Nothing to do. New photos are always welcome."
    return (
        f"All went well: {share_wrong(one.score)}.",
        "Nothing to repair. More photos of what I still mix up help most.",
    )


WORDS: dict[Finding, Callable[[Ailment], tuple[str, str]]] = {
    Finding.RATE_TOO_HIGH: _rate_too_high,
    Finding.RATE_TOO_LOW: _rate_too_low,
    Finding.TOO_FEW_EPOCHS: _too_few_epochs,
    Finding.TOO_MANY_EPOCHS: _too_many_epochs,
    Finding.TOO_LITTLE_DATA: _too_little_data,
    Finding.LABELS_SUSPICIOUS: _labels_suspicious,
    Finding.ONE_LABEL_FAILING: _one_label_failing,
    Finding.FINE: _fine,
}


def _range(score: Score) -> str:
    return f"{_percent(score.low).removesuffix(' %')} to {_percent(score.high)}"


def _percent(share: float) -> str:
    """Two digits are enough, and below a tenth one: nobody knows more of it."""
    return f"{share * 100:.2g} %" if share < 0.1 else f"{share:.0%}".replace("%", " %")


def _rate(rate: float | None) -> str:
    return "unknown" if rate is None else f"{rate:.5f}".rstrip("0") if 1e-4 <= rate < 0.1 else f"{rate:.2g}"


def _times(count: int, one: str) -> str:
    return f"{count} {one}{'' if count == 1 else 's'}"
