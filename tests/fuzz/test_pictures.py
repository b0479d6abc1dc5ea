"""The short form of fuzzing: every seed, and some damage to each."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.pictures import check, seeds


@pytest.mark.filterwarnings("ignore")
def test_seeds_and_what_becomes_of_them_are_pictures_or_refused() -> None:
    chance, tried = random.Random(0), 0

    for seed in seeds():
        check(seed)
        for _ in range(20):
            damaged = bytearray(seed)
            for _ in range(chance.randint(1, 6)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            check(bytes(damaged[: chance.choice((None, chance.randrange(len(damaged))))]))
            tried += 1

    assert tried > 400
