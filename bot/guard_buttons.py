"""The buttons of the guard: below an alarm, and below the question whether all of somebody's lessons are taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.keyboards import Keyboards
from bot.replies import Keyboard
from storage import Alarm, Person

LOOK, ASK, REALLY, KEEP, UNDO, FINE = "gl", "gr", "gy", "gn", "gb", "gf"
# What takes so much back does not lie around.
LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class GuardButtons:
    """Makes the keyboards of one admin."""

    keyboards: Keyboards

    def alarm(self, what: Alarm) -> Keyboard:
        return [
            [self.keyboards.button("🔎 Look at them", LOOK, what.id)],
            [self.keyboards.button("↩️ Take back all their lessons…", ASK, what.person_id)],
            [self.keyboards.button("✅ All fine", FINE, what.id)],
        ]

    def teachers(self, people: Sequence[Person]) -> Keyboard:
        return [[self.keyboards.button(one.name or f"Somebody ({one.id})", ASK, one.id)] for one in people]

    def really(self, person_id: int) -> Keyboard:
        return [
            [
                self.keyboards.button("Take all back", REALLY, person_id, lifetime=LIFETIME),
                self.keyboards.button("Keep", KEEP, person_id, lifetime=LIFETIME),
            ]
        ]

    def reverted(self, reversal_id: int) -> Keyboard:
        """It undoes that reversal and no other, however often it is pressed."""
        return [[self.keyboards.button("↩️ Undo", UNDO, reversal_id)]]
