"""Tells the chats that asked for work of the trainer how it goes and how it ended: fits, fine-tunings, reports,
outlooks."""

import time
from pathlib import Path

from bot.actions.reporting import Practice, TrainingEnded, ended_training, pictures_for, practice
from bot.actions.reviewing import Mode
from bot.buttons import Signer
from bot.replies import Said, message
from bot.speech import history, review_texts, texts, tuning_texts
from bot.telling.outlooks import tell_outlook
from storage import JobKind, Store, Unit

# So often, at most, a message that tells of progress is edited.
EDIT_EVERY = 4.0


class Trainings:
    """Looks at the trainer's jobs; `step` blocks: call it from a thread."""

    def __init__(self, store: Store, signer: Signer, bot_id: int) -> None:
        self._store = store
        self._signer = signer
        self._bot_id = bot_id
        self._edit_at = 0.0
        self._said: Practice | None = None

    def step(self) -> bool:
        """Look once; True if somebody is owed a message."""
        ended = self._tell_ended()
        if time.monotonic() < self._edit_at:
            return ended
        self._edit_at = time.monotonic() + EDIT_EVERY
        return self._tell_progress() or ended

    def _tell_ended(self) -> bool:
        with self._store.read() as unit:
            if not unit.jobs.untold():
                return False
        with self._store.write() as unit:
            for ended in ended_training(unit):
                for chat_id in ended.chat_ids:
                    self._tell_end(unit, ended, chat_id)
        return True

    def _tell_end(self, unit: Unit, ended: TrainingEnded, chat_id: int) -> None:
        key = f"job:{ended.job.id}:{chat_id}"
        if ended.job.kind == JobKind.OUTLOOK:
            tell_outlook(unit, self._bot_id, self._signer, ended, chat_id)
            return
        if ended.job.kind == JobKind.SUSPECTS:
            self._tell_listed(unit, ended, chat_id, key)
            return
        if ended.job.kind == JobKind.REPORT:
            self._tell_report(unit, ended, chat_id, key)
            return
        if ended.job.kind == JobKind.TUNE:
            self._edit(unit, ended.job.id, chat_id, tuning_texts.practised((ended.job.result or {}).get("end")))
        self._owe(unit, chat_id, _end_in_words(ended), key)

    def _tell_listed(self, unit: Unit, ended: TrainingEnded, chat_id: int, key: str) -> None:
        """How many cards wait for the reviewer whose private chat it is."""
        reviewer = unit.people.by_telegram_id(chat_id)
        if reviewer is not None:
            counts = unit.suspects.counts_for(ended.job.classifier_id, reviewer.id)
            cards = sum(counts.get(kind, 0) for kind in Mode.ALL.kinds)
            self._owe(unit, chat_id, review_texts.listed(cards), key)

    def _tell_report(self, unit: Unit, ended: TrainingEnded, chat_id: int, key: str) -> None:
        """The words, then the pictures, the main one first; where those are gone by then, the words alone."""
        facts = ended.job.result or {}
        if ended.failed or facts.get("end") != "report":
            self._owe(unit, chat_id, tuning_texts.no_report(), key)
            return
        self._owe(unit, chat_id, tuning_texts.report(facts), key)
        for number, path in enumerate(pictures_for(unit, chat_id, facts)):
            # Read when they are sent: by then a photo in them may be deleted, and they with it.
            payload, name = {"chat_id": chat_id, "picture": path}, Path(path).name
            unit.outbox.owe(self._bot_id, chat_id, "sendPhoto", payload, dedupe=f"{key}:{number}", attachment_name=name)

    def _tell_progress(self) -> bool:
        """Send who asked for a fine-tuning a message that says how far it is, and edit it from then on."""
        with self._store.read() as unit:
            found = practice(unit, unit.classifiers.default().id)
        if found is None or found == self._said or not found.chat_ids:
            return False
        with self._store.write() as unit:
            for chat_id in found.chat_ids:
                text, key = tuning_texts.practising(found.doing), _progress_key(found.job_id, chat_id)
                if not self._owe(unit, chat_id, text, key):
                    self._edit(unit, found.job_id, chat_id, text)
        self._said = found
        return True

    def _edit(self, unit: Unit, job_id: int, chat_id: int, html: str) -> None:
        """Edit the message that tells of a job's progress, if it has been sent."""
        key = _progress_key(job_id, chat_id)
        message_id = unit.outbox.message_of(key)
        if message_id is None:
            return
        payload = {
            "chat_id": chat_id,
            "message_id": message_id,
            "text": html,
            "parse_mode": "HTML",
            "reply_markup": {"inline_keyboard": []},
        }
        unit.outbox.owe(self._bot_id, chat_id, "editMessageText", payload, coalesce=key)

    def _owe(self, unit: Unit, chat_id: int, html: str, dedupe: str) -> bool:
        return unit.outbox.owe(self._bot_id, chat_id, "sendMessage", message(chat_id, Said(html)), dedupe=dedupe)


def _end_in_words(ended: TrainingEnded) -> str:
    result = ended.job.result or {}
    if ended.job.kind == JobKind.TUNE:
        if ended.failed:
            return tuning_texts.tuning_failed(ended.network)
        return tuning_texts.tuning_done(ended.network, result)
    if ended.failed:
        return texts.training_failed(ended.network)
    if result.get("end") == "not_ready":
        return texts.not_enough(ended.missing, ended.readiness)
    return history.training_done(ended.network, result, ended.names)


def _progress_key(job_id: int, chat_id: int) -> str:
    return f"practice:{job_id}:{chat_id}"
