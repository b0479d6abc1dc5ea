"""The networks that there have been, in plain words: for the command line as they are, for chats by `message_of`."""

from collections.abc import Mapping
from typing import Any

from bot.actions.versions import Obstacle, Version, Versions
from bot.speech.texts import quality
from bot.speech.wording import between, esc_ours, plural
from storage import ON_REQUEST, Network, tidy

SHOWN = 10
# A message holds 4,096 characters.
SHOWN_CHARACTERS = 3000


def listed(found: Versions, *, shown: int = SHOWN) -> list[str]:
    """A line for each of the newest networks, and for the one that answers wherever it stands."""
    if not found.all:
        return ["There has been no network yet."]
    some = [one for place, one in enumerate(found.all) if place < shown or one.answers]
    lines = [_line(one, found.names) for one in some]
    if len(some) < len(found.all):
        lines.append(f"And {len(found.all) - len(some)} more: pupil models lists them all.")
    return lines


def to_put_back(found: Versions) -> list[str]:
    """The earlier networks that can be put back, each with the command to type."""
    able = [one.network for one in found.all if one.obstacle is None][:SHOWN]
    if not able:
        return ["There is no earlier network that can be put back. /models shows those that there have been."]
    return [
        "Which one is to answer again?",
        *(f"/rollback {one.number}: {_size(one)}, {_errors(one)}, of {_when(one)}" for one in able),
    ]


def message_of(*lines: str) -> str:
    """Lines as a message in Telegram's HTML; what does not fit is left out from the end."""
    kept: list[str] = []
    for line in map(esc_ours, lines):
        if sum(map(len, kept)) + len(line) > SHOWN_CHARACTERS:
            kept.append("…")
            break
        kept.append(line)
    return "\n".join(kept)


def is_back(network: Network, before: Network | None) -> str:
    """What a rollback means."""
    since = f" What network {before.number} had learned since is not used for now." if before else ""
    return (
        f"Network {network.number} answers again: {_errors(network)}, learned from {plural(network.photos, 'photo')}."
        f"{since} All lessons stay as they are, and the next one makes a new network from all of them, compared with "
        f"network {network.number}. So if a lesson was wrong, correct it first."
    )


def not_back(number: int, obstacle: Obstacle) -> str:
    """Why a network does not answer again, and what to do instead."""
    return {
        Obstacle.UNKNOWN: f"There is no network {number}. /models shows those that there have been.",
        Obstacle.ANSWERS: f"Network {number} answers already.",
        Obstacle.HELD: f"Network {number} was held back and has never answered, so it cannot be put back.",
        Obstacle.LESSONS_DELETED: (
            f"Network {number} may have learned from somebody who had her lessons deleted since, so it never answers "
            "again. Choose one that /rollback offers."
        ),
        Obstacle.REMOVED: f"The files of network {number} are no longer kept. Choose one that /rollback offers.",
        Obstacle.LABEL_GONE: (
            f"Network {number} knows a name that was deleted since, so it never answers again. "
            "Choose one that /rollback offers."
        ),
        Obstacle.TOO_LITTLE: (
            f"Too few lessons are left for any network to answer, so network {number} may not either. Teach me first."
        ),
        Obstacle.DAMAGED: (
            f"The files of network {number} failed their check, so it cannot answer. Choose another that /rollback "
            "offers, or put back a backup of them."
        ),
    }[obstacle]


def which_number(words: str) -> str:
    return f"{tidy(words) or 'That'} is no number of a network. Send me /rollback alone to see which can be put back."


