"""What is said of lists and of what they name: in a few words that go on after a name, for chats and commands alike."""

from bot.downloading.download import NotAsked
from bot.downloading.errors import LineFlaw, ListFlaw, ListRefused
from bot.downloading.lists import LeftOut
from bot.fetching.errors import Reason


def why_missed(why: Reason | NotAsked) -> str:
    """Why nothing was fetched. Names that lead inside are told like names that lead nowhere."""
    return {
        Reason.NOT_ALLOWED: "only public http and https addresses are fetched",
        Reason.NO_ANSWER: "its server does not answer",
        Reason.CUT_OFF: "its server hung up in the middle",
        Reason.TOO_SLOW: "its server is too slow",
        Reason.TOO_LARGE: "it is bigger than 20 MB",
        Reason.ENCODED: "its server sends it compressed, which nobody asked for",
        Reason.MANY_REDIRECTS: "it leads on and on to other addresses",
        Reason.NOT_FOUND: "there is nothing any more",
        Reason.BUSY: "its server wants to be asked later",
        Reason.DENIED: "its server does not give it to us",
        Reason.SERVER_FAILED: "its server failed",
        Reason.UNUSABLE: "its server answers in a way that makes no sense",
        NotAsked.OUT_OF_TIME: "the time was over before it came",
        NotAsked.SILENT: "its server did not answer several times, so it was not asked again",
    }[why]


def why_left_out(line: LeftOut) -> str:
    """Why a line of a list gives nothing to fetch."""
    earlier = line.earlier
    return {
        LineFlaw.NO_ADDRESS: "it is no address that begins with http:// or https://",
        LineFlaw.TOO_LONG: "it is too long for an address",
        LineFlaw.QUOTES: "its quotes do not close",
        LineFlaw.NO_LABEL: "it says no label",
        LineFlaw.REPEATED: f"it is the same as line {earlier.line if earlier else 0}",
        LineFlaw.OTHER_LABEL: (
            f"line {earlier.line if earlier else 0} has the same address as {earlier.label if earlier else ''}"
        ),
    }[line.flaw]


def why_not_read(refused: ListRefused) -> str:
    """Why a list is not read, and what to do."""
    return {
        ListFlaw.TOO_BIG: f"it is bigger than {(refused.limit or 0) // 1_000_000} MB: make several lists of it",
        ListFlaw.NOT_TEXT: "it is no text: save it as plain text or CSV in UTF-8",
        ListFlaw.TOO_MANY: f"it has more than {refused.limit or 0:,} addresses: make several lists of it",
        ListFlaw.EMPTY: "it has no address in it",
    }[refused.flaw]
