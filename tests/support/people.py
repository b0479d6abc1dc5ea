"""People for tests: they act through the chat page's own requests, so they do and see what people do and see."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.playground import Playground, create_app

Json = dict[str, Any]
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Message:
    """A message as a person has it on the screen."""

    raw: Json = field(repr=False)
    id: int
    chat_id: int
    sender: str
    from_bot: bool
    text: str

    @classmethod
    def from_json(cls, raw: Json) -> Message:
        sender = raw["from"]
        text = raw.get("text") or raw.get("caption") or ""
        return cls(raw, raw["message_id"], raw["chat"]["id"], sender["first_name"], sender["is_bot"], text)

    @property
    def buttons(self) -> list[str]:
        """The labels of the inline buttons, row by row."""
        return [button["text"] for row in self._rows for button in row]

    @property
    def photo(self) -> str | None:
        """The file_id of the largest size."""
        return self.raw["photo"][-1]["file_id"] if "photo" in self.raw else None

    @property
    def document(self) -> Json | None:
        return self.raw.get("document")

    @property
    def album(self) -> str | None:
        return self.raw.get("media_group_id")

    @property
    def reply_to(self) -> int | None:
        return self.raw["reply_to_message"]["message_id"] if "reply_to_message" in self.raw else None

    @property
    def is_edited(self) -> bool:
        return "edit_date" in self.raw

    @property
    def entities(self) -> list[Json]:
        return self.raw.get("entities") or self.raw.get("caption_entities") or []

    @property
    def reactions(self) -> list[str]:
        return [reaction["emoji"] for reaction in self.raw.get("reactions", [])]

    def place_of(self, label: str) -> tuple[int, int]:
        """Row and column of a button by its visible text; part of the text is enough when it is unambiguous."""
        places = [(r, c, b["text"]) for r, row in enumerate(self._rows) for c, b in enumerate(row)]
        exact = [place for place in places if place[2] == label]
        found = exact or [place for place in places if label.lower() in place[2].lower()]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} buttons say {label!r} among {self.buttons} under {self.text!r}")
        return found[0][0], found[0][1]

    @property
    def _rows(self) -> list[list[Json]]:
        rows: list[list[Json]] = self.raw.get("reply_markup", {}).get("inline_keyboard", [])
        return rows


@dataclass(frozen=True)
class Toast:
    """What popped up after a button was pressed."""

    query_id: str
    text: str
    alert: bool


class Refusal(Exception):
    """The app refused what the person tried; the sentence the person reads."""


class People:
    """Everybody at one server. Use it as `async with People(url) as people`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._news = asyncio.Condition()
        self._toasts: dict[int, list[Toast]] = {}
        self._typing: list[Json] = []
        self._people: dict[str, Person] = {}
        self._http: aiohttp.ClientSession
        self._listener: asyncio.Task[None]

    async def __aenter__(self) -> People:
        self._http = aiohttp.ClientSession()
        ready = asyncio.Event()
        self._listener = asyncio.create_task(self._listen(ready))
        await asyncio.wait_for(ready.wait(), PATIENCE_SECONDS)
        await self._meet()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        await self._http.close()

    def person(self, name: str) -> Person:
        """Somebody who is there already: Owner, Ann, Bo, or anybody added."""
        return self._people[name]

    async def add(self, name: str) -> Person:
        user = await self.ask("people", {"name": name})
        self._people[name] = Person(self, user)
        return self._people[name]

    async def group(self, title: str = "Our group") -> int:
        """The chat id of a group by its title."""
        chats = [chat for person in (await self.state())["people"] for chat in person["chats"]]
        return next(int(chat["id"]) for chat in chats if chat.get("title") == title)

    async def set_privacy(self, *, reads_all: bool) -> None:
        await self.ask("privacy", {"reads_all": reads_all})

    async def state(self) -> Json:
        return await self.get("/api/state")

    async def ask(self, act: str, body: Json) -> Any:
        async with self._http.post(f"{self._url}/api/{act}", json=body) as answer:
            return _result(await answer.json())

    async def upload(self, form: aiohttp.FormData) -> list[Json]:
        async with self._http.post(f"{self._url}/api/show", data=form) as answer:
            result: list[Json] = _result(await answer.json())
            return result

    async def get(self, path: str) -> Json:
        async with self._http.get(self._url + path) as answer:
            body: Json = await answer.json()
            if not answer.ok:
                raise Refusal(body["sentence"])
            return body

    async def download(self, file_id: str) -> bytes:
        async with self._http.get(f"{self._url}/api/files/{file_id}") as answer:
            answer.raise_for_status()
            return await answer.read()

    def toasts_of(self, person_id: int) -> list[Toast]:
        return self._toasts.setdefault(person_id, [])

    def typing_in(self, chat_id: int) -> list[str]:
        return [event["action"] for event in self._typing if event["chat_id"] == chat_id]

    async def until(self, look: Callable[[], Any], what: str, timeout: float) -> Any:
        """Wait until an (async) look finds something; looks again at every piece of news."""
        deadline = time.monotonic() + timeout
        while True:
            async with self._news:
                if found := await look():
                    return found
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{what} did not come within {timeout:g} s")
                try:
                    await asyncio.wait_for(self._news.wait(), min(left, 0.5))
                except TimeoutError:
                    continue

    async def _listen(self, ready: asyncio.Event) -> None:
        async with self._http.ws_connect(f"{self._url}/api/events") as socket:
            ready.set()
            async for frame in socket:
                await self._take(json.loads(frame.data))

    async def _take(self, event: Json) -> None:
        if event["type"] == "answer":
            toast = Toast(event["query_id"], event["text"], event["alert"])
            self.toasts_of(event["person_id"]).append(toast)
        if event["type"] == "typing":
            self._typing.append(event)
        async with self._news:
            self._news.notify_all()

    async def _meet(self) -> None:
        for user in (await self.state())["people"]:
            self._people[user["first_name"]] = Person(self, user)


