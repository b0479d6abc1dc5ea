"""The longer texts: welcome, help, labels, status, the network as a file, and files that cannot be photos."""

from collections.abc import Sequence

from bot.actions.reporting import Status
from bot.speech import guard_texts
from bot.speech.texts import long_ago, needs, quality
from bot.speech.wording import between, bold, esc, esc_ours, join, plural
from storage import LabelCount, Network, PictureRefused, Refusal
from trainer.manifest import Manifest

SHOWN_LABELS = 60
# So many fit on the screen of a phone, one below the other; more are told in a row.
LABELS_WITH_A_LINE = 12
# A message holds 4,096 characters; cut short, it would be broken HTML, which Telegram refuses.
SHOWN_CHARACTERS = 3000
# A caption holds 1,024.
NAMED_CHARACTERS = 300


def welcome(name: str, status: Status) -> str:
    """Teaches by example: the three things one can do, in the order of doing them."""
    begun = [bold(one.label) for one in status.labels[:3]]
    example = begun[0] if begun else "<b>daisy</b>"
    said = (
        f"Hello {esc(name)}! I am <b>Pupil</b>. I know nothing but what people teach me.\n\n"
        f"1. <b>Teach</b>: send me a photo with its name as caption, like {example}.\n"
        "2. <b>Ask</b>: send a photo without a caption, and I say what I see.\n"
        "3. <b>Correct</b>: press “Wrong” below my answer, and I learn from it.\n\n"
    )
    if status.network is not None and not begun:
        return said + "What I had learned was taken back, so teach me something new first!"
    if status.network is not None:
        return said + f"So far I know {join(begun)}{' and more' if len(status.labels) > 3 else ''}. Try me!"
    return said + (needs(status.readiness) or "I am learning my first lessons now.")


def help_text(group: bool, sees_all: bool, username: str) -> str:
    said = (
        "<b>Teach</b>: a photo with its name as caption. Edit the caption to change it, /undo to take it back.\n"
        "<b>Ask</b>: a photo without a caption.\n"
        "<b>Correct</b>: the buttons below my answer. You can also reply to any photo with its name.\n"
        "<code>/teach daisy</code> makes all your next photos daisies; /done ends that. As a caption it names that "
        "photo alone, like <code>/label daisy</code>.\n"
        "Now and then I ask “What is this?” about somebody else's photo; “Don't ask me” ends that.\n"
        "Photos sent as files work too: JPEG, PNG, WebP, GIF, HEIC or AVIF, up to 20 MB.\n\n"
        "/labels what I know\n/status how good I am, and what I am doing\n"
        "/progress how my answers did, and what more photos would bring\n/card what my network is, and is not for\n"
        "/report how good I am, in pictures\n/models the networks I have had\n/train learn now\n"
        "/import how to bring many photos\n"
        "/undo take back your last lesson\n/review doubtful photos, /quarantine refused ones, for reviewers\n"
        "/me what you taught and flagged\n/mydata what I keep of you, and how to delete it\n"
        "/export my network as a file\n/settings how I behave here"
    )
    return f"{said}\n\n{group_rules(sees_all, username)}" if group else said


def group_rules(sees_all: bool, username: str) -> str:
    """How to address the bot in a group, and what privacy mode hides from it."""
    said = (
        f"In a group, mention me: a photo with the caption <code>@{esc(username)} daisy</code> teaches, "
        f"<code>@{esc(username)}</code> alone asks. Or reply to a photo with <code>@{esc(username)} daisy</code>."
    )
    if not sees_all:
        said += (
            "\nTelegram's privacy mode is on, so I do not see other messages here. To let me see every photo, "
            "make me an admin of the group, or turn it off at @BotFather (/setprivacy) and add me again."
        )
    return said


def group_welcome(sees_all: bool, username: str) -> str:
    return f"Hello! I am <b>Pupil</b>: teach me to see.\n{group_rules(sees_all, username)}"


def photos_hidden() -> str:
    return (
        "Telegram shows me only photos here that mention me. To let me see every photo, make me an admin of the group."
    )


def album_hidden() -> str:
    return (
        "I saw only the photo that mentions me: Telegram hides the others of this album from me. "
        "Make me an admin of this group to teach whole albums, or reply to each photo."
    )


