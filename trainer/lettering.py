"""People's labels as they fit into a picture: short, drawable, and still told apart."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

LONGEST = 14
MORE = "…"


def lettered(labels: Sequence[str], drawable: Collection[int], *, longest: int = LONGEST) -> tuple[str, ...]:
    """Return the labels with at most `longest` characters, of code points that the font can draw.

    Where too little is left of a label, its number stands for it; where two come out alike, both get their number.
    """
    names = [_drawn(label, drawable) or f"no. {number}" for number, label in enumerate(labels, 1)]
    short = [shorten(name, longest) for name in names]
    alike = Counter(short)
    return tuple(
        one if alike[one] == 1 else f"{shorten(name, longest - 1 - len(str(number)))} {number}"
        for number, (name, one) in enumerate(zip(names, short, strict=True), 1)
    )


def shorten(name: str, longest: int) -> str:
    """Cut a name, never between a letter and its accent; the end is kept too, since names often differ there."""
    if len(name) <= longest:
        return name
    tail = name[-3:].split()[-1].lstrip(_accents(name))
    head = name[: longest - len(tail) - 1]
    if unicodedata.combining(name[len(head)]):
        head = head.rstrip(_accents(name))[:-1]
    return f"{head.rstrip()}{MORE}{tail}"


def _accents(name: str) -> str:
    return "".join(c for c in name if unicodedata.combining(c))


def _drawn(label: str, drawable: Collection[int]) -> str:
    """Return what can be drawn of a label; nothing if that is less than half of it."""
    shown = [c for c in unicodedata.normalize("NFC", label) if unicodedata.category(c) not in ("Cf", "Mn", "Me")]
    kept = [c for c in shown if ord(c) in drawable]
    return " ".join("".join(kept).split()) if 2 * len(kept) >= len(shown) else ""
