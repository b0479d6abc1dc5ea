"""Short replies to an answer that judge it, or only thank for it: no names, as long as nobody taught them as such."""

from enum import StrEnum

from storage import key_of


class Meant(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    NOTHING = "nothing"


_WORDS = {
    Meant.RIGHT: ("yes", "yep", "yeah", "right", "correct", "that's right", "that is right", "exactly", "👍"),
    Meant.WRONG: ("no", "nope", "wrong", "incorrect", "not right", "that's wrong", "that is wrong", "👎"),
    Meant.NOTHING: ("ok", "okay", "thanks", "thank you", "thx", "great", "good", "nice", "cool", "hm", "hmm"),
}
_MEANT = {key_of(word): meant for meant, words in _WORDS.items() for word in words}


def meant_by(text: str) -> Meant | None:
    """What a reply says of an answer; None where it is a name, as far as one can tell."""
    return _MEANT.get(key_of(text))