def labels(counts: list[LabelCount], at_rest: Sequence[LabelCount] = (), *, waiting: int = 0) -> str:
    """The list of labels; `waiting` photos are not counted in it, and wait for somebody who agrees."""
    known = [one for one in counts if one.photos]
    rest = "".join(f"\n{line}" for line in guard_texts.left_out(waiting, 0, 0))
    rest += f"\n{_at_rest(at_rest)}" if at_rest else ""
    if not known:
        return f"I know no labels yet. Send me a photo with its name as caption, like <b>daisy</b>.{rest}"
    is_few = len(known) <= LABELS_WITH_A_LINE
    told: list[str] = []
    for one in known[:SHOWN_LABELS]:
        text = _line(one) if is_few else f"{bold(one.label)}\u00a0{one.photos:,}"
        if sum(map(len, told)) + len(text) > SHOWN_CHARACTERS:
            break
        told.append(text)
    more = [f"and {len(known) - len(told)} more"] if len(told) < len(known) else []
    if is_few:
        return f"I know {plural(len(known), 'label')}:\n" + "\n".join(told + more) + rest
    photos = sum(one.photos for one in known)
    how = f"<code>/labels {esc(known[0].label.name)}</code> tells more of one."
    return f"I know {len(known)} labels of {photos:,} photos:\n{', '.join(told + more)}.\n{how}{rest}"


def _line(one: LabelCount) -> str:
    # Not parted by a narrow screen: “1” alone at an end of a line says nothing.
    photos = plural(one.photos, "photo").replace(" ", "\u00a0")
    description = f"\n    <i>{esc_ours(one.label.description)}</i>" if one.label.description else ""
    return f"{bold(one.label)}  {photos}{description}"


def _at_rest(labels: Sequence[LabelCount]) -> str:
    """Those that are neither learned nor answered, as far as there is room."""
    named: list[str] = []
    for one in labels:
        if sum(map(len, named)) + len(one.label.name) > NAMED_CHARACTERS:
            break
        named.append(bold(one.label))
    more = [f"{len(labels) - len(named)} more"] if len(named) < len(labels) else []
    return f"At rest: {join(named + more)}."


def status(found: Status, *, group: bool, sees_all: bool, manifest: Manifest | None = None) -> str:
    """Photos per label, which network answers, how good it is, what the trainer is doing.

    `manifest` is that of the network in memory.
    """
    lines = [labels(list(found.labels))]
    if found.network is not None:
        lines.append(f"<b>Network {found.network.number}</b> answers: {quality(found.network)}")
        lines.append(f"It learned from {plural(found.network.photos, 'photo')}.")
        if manifest is not None and manifest.number == found.network.number:
            lines += promises(manifest)
    else:
        lines.append(needs(found.readiness) or "The first network is on its way.")
    if found.disputed:
        lines.append(f"People disagree on {plural(found.disputed, 'photo')}: left out until settled.")
    if found.contradicted:
        have = "picture was" if found.contradicted == 1 else "pictures were"
        lines.append(f"{found.contradicted} {have} taught under two names: where they tie, I learn neither.")
    lines += guard_texts.left_out(found.newcomers, found.over_cap, found.over_cap_of)
    lines.append(_trainer(found))
    if group and not sees_all:
        lines.append("Privacy mode hides photos from me here unless they mention me: see /help.")
    return "\n".join(lines)


def promises(manifest: Manifest) -> list[str]:
    """What a network's “I don't know” costs, and what its sets of names keep, as far as it could be measured."""
    lines, known, sets = [], manifest.known, manifest.sets
    if known is not None:
        alarms = known.false_alarms
        interval = between(alarms.low, alarms.high)
        lines.append(
            f"“I don't know” is a false alarm for {alarms.wrong} of {alarms.n} photos of what it knows ({interval})."
        )
    if sets is not None:
        interval = f"{sets.low * 100:.0f} to {sets.high * 100:.0f}"
        lines.append(
            f"Where it can't tell which, it gives a few names: of 100 photos, the right one is among those given for "
            f"about {sets.coverage * 100:.0f} ({interval}, by {plural(sets.n, 'photo')})."
        )
    return lines


def _trainer(found: Status) -> str:
    if found.trainer_alive:
        return f"Trainer: {esc_ours(found.trainer_doing) or 'running'}."
    more = " New lessons wait for it." if found.waiting else ""
    return (
        f"Trainer: not running, {long_ago(found.silent_for)}.{more} "
        "My owner can start it with <code>pupil trainer</code>."
    )


