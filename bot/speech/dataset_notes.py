"""What is told to whoever is handed a data set: what stands where, where it came from, and what is not known."""

from collections import Counter

from bot.actions.dataset import DataSet
from bot.actions.safe_names import HISTORY, METADATA, TABLE
from bot.speech.wording import plural
from storage import TEST_FOLD


def notes(what: DataSet) -> str:
    """The file about licences and sources, in Markdown."""
    pictures = Counter(one.label.name for one in what.items)
    tests = sum(one.fold == TEST_FOLD for one in what.items)
    kept = f" {plural(tests, 'of them is', 'of them are')} kept for a test, and stand below `test/`." if tests else ""
    return f"""# Where this comes from

{plural(len(what.items), "picture")} of {plural(len(pictures), "label")}, as people taught them to Pupil.{kept}

## Whose pictures these are

Pupil does not know who took them, nor under which licence. They were sent to it in chats, or imported from folders by
its owner; whoever sent a picture gave it to the bot, and not to the world. Before you publish any of it, ask those who
sent it. The pictures hold pixels only: places, times and names of cameras were left out when they arrived.

`{METADATA}` says of each picture whether it came from a chat or an import (`source`) and what its file was called
there (`original_name`), which may name its own source, or people; and where it was found, as far as that is known: an
address, or a path in what was imported (`origin`). Attribution that a data set asked for when it was
imported is still asked for here.

## What stands where

- `{TABLE}`: name and label of every picture. A cell that a spreadsheet would take for a formula begins with `'`.
- `{METADATA}`: a line for each picture of its part, as Hugging Face's image folders have it, with `file_name` relative
  to the file. Pictures with the same `group` belong together (an album, near copies) and must not stand on both sides
  of a measurement; `fold` says how Pupil parted them, {TEST_FOLD} is the test.
- `{HISTORY}`: everything that was said of each picture, also what was taken back. `by` is the same for the same person
  within this export, and leads to nobody: the key that it was made with is not kept.
- A hidden file `.label` holds a label that no folder can be called.

`pupil import` takes all of it back in: the same pictures, labels with their descriptions, tests, groups,
folds and origins.
"""
