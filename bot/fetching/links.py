"""What of a link is looked at before anybody is asked about it: its form, its scheme and its port.

Addresses are judged where they are dialled (`dialling.py`), however a link spells them. aiohttp gets the very object
that was looked at here, so no second reading of the text can come to another host.
"""

import re

from yarl import URL

from bot.fetching.addresses import Reach

LONGEST_LINK = 4_096  # characters; signed links of photo stores have up to 2,000
# What one reader drops, another keeps or takes for a slash.
AMBIGUOUS = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]")


class LinkRefused(ValueError):
    """A link that is not followed."""


def read_link(text: str, reach: Reach, *, seen_from: URL | None = None) -> URL:
    """The link that a text names; where it is a redirect, it may be relative to the one that it was seen from.

    Raises:
        LinkRefused: it is malformed or too long, names a user, or another scheme or port than the web's.
    """
    if len(text) > LONGEST_LINK or AMBIGUOUS.search(text):
        raise LinkRefused
    try:
        link = URL(text) if seen_from is None else seen_from.join(URL(text))
        # The port is parsed only when it is asked for.
        allowed = link.scheme in ("http", "https") and bool(link.raw_host) and reach.has_port(link.port)
    except ValueError:
        raise LinkRefused from None
    # Asked of the authority, since an empty user is none to `link.user`.
    if not allowed or "@" in link.raw_authority or _has_empty_user(text):
        raise LinkRefused
    return link


def _has_empty_user(text: str) -> bool:
    """Whether an at sign stands in the authority as it was written: yarl leaves out a user without a name."""
    after_slashes = re.sub(r"^(?:[^/?#]*:)?//", "", text, count=1)
    return after_slashes != text and "@" in re.split(r"[/?#]", after_slashes, maxsplit=1)[0]