def training_done(network: Network | None, result: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """What came of a training that somebody asked for, in HTML; `network` is the one that answers by now, if any."""
    if network is None:
        return _done_in_vain(result, names)
    made, now = result.get("network"), f"network {network.number}"
    is_other = made is not None and made != network.number
    match result.get("end"):
        case "published" if is_other:
            return f"Trained: network {made}. By now {now} answers: {quality(network)}"
        case "published":
            return f"Trained: {now} answers now, {quality(network)}"
        case "held":
            goes_on = f"so {now} goes on: {quality(network)}"
            return f"Trained, but the new network was held back, {goes_on}\nWhy: {_because(result, names)}."
        case _ if is_other:
            return f"Nothing new to learn since network {made}. But {now} was put back and answers: {quality(network)}"
        case _:
            return f"Nothing new to learn since {now}: {quality(network)}"


def _done_in_vain(result: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """The same, where no network answers."""
    if result.get("end") == "held":
        said = "Trained, but the new network was held back, and there is no other that answers."
        return f"{said}\nWhy: {_because(result, names)}. Teach me more photos, and I make another."
    if result.get("end") == "published":
        made = f"Trained: network {result.get('network')}. But lessons were taken back since, so nothing answers now."
        return f"{made} Teach me more to begin again."
    return "Nothing new to learn, and nothing answers now. Teach me more photos to begin again."


def _because(result: Mapping[str, Any], names: Mapping[int, str]) -> str:
    return message_of(why(result.get("verdict") or {}, names))


def why(verdict: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """The gate's verdict in words, as half a sentence."""
    known = {name: verdict.get(name) or 0 for name in ("compared", "better", "worse", "agreed", "contradicted")}
    label = f"“{tidy(names.get(verdict.get('label_id') or 0, 'a label that is gone'))}”"
    photos = plural(known["compared"], "photo")
    pair = f"of {photos} that both were asked about, it had {known['better']} right that the other had wrong, and "
    sentences = {
        "first": "no network answered before it",
        "not_worse": f"{pair}{known['worse']} the other way round",
        "nothing_in_common": "there was no photo to compare it by",
        "lessons_deleted": "the one before may have learned what somebody had deleted since",
        "worse": f"{pair}{known['worse']} the other way round: more than chance explains",
        "no_better": f"{pair}{known['worse']} the other way round, which practising must not come to",
        "worse_on_label": f"it is worse on {label} by more than chance explains",
        "changes_doubted": (
            f"photos of {label} were given another name, and when it and the one that answers were asked about such "
            f"photos without having learned them, they held the former name likelier for {known['contradicted']} and "
            f"the new one for {known['agreed']}; "
            "if that was a mistake, take it back; if it is meant, it is learned with the first lesson a day later"
        ),
        ON_REQUEST: "it was made of an older version of the data set, and waits for its owner's word",
        "overtaken": "another network was put back, or the last one taken away, while it was made",
        "not_finite": "its answers were no numbers",
        "constant": "it gave the same answer whatever it saw",
        "head_astray": f"of {photos} that it had learned it had {known['worse']} wrong that it knew without them",
    }
    return sentences.get(str(verdict.get("ground")), "it does not say why")


def _line(version: Version, names: Mapping[int, str]) -> str:
    network = version.network
    held = "waits" if network.verdict.get("ground") == ON_REQUEST else "was held back"
    state = "answers now" if version.answers else "has answered" if network.shipped else held
    gone = {
        Obstacle.LESSONS_DELETED: " It may have learned what was deleted since, and never answers again.",
        Obstacle.LABEL_GONE: " It knows a name that was deleted since, and never answers again.",
        Obstacle.REMOVED: " Its files are no longer kept.",
        Obstacle.HELD: " Its files are no longer kept." if network.removed_at is not None else "",
    }
    return (
        f"Network {network.number} {state} ({_when(network)}): {_size(network)}, {_errors(network)}. "
        f"Why: {why(network.verdict, names)}.{gone.get(version.obstacle, '') if version.obstacle else ''}"
    )


def _when(network: Network) -> str:
    return f"{network.created_at:%Y-%m-%d %H:%M} UTC"


def _size(network: Network) -> str:
    return f"{plural(network.photos, 'photo')}, {plural(len(network.labels), 'label')}"


def _errors(network: Network) -> str:
    if network.n == 0:
        return "errors not measured"
    return f"wrong on {network.wrong} of {network.n} ({between(network.low, network.high)})"
