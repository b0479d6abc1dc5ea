"""Names that may mean the same: what a person is asked about, and what is never decided without her.

Spellings that surely are one label share a key (`storage.key_of`). Here are those that only look like it: a slip of the
fingers, a plural, an accent left out, an emoji in front. All of it is pure, and none of it merges anything.
"""

import unicodedata
from collections.abc import Callable, Iterable
from enum import IntEnum

from rapidfuzz.distance import OSA

from storage import Label, key_of

# How many slips are believed in a word, by its length: of short words most neighbours are other words (“pear”, “bear”).
_ONE_SLIP, _TWO_SLIPS = 5, 8
# Marks of a lower class tell letters apart (か and が, the vowels of India); from here on they are accents and points.
_ACCENTS = 10
# Emoji, their selectors and skin tones; dashes, underscores and spaces; apostrophes.
_DECORATION = ("So", "Sk", "Cf", "Me", "Pd", "Pc", "Zs")
_APOSTROPHES = "'’ʼ`"
_IRREGULAR = (
    ("mouse", "mice"), ("goose", "geese"), ("tooth", "teeth"), ("foot", "feet"), ("man", "men"), ("woman", "women"),
    ("child", "children"), ("person", "people"), ("ox", "oxen"), ("cactus", "cacti"), ("fungus", "fungi"),
    ("die", "dice"), ("louse", "lice"), ("larva", "larvae"), ("alga", "algae"),
)  # fmt: skip
_PLURAL_OF = {many: one for one, many in _IRREGULAR}


class Likeness(IntEnum):
    """In which way two names are alike, the surest first."""

    DECORATION = 1  # the same letters: spaces, dashes, emoji
    ACCENT = 2
    PLURAL = 3
    SLIP = 4
    BEGINNING = 5  # one begins with the other: only where somebody searches


def likeness(one: str, other: str) -> Likeness | None:
    """How two names are alike; None for the same label, and for names that have nothing to do with each other.

    Symmetric. Names with different digits never are alike: “tin 1” and “tin 2” are two things.
    """
    a, b = key_of(one), key_of(other)
    if a == b or _digits(a) != _digits(b):
        return None
    if _bare(a) == _bare(b):
        return Likeness.DECORATION if _bare(a) else None
    x, y = _unaccented(a), _unaccented(b)
    if "".join(x) == "".join(y):
        return Likeness.ACCENT if x else None
    if _word_by_word(x, y, _is_plural):
        return Likeness.PLURAL
    # Where a space slipped too, the letters alone must do.
    slipped = _word_by_word(x, y, _is_slip) if len(x) == len(y) else _is_slip("".join(x), "".join(y))
    return Likeness.SLIP if slipped else None


def alike(name: str, labels: Iterable[Label], at_most: int = 3) -> list[Label]:
    """The labels that a name may mean, the likeliest first; nothing for one that is a label already."""
    labels, key = list(labels), key_of(name)
    if any(one.key == key for one in labels):
        return []
    found = [(how, one) for one in labels if (how := likeness(name, one.name)) is not None]
    return [one for _, one in sorted(found, key=lambda each: (each[0], _distance(name, each[1]), each[1].key))][
        :at_most
    ]


def matching(words: str, labels: Iterable[Label], at_most: int = 8) -> list[Label]:
    """The labels that somebody may look for who typed `words`: these themselves, a beginning, a slip."""
    key = key_of(words)
    sought = "".join(_unaccented(key))
    found: list[tuple[int, Label]] = []
    for one in labels:
        how = 0 if one.key == key else likeness(words, one.name)
        if how is None and sought and _begins(one.key, sought):
            how = Likeness.BEGINNING
        if how is not None:
            found.append((how, one))
    return [one for _, one in sorted(found, key=lambda each: (each[0], len(each[1].key), each[1].key))][:at_most]


def _begins(key: str, sought: str) -> bool:
    """Whether a name, or one of its words, begins with what is sought."""
    words = _unaccented(key)
    return any("".join(words[at:]).startswith(sought) for at in range(len(words)))


def _word_by_word(one: list[str], other: list[str], alike: Callable[[str, str], bool]) -> bool:
    """As many words, the same but for one, and that one is alike: “wild rose” is no slip for “wise hose”."""
    differing = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    return len(one) == len(other) and len(differing) == 1 and alike(*differing[0])


def _is_plural(one: str, other: str) -> bool:
    return one in _singulars(other) or other in _singulars(one)


def _singulars(word: str) -> set[str]:
    """What the word may be the plural of, in English; and in many languages a final s."""
    found = {_PLURAL_OF[word]} if word in _PLURAL_OF else set()
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        found.add(word[:-1])
    if len(word) > 4 and word.endswith(("ses", "xes", "zes", "ches", "shes", "oes")):
        found.add(word[:-2])
    if len(word) > 4 and word.endswith("ies"):
        found.add(f"{word[:-3]}y")
    if len(word) > 4 and word.endswith("ves"):
        found |= {f"{word[:-3]}f", f"{word[:-3]}fe"}
    return found


def _is_slip(one: str, other: str) -> bool:
    """A few letters left out, doubled, swapped or mistaken. Fingers seldom slip on the first letter of a short word."""
    shorter = min(len(one), len(other))
    if shorter < _ONE_SLIP or (shorter < _TWO_SLIPS and one[0] != other[0]):
        return False
    allowed = 1 if shorter < _TWO_SLIPS else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _distance(name: str, label: Label) -> int:
    return OSA.distance(key_of(name), label.key)


def _digits(key: str) -> str:
    return "".join(c for c in key if c.isnumeric())


def _bare(key: str) -> str:
    """The letters, digits and signs of a key; nothing of a name that is all emoji."""
    return "".join(c for c in key if not _is_decoration(c))


def _unaccented(key: str) -> list[str]:
    """The words of a key without accents and decoration."""
    words = "".join(" " if unicodedata.category(c) in ("Pd", "Pc", "Zs") else c for c in key).split()
    plain = ("".join(c for c in unicodedata.normalize("NFD", word) if not _is_accent(c)) for word in words)
    return [bare for word in plain if (bare := unicodedata.normalize("NFC", _bare(word)))]


def _is_decoration(character: str) -> bool:
    # The selector that makes an emoji of a symbol is a mark, but no accent.
    return unicodedata.category(character) in _DECORATION or character in _APOSTROPHES or character == "\ufe0f"


def _is_accent(character: str) -> bool:
    return unicodedata.combining(character) >= _ACCENTS
