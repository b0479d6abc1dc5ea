"""How words go into sentences for people: what they typed and what we say, made safe for HTML; numbers and lists."""

import re
from html import escape, unescape

from storage import Label, tidy


def esc(text: str) -> str:
    """People's words inside HTML: one line as long as a label, no invisible characters, nothing that is markup."""
    return escape(tidy(text), quote=False)


def esc_ours(sentence: str) -> str:
    """A sentence of ours inside HTML, at its full length; labels that it names were tidied when they were taught."""
    return escape(sentence, quote=False)


def plain(html: str) -> str:
    """A sentence of ours for where Telegram takes no markup: a toast."""
    return unescape(re.sub("<[^>]*>", "", html))


def bold(label: Label | str) -> str:
    return f"<b>{esc(label if isinstance(label, str) else label.name)}</b>"


def percent(p: float) -> str:
    """A probability for people: never a false 0 or 100."""
    return "over 99 %" if p > 0.99 else "under 1 %" if p < 0.01 else f"{p:.0%}".replace("%", " %")


def between(low: float, high: float) -> str:
    """An interval of shares, in per cent."""
    return f"{low * 100:.0f} to {high * 100:.0f} %"


def plural(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


def join(parts: list[str], last: str = "and") -> str:
    """“a, b and c”."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""
