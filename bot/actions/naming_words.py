"""“/labels merge daisies = daisy”: a wish about a label, as people type it."""

import re
from collections.abc import Callable, Iterator

from bot.actions.naming import Obstacle, Wish
from storage import ChangeKind, Label, tidy

Find = Callable[[str], Label | None]

VERBS = {
    "rename": ChangeKind.RENAME,
    "merge": ChangeKind.MERGE,
    "describe": ChangeKind.DESCRIBE,
    "retire": ChangeKind.RETIRE,
    "restore": ChangeKind.RESTORE,
}
# A name may have any of these in it, too: what stands before the right one is a label.
_BETWEEN = re.compile(r"\s*(?:=|:|→|->|>)\s*|\s+(?:to|into|as|with|and)\s+", re.IGNORECASE)


def is_order(words: str) -> bool:
    """Whether the first word is one of what can be done with a label."""
    return words.split(maxsplit=1)[0].casefold() in VERBS if words.split() else False


def wish_in(words: str, find: Find) -> Wish | Obstacle | None:
    """The wish that the words spell, where `find` knows the labels; None where they do not spell one."""
    verb, _, rest = words.strip().partition(" ")
    kind, rest = VERBS[verb.casefold()], rest.strip()
    if kind in (ChangeKind.RETIRE, ChangeKind.RESTORE):
        label = find(rest) if tidy(rest) else None
        return Wish(kind, label) if label is not None else Obstacle.UNKNOWN if rest else None
    pairs = list(_pairs(rest))
    found = []
    for before, after in pairs:
        label = find(before)
        other = find(after) if kind is ChangeKind.MERGE and tidy(after) else None
        if label is not None and (kind is not ChangeKind.MERGE or other is not None):
            found.append((tidy(before) == label.name, Wish(kind, label, after, other)))
    # “C: = see” can be read in two ways; a name to the letter is what was meant.
    return max(found, key=lambda one: one[0])[1] if found else Obstacle.UNKNOWN if pairs else None


def _pairs(words: str) -> Iterator[tuple[str, str]]:
    """All ways to part the words in two; only a description may be nothing, which takes it away."""
    for found in _BETWEEN.finditer(words):
        before, after = words[: found.start()].strip(), words[found.end() :].strip()
        if tidy(before):
            yield before, after
