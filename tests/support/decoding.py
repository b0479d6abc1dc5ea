"""The processes that decode, shared by all tests of one run: starting them for each would take longer than most."""

import atexit
import functools

from pictures.decoders import Decoders


@functools.cache
def shared_decoders() -> Decoders:
    decoders = Decoders()
    atexit.register(decoders.close)
    return decoders
