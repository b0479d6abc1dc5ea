"""The answer to /import: how to bring many photos, and how to make a list of addresses with a browser."""

from pathlib import Path

SNIPPET = Path(__file__).with_name("collect_addresses.js")
# As text: phones and mail programs do not open scripts.
SNIPPET_NAME = "collect-addresses.txt"


def ways() -> str:
    """What can be sent first, then what needs the owner's computer."""
    return (
        "<b>Many photos at once</b>\n\n"
        "<b>An album</b>: up to ten photos, with their name as caption. For more, send <code>/teach wren</code>, then "
        "all of them, then /done.\n\n"
        "<b>A zip</b>, up to 20 MB, with a folder for each name; or without folders, and their name as caption.\n\n"
        "<b>A list of addresses</b>, up to 100, one a line, as a text file, with their name as caption. A table with "
        "the columns <code>url</code> and <code>label</code> needs no caption.\n\n"
        "<b>Larger ones</b>, on the computer that I run on; a folder is like a zip, with one inside for each name:\n"
        "<pre>pupil import birds\npupil import birds.zip\npupil download birds.csv</pre>\n"
        "A photo that comes twice counts once, and what is no photo is named and left out. "
        f"{permission()}"
    )


def permission() -> str:
    return "That you can find a picture does not mean that you may use it: ask, or take what its licence allows."


def how_to_list() -> str:
    """The caption of the snippet, honest about it. A phone has no console: the file is opened where there is one."""
    return (
        "<b>A list from an image search</b>, on a computer:\n\n"
        "1. Search for pictures of one thing, and scroll until enough are shown.\n"
        "2. Open this file, and copy all of it.\n"
        "3. On the page with the pictures press F12 (on a Mac ⌥⌘I), choose “Console”, paste, and press Enter. If the "
        "browser wants <code>allow pasting</code> typed first, type it.\n"
        "4. That saves <code>pictures.txt</code>. Take out what is something else, and send it here with the name as "
        "caption.\n\n"
        "The lines only read the addresses of the pictures on that page. Paste nothing there that you do not trust. "
        "Pages change: where the list is empty, or its pictures are tiny, save the pictures by hand and send a zip."
    )


def only_in_private() -> str:
    return "How to make a list of addresses with a browser I tell you in our private chat: send me /import there."


def snippet() -> str:
    """The JavaScript that collects addresses, as it is pasted."""
    return SNIPPET.read_text(encoding="utf-8").strip()
