"""The buttons below a review card. Each carries its card and, in one number, the mode and what else it needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.actions.cards import Card, Progress
from bot.actions.reviewing import Mode
from bot.keyboards import Keyboards
from bot.replies import Keyboard
from storage import Label, SuspectKind

KEEP, PROPOSED, CHOSEN, ANOTHER, ASIDE = "vk", "vp", "vc", "vo", "va"
CANNOT_TELL, SKIP, BEST, DIFFERENT = "vt", "vs", "vb", "vd"
UNDO, STOP, BACK = "vu", "vq", "vr"
# Below a card whose photo was deleted: the next one.
GO_ON = "vg"
# All waiting lessons of a newcomer are right.
ALL_RIGHT = "vn"
ACTIONS = (
    KEEP,
    PROPOSED,
    CHOSEN,
    ANOTHER,
    ASIDE,
    CANNOT_TELL,
    SKIP,
    BEST,
    DIFFERENT,
    UNDO,
    STOP,
    BACK,
    GO_ON,
    ALL_RIGHT,
)
# A mode takes the lowest bits of a button's argument.
_MODES = 8
LABELS_A_PAGE = 8


def with_mode(mode: Mode, value: int = 0) -> int:
    return value * _MODES + int(mode)


def mode_and_value(argument: int) -> tuple[Mode, int]:
    """What `with_mode` packed; raises ValueError for no mode that there is."""
    value, mode = divmod(argument, _MODES)
    return Mode(mode), value


@dataclass(frozen=True, slots=True)
class ReviewButtons:
    """Makes the keyboards of one reviewer's cards."""

    keyboards: Keyboards

    def card(self, card: Card, progress: Progress) -> Keyboard:
        decisions = self._of_group(card) if card.is_group else self._of_photo(card)
        return [*decisions, self._ways_out(card.mode, card.suspect.id, progress)]

    def ended(self, mode: Mode, progress: Progress) -> Keyboard:
        """Below a summary: the last decision can still be taken back."""
        return [] if progress.undoable is None else [[self._undo(mode, progress.undoable)]]

    def deleted(self, mode: Mode, message: int) -> Keyboard:
        """Below a card whose photo was deleted. A message of a review stands in for the card that is gone."""
        return [[self.keyboards.button("▶️ Go on", GO_ON, message, with_mode(mode))]]

    def labels(self, card: Card, labels: Sequence[Label], page: int) -> Keyboard:
        """One page of names, two in a row, and the way back."""
        number, mode = card.suspect.id, card.mode
        start = page * LABELS_A_PAGE
        picks = [
            self.keyboards.button(one.name, CHOSEN, number, with_mode(mode, one.id))
            for one in labels[start : start + LABELS_A_PAGE]
        ]
        rows = [picks[at : at + 2] for at in range(0, len(picks), 2)]
        last = [self.keyboards.button("↩️ Back", BACK, number, with_mode(mode))]
        if start + LABELS_A_PAGE < len(labels):
            last.append(self.keyboards.button("More…", ANOTHER, number, with_mode(mode, page + 1)))
        return [*rows, last]

    def _of_photo(self, card: Card) -> Keyboard:
        number, argument = card.suspect.id, with_mode(card.mode)
        first = []
        if card.given is not None:
            first.append(self.keyboards.button(f"✅ Keep {card.given.name}", KEEP, number, argument))
        if card.proposal is not None:
            first.append(self.keyboards.button(f"🔁 {card.proposal.name}", PROPOSED, number, argument))
        names = [one.label for one in card.voices if one.label is not None][:LABELS_A_PAGE]
        first += [
            self.keyboards.button(f"🔁 {one.name}", CHOSEN, number, with_mode(card.mode, one.id)) for one in names
        ]
        every = []
        if card.waiting > 1:
            # It speaks of those that wait by now, and of none that come later.
            shown = with_mode(card.mode, card.newest_vote)
            every.append(self.keyboards.button(f"✅ All {card.waiting} of this person's", ALL_RIGHT, number, shown))
        another = self.keyboards.button("✏️ Another", ANOTHER, number, argument)
        aside = self.keyboards.button("🗂 Set aside", ASIDE, number, argument)
        rows = [first[at : at + 2] for at in range(0, len(first), 2)]
        return [*rows, *([every] if every else []), [another, aside], self._unsure(card)]

    def _of_group(self, card: Card) -> Keyboard:
        number, argument = card.suspect.id, with_mode(card.mode)
        others = len(card.suspect.photo_ids) - 1
        rest = "the other" if others == 1 else f"{others} others"
        best = self.keyboards.button(f"✅ Keep the first, set {rest} aside", BEST, number, argument)
        name = "↔️ Not the same" if card.suspect.kind is SuspectKind.DUPLICATE else "↔️ Keep both"
        different = self.keyboards.button(name, DIFFERENT, number, argument)
        return [[best], [different], self._unsure(card)]

    def _unsure(self, card: Card) -> list[dict[str, str]]:
        number, argument = card.suspect.id, with_mode(card.mode)
        return [
            self.keyboards.button("🤷 Cannot tell", CANNOT_TELL, number, argument),
            self.keyboards.button("⏭ Skip", SKIP, number, argument),
        ]

    def _ways_out(self, mode: Mode, suspect_id: int, progress: Progress) -> list[dict[str, str]]:
        undo = [] if progress.undoable is None else [self._undo(mode, progress.undoable)]
        return [*undo, self.keyboards.button("⏹ Stop", STOP, suspect_id, with_mode(mode))]

    def _undo(self, mode: Mode, decision_id: int) -> dict[str, str]:
        return self.keyboards.button("↩️ Undo", UNDO, decision_id, with_mode(mode))
