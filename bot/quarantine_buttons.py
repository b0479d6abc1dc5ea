"""The buttons below the card of a refused file. Each carries its card, and Skip and Undo where to go on."""

from dataclasses import dataclass

from bot.actions.quarantining import Refused
from bot.keyboards import Keyboards
from bot.replies import Keyboard

TAKE, DROP, SKIP, UNDO, STOP = "zt", "zd", "zs", "zu", "zq"
ACTIONS = (TAKE, DROP, SKIP, UNDO, STOP)


@dataclass(frozen=True, slots=True)
class QuarantineButtons:
    keyboards: Keyboards

    def card(self, card: Refused, *, is_seen: bool, undoable: int | None) -> Keyboard:
        number = card.about.id
        take = [self.keyboards.button("✅ Take it all the same", TAKE, number)] if is_seen else []
        drop = self.keyboards.button("🗑 Drop", DROP, number)
        ways_out = [self.keyboards.button("⏭ Skip", SKIP, number), self.keyboards.button("⏹ Stop", STOP, number)]
        return [[*take, drop], [*self._undo(undoable), *ways_out]]

    def over(self, undoable: int | None) -> Keyboard:
        undo = self._undo(undoable)
        return [undo] if undo else []

    def _undo(self, undoable: int | None) -> list[dict[str, str]]:
        return [] if undoable is None else [self.keyboards.button("↩️ Undo", UNDO, undoable)]
