"""Tells people what the trainer made of their lessons: runs beside the handlers, and swaps in each new network."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bot.actions import drifting, late, telling
from bot.actions.asking import Answer, answer_late, waiting_questions
from bot.actions.self_service import setting
from bot.context import Services
from bot.handlers.photos import answer_said
from bot.keyboards import Keyboards
from bot.looking.guesser import Loaded, Refused
from bot.replies import Said, answer_key, message
from bot.speech import answers, progress_texts, texts
from bot.telling.cards import replace_cards
from bot.telling.guarding import Guarding
from bot.telling.inquiries import Inquiries
from bot.telling.silences import end_the_silent
from bot.telling.trainings import Trainings
from storage import Flag, Network, NotFound, Photo, Role, StoreDamaged, StoreUnavailable, Unit, WriteNotDurable
from trainer.errors import PictureUnreadable
from trainer.predicting import Guess

log = logging.getLogger(__name__)
LOOK_EVERY = 0.25
LOOK_BACK = 5.0
AGAIN_AT_ONCE = 5
DRIFTS_EVERY = 15.0


class Again:
    """Questions that the newest network looks at again, a few at a time, and what that brought to whom."""

    def __init__(self, asked: list[late.Asked]) -> None:
        self._waiting = asked
        self.told: Counter[int] = Counter()

    def take(self) -> list[late.Asked]:
        """The next few."""
        some, self._waiting = self._waiting[:AGAIN_AT_ONCE], self._waiting[AGAIN_AT_ONCE:]
        return some


class News:
    """Watches for networks that become active and for trainings that end."""

    def __init__(self, services: Services, bot_id: int) -> None:
        self._services = services
        self._bot_id = bot_id
        # A question may be on its way into the store while a first network is on its way out.
        self._look_back_until = 0.0
        # More questions may wait than are looked at together.
        self._some_waited = False
        self._drifts_at = 0.0
        self._change: Loaded | Refused | None = None
        self._again = Again([])
        self._trainings = Trainings(services.store, services.signer, bot_id)
        self._inquiries = Inquiries(services.store, services.signer, bot_id)
        self._guarding = Guarding(services.store, services.signer, bot_id)
        # Set after the first look: before it, the network that answers is not in memory yet.
        self.looked = asyncio.Event()

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            try:
                if await asyncio.to_thread(self.step):
                    self._services.mail_waits.set()
            except StoreUnavailable as error:
                log.warning("news wait: %s", type(error).__name__)
            except WriteNotDurable:
                raise
            except Exception:
                # A border: people are answered, whatever keeps them from hearing the news.
                log.exception("news failed")
                await asyncio.sleep(LOOK_BACK)
            finally:
                self.looked.set()
            await asyncio.sleep(LOOK_EVERY)

    def step(self) -> bool:
        """Look once; True if somebody is owed a message."""
        # Kept until it is told: the store may fail between the change and the telling.
        self._change = change = self._services.guesser.look() or self._change
        if isinstance(change, Refused):
            self._tell_refused(change.network)
        elif isinstance(change, Loaded):
            self._look_back_until = time.monotonic() + LOOK_BACK
            self._some_waited = True
            self._tell_network(change)
            self._again = self._to_look_at_again(change)
        self._change = None
        if self._some_waited or time.monotonic() < self._look_back_until:
            self._some_waited = self._answer_waiting()
        told = self._trainings.step()
        drifted = self._tell_drifts()
        guarded = self._guarding.step()
        silent = end_the_silent(self._services.store, self._bot_id)
        replaced = replace_cards(self._services.store, self._services.signer, self._bot_id)
        changed = self._look_again()
        asked = self._inquiries.step()
        told = asked or told or drifted or guarded or silent or replaced or changed
        return told or self._some_waited or change is not None

    def _to_look_at_again(self, loaded: Loaded) -> Again:
        with self._services.store.read() as unit:
            return Again(late.asked_lately(unit, loaded.network))

    def _tell_refused(self, network: Network) -> None:
        answering = self._services.guesser.loaded is not None
        with self._services.store.write() as unit:
            for owner in unit.people.with_role(Role.OWNER):
                text = texts.network_refused(network.number, answering=answering)
                self._owe(unit, owner.telegram_id, text, f"refused:{network.id}:{owner.id}")

    def _tell_network(self, loaded: Loaded) -> None:
        network = loaded.network
        with self._services.store.read() as unit:
            corrections = telling.corrections_to_tell(unit, network)
        guesses = [self._guess(loaded, photo) for _, photo in corrections]
        with self._services.store.write() as unit:
            for first, chat in telling.first_news(unit, network):
                self._owe(unit, chat.telegram_id, texts.first_network(network), f"first:{first.id}:{chat.id}")
            self._tell_corrections(unit, network, corrections, guesses)

    def _tell_corrections(
        self,
        unit: Unit,
        network: Network,
        corrections: Sequence[tuple[Flag, Photo]],
        guesses: Sequence[Guess | None],
    ) -> None:
        for (flag, photo), guess in zip(corrections, guesses, strict=True):
            if guess is None:
                continue
            told = telling.learned(unit, network, flag, photo, (guess.label, guess.confidence))
            if told is not None:
                dedupe = f"learned:{flag.id}:{network.id}"
                self._owe(unit, told.chat.telegram_id, texts.learned(told), dedupe, to_message=photo.message_id)

    def _tell_drifts(self) -> bool:
        """Look now and then whether answers have got worse, and tell owners, each thing once and without a sound.

        Here and not where answers and presses are stored: nobody's answer waits for the counting.
        """
        loaded = self._services.guesser.loaded
        if loaded is None or time.monotonic() < self._drifts_at:
            return False
        self._drifts_at = time.monotonic() + DRIFTS_EVERY
        with self._services.store.read() as unit:
            noticed = drifting.look(unit, loaded.network.classifier_id)
            if not noticed and not drifting.to_tell(unit):
                return False
        with self._services.store.write() as unit:
            for found in noticed:
                drifting.note(unit, found)
            told = drifting.to_tell(unit)
            for one in told:
                for owner in one.owners:
                    dedupe = f"drift:{one.drift.id}:{owner.id}"
                    self._owe(unit, owner.telegram_id, progress_texts.drift_told(one.drift), dedupe, quiet=True)
            drifting.note_told(unit, told)
        return bool(told)

    def _look_again(self) -> bool:
        """Look again at some questions of the last days; True if somebody is told of another answer.

        The least of the news: it comes after all others, and what goes wrong with it keeps nobody from them.
        """
        loaded, told = self._services.guesser.loaded, False
        if loaded is None:
            return False
        for asked in self._again.take():
            try:
                told = self._tell_if_changed(loaded, asked) or told
            except WriteNotDurable:
                raise
            except Exception:
                log.exception("photo %s could not be looked at again, its asker hears nothing", asked.photo.id)
        return told

    def _tell_if_changed(self, loaded: Loaded, asked: late.Asked) -> bool:
        guess = self._guess_again(loaded, asked)
        if guess is None:
            return False
        with self._services.store.write() as unit:
            changed = late.change_mind(unit, loaded.network, asked, guess, self._again.told)
            if changed is not None:
                self._owe_change(unit, changed)
        return changed is not None

    def _guess_again(self, loaded: Loaded, asked: late.Asked) -> Guess | None:
        if asked.vector is None:
            return self._guess(loaded, asked.photo)
        return loaded.predictor.guess_embedding(np.frombuffer(asked.vector, dtype="<f4"))

    def _owe_change(self, unit: Unit, changed: late.ChangedMind) -> None:
        chat, person = changed.presence.chat, changed.presence.person
        keyboards = Keyboards(self._services.signer, chat.telegram_id, person.telegram_id, unit.now)
        said = answers.changed_mind(changed.before, changed.now, details=setting(chat, "details"))
        whole = Said(said, keyboards.answer(changed.now))
        payload = message(chat.telegram_id, whole, to_message=changed.photo.message_id, quiet=True)
        dedupe = answer_key(changed.now.prediction.id)
        unit.outbox.owe(self._bot_id, chat.telegram_id, "sendMessage", payload, dedupe=dedupe)

    def _guess(self, loaded: Loaded, photo: Photo) -> Guess | None:
        """What the network says of a photo; None if it was deleted meanwhile, or its file cannot be read.

        One file that the disk does not give must not keep everybody from all other news.
        """
        try:
            return loaded.predictor.guess(self._services.store.blobs.read(photo.digest))
        except (NotFound, StoreDamaged, StoreUnavailable, PictureUnreadable) as error:
            log.warning("photo %s cannot be looked at: %s", photo.id, type(error).__name__)
            return None

    def _answer_waiting(self) -> bool:
        """Answer some of the questions that came before there was a network; False if none could be."""
        loaded = self._services.guesser.loaded
        if loaded is None:
            return False
        with self._services.store.read() as unit:
            photos = waiting_questions(unit, loaded.network.classifier_id)
        answered = False
        for photo in photos:
            guess = self._guess(loaded, photo)
            if guess is None:
                continue
            with self._services.store.write() as unit:
                found = answer_late(unit, photo, guess, loaded.network)
                if found is not None:
                    self._owe_answer(unit, photo, found)
                    answered = True
        return answered

    def _owe_answer(self, unit: Unit, photo: Photo, found: Answer) -> None:
        if photo.chat_id is None or photo.owner_id is None or photo.message_id is None:
            return
        chat, person = unit.chats.get(photo.chat_id), unit.people.get(photo.owner_id)
        keyboards = Keyboards(self._services.signer, chat.telegram_id, person.telegram_id, unit.now)
        payload = message(chat.telegram_id, answer_said(chat, keyboards, found), to_message=photo.message_id)
        dedupe = answer_key(found.prediction.id)
        unit.outbox.owe(self._bot_id, chat.telegram_id, "sendMessage", payload, dedupe=dedupe)

    def _owe(
        self, unit: Unit, chat_id: int, html: str, dedupe: str, *, to_message: int | None = None, quiet: bool = False
    ) -> None:
        payload = message(chat_id, Said(html), to_message=to_message, quiet=quiet)
        unit.outbox.owe(self._bot_id, chat_id, "sendMessage", payload, dedupe=dedupe)
