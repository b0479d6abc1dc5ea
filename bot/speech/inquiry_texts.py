"""Sentences of a second opinion: a person is asked what somebody else's photo shows."""

from bot.actions.inquiring import Answered
from bot.speech.wording import bold, join


def question() -> str:
    """The caption of the photo. It does not say what others called it: that would be half an answer."""
    return (
        "<b>What is this?</b>\nSomebody taught me this photo, and I would like to hear what you call it. I ask so few "
        "times a day. “Don't ask me” ends that; /settings brings it back."
    )


def type_the_name() -> str:
    return "What do you call it? Send its name as a reply to this message."


def answered(what: Answered) -> str:
    """What becomes of an answer; what others said is told now."""
    said = f"Thank you, noted: {_named(what)}."
    if what.others and not what.unsure:
        names = join([bold(one) for one in what.others])
        others = "so do others" if what.others == (what.label,) else f"others say {names}, so I weigh what was said"
        said = f"{said[:-1]}; {others}."
    return f"{said} /undo takes it back."


def _named(what: Answered) -> str:
    if what.label is not None:
        return bold(what.label)
    return "you cannot tell" if what.unsure else "none of what I know"


def thanks() -> str:
    """The toast."""
    return "Thank you!"


def put_off() -> str:
    return "Not now, then. I ask nothing before tomorrow."


def stopped() -> str:
    return "I won't ask you about other people's photos any more. /settings brings it back."


def gone() -> str:
    """The toast below a question that is over."""
    return "That question is answered, or its photo is gone."
