"""Many people who teach, ask, correct themselves, command and press, each in a chat of their own, from one seed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from dataclasses import dataclass, field

from tests.chaos.homes import LABELS, picture
from tests.support.people import Message, People, Person

# What twenty updates of a person are; each press follows the answer to one of the questions.
TURNS = ["lesson"] * 11 + ["question"] * 3 + ["edit"] * 2 + ["command"]
COMMANDS = ("/help", "/labels", "/status", "/settings")
LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Deed:
    """One update of a person: what it was, and the message that it is about."""

    kind: str
    person: Person
    message: Message
    label: str = ""


@dataclass
class Crowd:
    """Everybody; they do one thing for each ticket, so that it can be told how much happens when."""

    people: People
    seed: int
    deeds: list[Deed] = field(default_factory=list)
    tickets: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def live(self, updates: int, turns: list[str] = TURNS) -> None:
        """Do so many things and end; a bot that never answers leaves people waiting for ever."""
        each = len(turns) + turns.count("question") * ("edit" in turns)
        persons = [await self.people.add(f"Person {number}") for number in range(-(-updates // each))]
        async with asyncio.TaskGroup() as lives:
            for number, person in enumerate(persons):
                life = Life(self, person, random.Random(f"{self.seed} {number}"), 1000 * number)
                lives.create_task(life.live(turns, min(each, updates - each * number), presses="edit" in turns))

    def let(self, count: int) -> None:
        """Let the next things happen."""
        for _ in range(count):
            self.tickets.release()

    def counts(self) -> Counter[str]:
        return Counter(deed.kind for deed in self.deeds)


class Life:
    """One person's turns, in order."""

    def __init__(self, crowd: Crowd, person: Person, rng: random.Random, first_seed: int) -> None:
        self._crowd = crowd
        self._person = person
        self._rng = rng
        self._seed = first_seed
        self._lessons: list[Deed] = []
        self._asked: Deed | None = None

    async def live(self, turns: list[str], updates: int, *, presses: bool) -> None:
        # Lessons first, so that there is something to edit.
        order = deque(["lesson", "lesson", *self._rng.sample(turns[2:], len(turns) - 2)])
        for _ in range(updates):
            if presses and self._asked is not None:
                await self._press(self._asked)
            else:
                await self._turn(order.popleft())

    async def _turn(self, kind: str) -> None:
        await self._crowd.tickets.acquire()
        self._seed += 1
        label = self._rng.choice(LABELS)
        if kind == "lesson":
            message = await self._person.send_photo(picture(label, self._seed), caption=label)
            self._lessons.append(self._note(kind, message, label))
        elif kind == "question":
            self._asked = self._note(kind, await self._person.send_photo(picture(label, self._seed)))
        elif kind == "command":
            self._note(kind, await self._person.send_text(self._rng.choice(COMMANDS)))
        else:
            lesson = self._lessons.pop(self._rng.randrange(len(self._lessons)))
            label = self._rng.choice([other for other in LABELS if other != lesson.label])
            self._note(kind, await self._person.edit_caption(lesson.message, label), label)

    async def _press(self, question: Deed) -> None:
        """Wait for the answer, then press its first button: right, or the likeliest label."""
        answer = None
        while answer is None:
            await asyncio.sleep(LOOK_EVERY)
            seen = await self._person.history()
            answer = next((each for each in seen if each.reply_to == question.message.id and each.buttons), None)
        await self._crowd.tickets.acquire()
        await self._person.press(answer, answer.buttons[0])
        self._asked = None
        self._note("press", answer)

    def _note(self, kind: str, message: Message, label: str = "") -> Deed:
        deed = Deed(kind, self._person, message, label)
        self._crowd.deeds.append(deed)
        return deed
