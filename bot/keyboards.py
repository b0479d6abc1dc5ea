"""The buttons below the bot's messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.actions.asking import Answer
from bot.actions.correcting import Choices
from bot.actions.self_service import CHAT_SETTINGS, setting
from bot.buttons import Press, Signer
from bot.replies import Keyboard
from storage import Chat, Label

# Actions as they stand in callback data: short, since 64 bytes must hold all of it.
RIGHT, WRONG, PICK, OTHER, NONE, BACK, WHY = "r", "w", "p", "o", "n", "b", "y"
DONE = "d"
STOP, TAKE_BACK, TAKE_BACK_REALLY, TAKE_BACK_NOT = "cs", "cb", "cy", "cn"
TOGGLE, FORGET, FORGET_REALLY, FORGET_NOT = "t", "f", "fy", "fn"
SETTING_NAMES = tuple(CHAT_SETTINGS)
_SETTING_TITLES = {
    "tell": "Tell people what became of corrections",
    "details": "Show other guesses and the network",
    "every_photo": "Look at every photo, not only at mentions",
    "late": "Say when a new network changes its mind",
    "credit": "Show others my photos and name as reasons",
}
# Deleting is asked twice, and the second question does not lie around.
FORGET_LIFETIME = timedelta(hours=1)
MAX_BUTTON_TEXT = 40


@dataclass(frozen=True, slots=True)
class Keyboards:
    """Makes signed buttons for one person in one chat (Telegram ids)."""

    signer: Signer
    chat_id: int
    person_id: int
    now: datetime

    def answer(self, what: Answer) -> Keyboard:
        """Right and Wrong; the names to choose from where there are a few; where there is none, it is asked for."""
        prediction = what.prediction.id
        wrong, why = self._button("👎 Wrong", WRONG, prediction), self._button("💡 Why?", WHY, prediction)
        if what.label is None:
            return [*self.choices(Choices(what, tuple(label for label, _ in what.ranked[:3])), back=False), [why]]
        if what.between:
            return [*self._picks(prediction, what.between), [wrong, why]]
        return [[self._button("👍 Right", RIGHT, prediction), wrong, why]]

    def choices(self, what: Choices, *, back: bool = True) -> Keyboard:
        """The likely labels two in a row, then the ways out."""
        prediction = what.answer.prediction.id
        rows = self._picks(prediction, what.labels)
        rows.append(
            [self._button("✏️ Another label", OTHER, prediction), self._button("🚫 None of these", NONE, prediction)]
        )
        if back:
            rows.append([self._button("↩️ Back", BACK, prediction)])
        return rows

    def _picks(self, prediction: int, labels: Sequence[Label]) -> Keyboard:
        picks = [self._button(label.name, PICK, prediction, label.id) for label in labels]
        return [picks[at : at + 2] for at in range(0, len(picks), 2)]

    def settings(self, chat: Chat) -> Keyboard:
        elsewhere = {"every_photo"} if chat.kind == "private" else {"late", "credit"}
        shown = [name for name in SETTING_NAMES if name not in elsewhere]
        return [
            [
                self._button(
                    f"{'✅' if setting(chat, name) else '⬜'} {_SETTING_TITLES[name]}",
                    TOGGLE,
                    SETTING_NAMES.index(name),
                )
            ]
            for name in shown
        ]

    def teaching(self, teaching_id: int) -> Keyboard:
        return [[self._button("✅ Done", DONE, teaching_id)]]

    def collection_at_work(self, collection_id: int) -> Keyboard:
        return [[self._button("⏹ Stop", STOP, collection_id)]]

    def collection_ended(self, collection_id: int) -> Keyboard:
        return [[self._button("↩️ Take all back…", TAKE_BACK, collection_id)]]

    def take_back(self, collection_id: int) -> Keyboard:
        return [
            [
                self._button("Take all back", TAKE_BACK_REALLY, collection_id, lifetime=FORGET_LIFETIME),
                self._button("Keep", TAKE_BACK_NOT, collection_id, lifetime=FORGET_LIFETIME),
            ]
        ]

    def my_data(self) -> Keyboard:
        return [[self._button("🗑 Delete all of it…", FORGET, 0)]]

    def forget(self) -> Keyboard:
        return [
            [
                self._button("Delete for good", FORGET_REALLY, 0, lifetime=FORGET_LIFETIME),
                self._button("Keep", FORGET_NOT, 0, lifetime=FORGET_LIFETIME),
            ]
        ]

    def _button(
        self, text: str, action: str, thing: int, argument: int = 0, *, lifetime: timedelta | None = None
    ) -> dict[str, str]:
        limits = {"lifetime": lifetime} if lifetime else {}
        data = self.signer.sign(
            Press(action, thing, argument),
            chat_id=self.chat_id,
            person_id=self.person_id,
            now=self.now,
            **limits,
        )
        return {"text": _short(text), "callback_data": data}


def _short(text: str) -> str:
    return text if len(text) <= MAX_BUTTON_TEXT + 6 else text[: MAX_BUTTON_TEXT + 5] + "…"