def packed(network: Network, names: list[str], file_name: str) -> str:
    """The caption of a network as a file: what it is, how good, and how to use it."""
    named: list[str] = []
    for name in names:
        if named and sum(map(len, named)) + len(name) > NAMED_CHARACTERS:
            break
        named.append(name)
    rest = [f"{len(names) - len(named)} more"] if len(named) < len(names) else []
    return (
        f"<b>Network {network.number}</b> as one file. It knows {join([bold(one) for one in named] + rest)}; "
        f"{quality(network)}\n"
        "On any computer with Pupil it answers by itself:\n"
        f"<code>pupil predict --network {esc_ours(file_name)} photo.jpg</code>\n"
        "ONNX Runtime and OpenVINO run it, too. It holds no photos."
    )


def not_packed(reason: str, *, needs: str = "") -> str:
    """Why the network does not come as a file, and what to do."""
    return {
        "none": f"There is no network yet that I could send you. {needs or 'I am learning the first one now.'}",
        "outdated": (
            "My network still knows a name that is gone by now, so I don't hand it out. "
            "Send /export again once I have learned anew: /status says when."
        ),
        "too_big": (
            "As a file my network is larger than the 50 MB that Telegram takes from me. "
            "My owner can write it with <code>pupil export network FILE.onnx</code> on the computer that I run on."
        ),
        "broken": (
            "I could not make the file: something is wrong with my network. My owner finds the reason in the log. "
            "Teach me one more photo, and I make a new one."
        ),
    }[reason]


def export_only_in_private() -> str:
    return "Send me /export in our private chat, please: there the file is for you alone."


def refused(error: PictureRefused) -> str:
    """Why a file cannot be a photo, and what to send instead."""
    given, limit = esc(error.given), esc(error.limit)
    sentences = {
        Refusal.EMPTY: "That file is empty. Please send it again.",
        Refusal.TOO_MANY_BYTES: too_big_file(),
        Refusal.NOT_A_PICTURE: (
            "That file is not a picture. Please send a photo, or a JPEG, PNG, WebP, GIF, HEIC or AVIF file."
        ),
        Refusal.KIND_NOT_TAKEN: (
            f"I can't read {given} files yet. Please send it as a photo, or as JPEG, PNG, WebP, GIF, HEIC or AVIF."
        ),
        Refusal.TOO_SMALL: f"That picture is too small ({given}): I need at least {limit} pixels a side.",
        Refusal.TOO_LARGE: (
            f"That picture is too large ({given}): at most {limit} megapixels. Send it as a photo, not as a file."
        ),
        Refusal.BROKEN: "That picture is damaged or cut short: I can't read it. Please send it again.",
        Refusal.BLANK: "That picture is one even colour, so there is nothing to learn from. Please send another.",
        Refusal.TOO_HARD: (
            "That picture is too hard to read: it wants more time or memory than I give to one. "
            "Send it as a photo, not as a file, and Telegram makes it simpler."
        ),
    }
    return sentences[error.refusal]


def too_big_file() -> str:
    return "That file is too big: at most 20 MB. Send it as a photo, not as a file, and Telegram makes it smaller."


def file_gone() -> str:
    return "Telegram no longer has that file. Please send it again."


def not_a_picture() -> str:
    return "I can only look at pictures. Please send a photo, or a JPEG, PNG, WebP, GIF, HEIC or AVIF file."


def unknown_command() -> str:
    return "I don't know that command. /help shows what I can do."


def commands_go_alone() -> str:
    return (
        "Commands go without a photo, so please send that one alone. "
        "To teach me this photo, edit its caption to its name, like <b>daisy</b>."
    )


def small_talk() -> str:
    return "Thank you! To correct me, reply to my answer with the name of what the photo shows, like <b>daisy</b>."


def my_picture() -> str:
    return "That picture is mine, and no lesson. To correct a photo, reply to the photo itself with its name."


def unknown_photo() -> str:
    return "I don't know that photo. Send it to me again, with its name as caption."


def not_for_me() -> str:
    return "I only understand photos and commands. Send me a photo, or see /help."


def photo_gone() -> str:
    return "That photo was deleted, so there is nothing to change. Send it again if you like."


def person_gone() -> str:
    return "That person is not here any more, or is an owner, about whom only an owner decides. Nothing was changed."


def label_gone() -> str:
    return "That name is gone by now, so there is nothing to change. Reply to the photo with what it shows."


def button_refused(reason: str) -> str:
    return {
        "expired": "That button is too old. Send the photo again and I will answer anew.",
        "foreign": "These buttons are for the one who asked. Reply to the photo with its name to have your say.",
    }.get(reason, "I don't know that button. Send the photo again and I will answer anew.")
