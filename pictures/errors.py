"""Why bytes cannot become a picture."""

from enum import StrEnum


class Refusal(StrEnum):
    """Why bytes cannot become a picture."""

    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    NOT_A_PICTURE = "not_a_picture"
    KIND_NOT_TAKEN = "kind_not_taken"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    BROKEN = "broken"
    BLANK = "blank"
    TOO_HARD = "too_hard"  # whoever decoded it reached a limit, or died of it


class PictureRefused(Exception):
    """Bytes that cannot become a picture.

    `limit` and `given` carry the numbers behind the refusal, where there are any.
    """

    def __init__(self, refusal: Refusal, *, given: str = "", limit: str = "") -> None:
        super().__init__(f"{refusal.value} given={given} limit={limit}")
        self.refusal = refusal
        self.given = given
        self.limit = limit
