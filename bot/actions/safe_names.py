"""Names that every system and every spreadsheet takes, for labels that may be anything."""

from collections.abc import Mapping

from storage import Label, key_of, tidy

# What stands beside the folders of labels in an exported data set.
TABLE, METADATA, HISTORY, NOTES = "cleaned.csv", "metadata.jsonl", "history.jsonl", "LICENCES.md"
BESIDE = frozenset((TABLE, METADATA, HISTORY, NOTES))
# Windows will not have these as names, with or without an ending.
_RESERVED = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))))
_UNSAFE = frozenset('/\\:*?"<>|%')
# What spreadsheets take for the start of a formula, also in their full-width forms.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# File systems count bytes, and 255 is the most that they take.
_LONGEST = 200


def folder_names(labels: Mapping[int, Label]) -> dict[int, str]:
    """A folder for each label: a name that is safe on every system, and no two alike where case does not count."""
    names: dict[int, str] = {}
    taken = {name.casefold() for name in BESIDE}
    for label_id, label in labels.items():
        wanted = name = safe_name(label.name)
        n = 1
        while name.casefold() in taken:
            n += 1
            name = f"{wanted} ({n})"
        taken.add(name.casefold())
        names[label_id] = name
    return names


def safe_name(label: str) -> str:
    """A label as a folder's name: without separators, wildcards, leading dots and dashes, or a device's name."""
    shown = "".join(c if c.isprintable() and c not in _UNSAFE else "_" for c in label)
    cut = shown.encode()[:_LONGEST].decode(errors="ignore").rstrip(". ").lstrip(" ")
    if not cut or cut.startswith((".", "~", *FORMULA)) or cut.split(".")[0].strip().casefold() in _RESERVED:
        cut = f"_{cut}"
    return cut


def cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: a leading ' makes it text."""
    return f"'{text}" if text.startswith(FORMULA) else text


def holds(folder: str, label: str) -> bool:
    """Whether a folder's name is the label to the letter, and means the same."""
    return tidy(folder) == label and key_of(folder) == key_of(label)
