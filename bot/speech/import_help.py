"""The answer to /import: how to bring many photos, and how to make a list of addresses with a browser."""

from pathlib import Path

from bot.speech.wording import esc_ours

SNIPPET = Path(__file__).with_name("collect_addresses.js")


def ways() -> str:
    """From the smallest to the largest; what needs the owner's computer says so."""
    return (
        "<b>Many photos at once</b>\n\n"
        "1. <b>An album</b>: choose up to ten photos of one thing, and send them with its name as caption. "
        "For more than ten, <code>/teach wren</code> makes all that you send next a wren, until /done.\n"
        "2. <b>A folder</b>, on the computer that I run on: a sub-folder per name, like <code>birds/wren</code> and "
        "<code>birds/owl</code>, with the photos inside. Then <code>pupil import birds</code>.\n"
        "3. <b>A zip</b> of such a folder, up to 20 MB: send it here as a file. Or one without folders, with the name "
        "of what all of it shows as caption. Larger ones: <code>pupil import birds.zip</code> on that computer.\n"
        "4. <b>A list of addresses</b>, one a line, up to 100 in a text file: send it here with their name as "
        "caption. A table with the columns <code>url</code> and <code>label</code> needs no caption. Longer ones: "
        "<code>pupil download birds.txt --label wren</code>.\n\n"
        "Twice the same photo counts once, and what is no photo is named and left out.\n"
        f"{permission()}"
    )


def permission() -> str:
    return "That you can find a picture does not mean that you may use it: ask, or take what its licence allows."


def how_to_list() -> str:
    """With the snippet, and honest about it."""
    return (
        "<b>A list from an image search</b>, with a browser on a computer:\n\n"
        "1. Search for pictures of one thing, and scroll until enough are shown.\n"
        "2. Press F12 (on a Mac: Option, Command and I), and choose “Console”.\n"
        "3. Paste the lines below, and press Enter. If the browser asks you to type <code>allow pasting</code> "
        "first, do. They only read the addresses of the pictures on that page, and save them as "
        "<code>pictures.txt</code>. Paste nothing there that you do not trust.\n"
        "4. Look through the list, and take out what is something else.\n\n"
        f"<pre>{esc_ours(snippet())}</pre>\n"
        "Pages change. I could not try this on every one: where the list is empty, or its pictures are tiny, save the "
        "pictures by hand and bring them as a folder."
    )


def only_in_private() -> str:
    return "How to make a list of addresses with a browser I tell you in our private chat: send me /import there."


def snippet() -> str:
    """The JavaScript that collects addresses, as it is pasted."""
    return SNIPPET.read_text(encoding="utf-8").strip()
