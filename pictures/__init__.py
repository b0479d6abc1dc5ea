"""From bytes that somebody sent to a picture that can be kept, by processes that can hurt nobody.

It knows nothing of the others: what decodes has neither store nor settings in its memory, and is started in no time.
"""

from pictures.errors import PictureRefused, Refusal
from pictures.normalising import Picture, Pixels, normalise

__all__ = ["Picture", "PictureRefused", "Pixels", "Refusal", "normalise"]