class Person:
    """Acts happen in the private chat with the bot unless `chat` names a group."""

    def __init__(self, people: People, user: Json) -> None:
        self._people = people
        self.id: int = user["id"]
        self.name: str = user["first_name"]

    async def send_text(self, text: str, *, chat: int | None = None, reply_to: Message | None = None) -> Message:
        body = {**self._in(chat), "text": text, "reply_to": reply_to.id if reply_to else None}
        return Message.from_json((await self._people.ask("say", body))[-1])

    async def reply(self, message: Message, text: str) -> Message:
        return await self.send_text(text, chat=message.chat_id, reply_to=message)

    async def send_photo(
        self, data: bytes, *, caption: str = "", chat: int | None = None, reply_to: Message | None = None
    ) -> Message:
        return (await self._show([("photo.jpg", data, caption)], chat, reply_to, as_files=False))[0]

    async def send_document(
        self, data: bytes, *, name: str = "photo.jpg", caption: str = "", chat: int | None = None
    ) -> Message:
        return (await self._show([(name, data, caption)], chat, None, as_files=True))[0]

    async def send_album(
        self,
        photos: Sequence[bytes],
        *,
        captions: Sequence[str] = (),
        chat: int | None = None,
        as_files: bool = False,
    ) -> list[Message]:
        """Several at once; one caption belongs to the first photo, as in Telegram's apps."""
        texts = [*captions, *[""] * len(photos)]
        items = [(f"photo{i}.jpg", data, texts[i]) for i, data in enumerate(photos)]
        return await self._show(items, chat, None, as_files=as_files)

    async def start(self, payload: str = "") -> Message:
        return Message.from_json(await self._people.ask("start", {"me": self.id, "payload": payload}))

    async def edit_text(self, message: Message, text: str) -> Message:
        return Message.from_json(await self._people.ask("edit", {**self._on(message), "text": text}))

    async def edit_caption(self, message: Message, caption: str) -> Message:
        return await self.edit_text(message, caption)

    async def delete(self, *messages: Message) -> None:
        ids = [message.id for message in messages]
        await self._people.ask("delete", {**self._in(messages[0].chat_id), "message_ids": ids})

    async def forward(self, message: Message, *, to: int | None = None) -> Message:
        body = {**self._on(message), "to_chat_id": self.id if to is None else to}
        return Message.from_json(await self._people.ask("forward", body))

    async def react(self, message: Message, emoji: str | None) -> None:
        await self._people.ask("react", {**self._on(message), "emoji": emoji})

    async def press(self, message: Message, label: str) -> str:
        """Press a button by its visible text as the message stands now; the query's id, for wait_for_toast."""
        row, column = (await self.refreshed(message)).place_of(label)
        query_id: str = await self._people.ask("press", {**self._on(message), "row": row, "column": column})
        return query_id

    async def block(self) -> None:
        await self._people.ask("block", {"me": self.id})

    async def unblock(self) -> None:
        await self._people.ask("unblock", {"me": self.id})

    async def create_group(self, title: str, *, basic: bool = False) -> int:
        return int((await self._people.ask("groups", {"me": self.id, "title": title, "basic": basic}))["id"])

    async def join(self, chat: int) -> None:
        await self._people.ask("join", self._in(chat))

    async def leave(self, chat: int) -> None:
        await self._people.ask("remove", {**self._in(chat), "user_id": self.id})

    async def add_to_group(self, chat: int, user_id: int) -> None:
        await self._people.ask("add", {**self._in(chat), "user_id": user_id})

    async def remove_from_group(self, chat: int, user_id: int) -> None:
        await self._people.ask("remove", {**self._in(chat), "user_id": user_id})

    async def promote(self, chat: int, user_id: int, *, admin: bool = True) -> None:
        await self._people.ask("promote", {**self._in(chat), "user_id": user_id, "admin": admin})

    async def upgrade_group(self, chat: int) -> int:
        return int(await self._people.ask("upgrade", self._in(chat)))

    async def bot_id(self) -> int:
        return int((await self._people.state())["bot"]["id"])

    async def history(self, *, chat: int | None = None, limit: int = 200) -> list[Message]:
        where = self.id if chat is None else chat
        body = await self._people.get(f"/api/chats/{where}/messages?me={self.id}&limit={limit}")
        return [Message.from_json(each) for each in body["messages"]]

    async def refreshed(self, message: Message) -> Message:
        """The message as it stands now."""
        return next(each for each in await self.history(chat=message.chat_id) if each.id == message.id)

    async def wait_for(
        self,
        seen: Callable[[Message], Any],
        *,
        chat: int | None = None,
        after: Message | None = None,
        timeout: float = PATIENCE_SECONDS,
    ) -> Message:
        """The newest message of the bot, edited ones included, that passes `seen`; only later than `after`."""

        async def look() -> Message | None:
            found = [each for each in await self.history(chat=chat) if each.from_bot]
            fresh = [each for each in found if after is None or each.id > after.id]
            return next((each for each in reversed(fresh) if seen(each)), None)

        try:
            message: Message = await self._people.until(look, "the message", timeout)
        except AssertionError as error:
            texts = [f"{each.sender}: {each.text}" for each in (await self.history(chat=chat))[-8:]]
            raise AssertionError(f"{error}; {self.name} sees {texts}") from None
        return message

    async def wait_for_toast(self, query_id: str, *, timeout: float = PATIENCE_SECONDS) -> Toast:
        async def look() -> Toast | None:
            return next((each for each in self.toasts if each.query_id == query_id), None)

        toast: Toast = await self._people.until(look, "the answer to the button", timeout)
        return toast

    @property
    def toasts(self) -> list[Toast]:
        return self._people.toasts_of(self.id)

    async def download(self, message: Message) -> bytes:
        file_id = message.photo or (message.document or {})["file_id"]
        return await self._people.download(file_id)

    async def commands(self, *, chat: int | None = None) -> list[str]:
        where = self.id if chat is None else chat
        mine = next(each for each in (await self._people.state())["people"] if each["id"] == self.id)
        view = next(each for each in mine["chats"] if each["id"] == where)
        return [command["command"] for command in view["commands"]]

    async def _show(
        self, items: list[tuple[str, bytes, str]], chat: int | None, reply_to: Message | None, *, as_files: bool
    ) -> list[Message]:
        # Browsers do not percent-encode file names, and neither may people.
        form = aiohttp.FormData(quote_fields=False)
        for name, value in self._in(chat).items():
            form.add_field(name, str(value))
        form.add_field("captions", json.dumps([caption for _, _, caption in items]))
        form.add_field("as_files", str(as_files).lower())
        if reply_to is not None:
            form.add_field("reply_to", str(reply_to.id))
        for position, (name, data, _) in enumerate(items):
            form.add_field(f"file{position}", io.BytesIO(data), filename=name)
        return [Message.from_json(each) for each in await self._people.upload(form)]

    def _in(self, chat: int | None) -> Json:
        return {"me": self.id, "chat_id": self.id if chat is None else chat}

    def _on(self, message: Message) -> Json:
        return {**self._in(message.chat_id), "message_id": message.id}


@asynccontextmanager
async def served(playground: Playground, *, port: int = 0) -> AsyncIterator[str]:
    """Serve a playground on loopback; its address without a slash at the end."""
    runner = web.AppRunner(create_app(playground), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def _result(body: Json) -> Any:
    if not body["ok"]:
        raise Refusal(body["sentence"])
    return body["result"]
