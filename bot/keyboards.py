"""The buttons below the bot's messages."""

from collections.abc import Callable, Sequence
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
MEANT, KEEP_NAME, NAMES = "m", "k", "q"
# Labels: a page of them, one, and what can be done with it; then a change: do it, leave it, take it back.
LABELS, LABEL, RENAME, DESCRIBE, MERGE, MERGE_INTO, RETIRE, RESTORE = "lp", "la", "ln", "ld", "lm", "li", "lr", "ls"
CHANGE, CHANGE_NOT, CHANGE_UNDO = "ly", "lx", "lu"
DATA_SET = "xd"
DONE, SAME_NAME, BOTH_STAY = "d", "c", "ck"
STOP, TAKE_BACK, TAKE_BACK_REALLY, TAKE_BACK_NOT = "cs", "cb", "cy", "cn"
SECOND, SECOND_OTHER, SECOND_NONE, CANNOT_TELL, LATER, ASK_NO_MORE = "ip", "io", "in", "it", "il", "is"
TOGGLE, FORGET, FORGET_REALLY, FORGET_NOT = "t", "f", "fy", "fn"
SETTING_NAMES = tuple(CHAT_SETTINGS)
_SETTING_TITLES = {
    "tell": "Tell people what became of corrections",
    "details": "Show other guesses and the network",
    "every_photo": "Look at every photo, not only at mentions",
    "late": "Say when a new network changes its mind",
    "credit": "Show others my photos and name as reasons",
    "asked": "Ask me now and then what a photo shows",
    "lend": "Ask others about my photos, without my name",
}
# Deleting is asked twice, and the second question does not lie around.
FORGET_LIFETIME = timedelta(hours=1)
MAX_BUTTON_TEXT = 40
# How many names stand on a page of them.
PAGE = 8


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
        wrong, why = self.button("👎 Wrong", WRONG, prediction), self.button("💡 Why?", WHY, prediction)
        if what.label is None:
            return [*self.choices(Choices(what, tuple(label for label, _ in what.ranked[:3])), back=False), [why]]
        if what.between:
            return [*self._picks(prediction, what.between), [wrong, why]]
        return [[self.button("👍 Right", RIGHT, prediction), wrong, why]]

    def choices(self, what: Choices, *, back: bool = True) -> Keyboard:
        """The likely labels two in a row, then the ways out."""
        prediction = what.answer.prediction.id
        rows = self._picks(prediction, what.labels)
        rows.append(
            [self.button("✏️ Another label", OTHER, prediction), self.button("🚫 None of these", NONE, prediction)]
        )
        if back:
            rows.append([self.button("↩️ Back", BACK, prediction)])
        return rows

    def _picks(self, prediction: int, labels: Sequence[Label]) -> Keyboard:
        picks = [self.button(label.name, PICK, prediction, label.id) for label in labels]
        return [picks[at : at + 2] for at in range(0, len(picks), 2)]

    def names(self, what: Choices, page: int) -> Keyboard:
        """All labels that it could be, page by page, then the ways out: what is not there can be typed."""
        prediction = what.answer.prediction.id
        picks = [self.button(label.name, PICK, prediction, label.id) for label in what.labels]
        ways_out = [self.button("🚫 None of these", NONE, prediction), self.button("↩️ Back", BACK, prediction)]
        return [*self.paged(picks, page, lambda to: (NAMES, prediction, to)), ways_out]

    def paged(self, picks: Sequence[dict[str, str]], page: int, to: Callable[[int], tuple[str, int, int]]) -> Keyboard:
        """Two in a row, a page of them, and the way to the pages beside it; `to` is the press that leads to a page."""
        last = max(len(picks) - 1, 0) // PAGE
        page = min(page, last)
        shown = list(picks[page * PAGE : (page + 1) * PAGE])
        rows = [shown[at : at + 2] for at in range(0, len(shown), 2)]
        before = [self.button(f"◀ {page} of {last + 1}", *to(page - 1))] if page else []
        after = [self.button(f"{page + 2} of {last + 1} ▶", *to(page + 1))] if page < last else []
        return [*rows, *([before + after] if last else [])]

    def settings(self, chat: Chat) -> Keyboard:
        elsewhere = {"every_photo"} if chat.kind == "private" else {"late", "credit", "asked", "lend"}
        shown = [name for name in SETTING_NAMES if name not in elsewhere]
        return [
            [
                self.button(
                    f"{'✅' if setting(chat, name) else '⬜'} {_SETTING_TITLES[name]}",
                    TOGGLE,
                    SETTING_NAMES.index(name),
                )
            ]
            for name in shown
        ]

    def inquiry(self, inquiry_id: int, labels: Sequence[Label]) -> Keyboard:
        """Below a photo of somebody else's: likely labels, other answers, and the ways out."""
        picks = [self.button(one.name, SECOND, inquiry_id, one.id) for one in labels]
        other = self.button("✏️ Another label", SECOND_OTHER, inquiry_id)
        return [
            *(picks[at : at + 2] for at in range(0, len(picks), 2)),
            [other, self.button("🚫 None of these", SECOND_NONE, inquiry_id)],
            [self.button("🤷 Cannot tell", CANNOT_TELL, inquiry_id), self.button("⏰ Later", LATER, inquiry_id)],
            [self.button("🔕 Don't ask me", ASK_NO_MORE, inquiry_id)],
        ]

    def data_set(self) -> Keyboard:
        return [[self.button("📦 Send the data set", DATA_SET, 0)]]

    def teaching(self, teaching_id: int) -> Keyboard:
        return [[self.button("✅ Done", DONE, teaching_id)]]

    def which_name(self, photo_id: int, label: Label, other_id: int | None, other: Label) -> Keyboard:
        """A photo has a name, and one that is all but the same has another: one press makes them one."""
        names = [self.button(other.name, SAME_NAME, photo_id, other.id)]
        if other_id is not None:
            names.append(self.button(label.name, SAME_NAME, other_id, label.id))
        return [names, [self.button("Both stay", BOTH_STAY, photo_id)]]

    def collection_at_work(self, collection_id: int) -> Keyboard:
        return [[self.button("⏹ Stop", STOP, collection_id)]]

    def collection_ended(self, collection_id: int) -> Keyboard:
        return [[self.button("↩️ Take all back…", TAKE_BACK, collection_id)]]

    def take_back(self, collection_id: int) -> Keyboard:
        return [
            [
                self.button("Take all back", TAKE_BACK_REALLY, collection_id, lifetime=FORGET_LIFETIME),
                self.button("Keep", TAKE_BACK_NOT, collection_id, lifetime=FORGET_LIFETIME),
            ]
        ]

    def my_data(self) -> Keyboard:
        return [[self.button("🗑 Delete all of it…", FORGET, 0)]]

    def forget(self) -> Keyboard:
        return [
            [
                self.button("Delete for good", FORGET_REALLY, 0, lifetime=FORGET_LIFETIME),
                self.button("Keep", FORGET_NOT, 0, lifetime=FORGET_LIFETIME),
            ]
        ]

    def button(
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
