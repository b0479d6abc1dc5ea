"""The door of the server: foreign hosts, foreign pages, hostile files, secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import aiohttp
import pytest

from bot.playground import FolderInUse, Playground
from tests.bot.playground.wire import RawBot, picture
from tests.support.people import Person


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "localhost.evil.example", "192.168.1.2"])
async def test_foreign_host_names_are_refused(url: str, http: aiohttp.ClientSession, host: str) -> None:
    async with http.get(f"{url}/api/state", headers={"Host": host}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8765", "[::1]:8765"])
async def test_names_of_this_machine_are_welcome(url: str, http: aiohttp.ClientSession, host: str) -> None:
    async with http.get(f"{url}/api/state", headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:1"},
     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/say", "/api/show", "/bot1:x/sendMessage"])
async def test_other_sites_cannot_write(
    url: str, http: aiohttp.ClientSession, path: str, headers: dict[str, str]
) -> None:
    async with http.post(url + path, json={}, headers=headers) as answer:
        assert answer.status == 403


async def test_other_sites_cannot_listen(url: str, http: aiohttp.ClientSession) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await http.ws_connect(f"{url}/api/events", origin="https://evil.example")

    assert refusal.value.status == 403


async def test_acts_take_json_only_so_no_plain_form_of_another_page_works(
    url: str, http: aiohttp.ClientSession
) -> None:
    async with http.post(f"{url}/api/people", data='{"name": "Eve"}') as answer:
        assert answer.status == 404


async def test_the_page_runs_no_foreign_and_no_inline_code(url: str, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{url}/") as answer:
        policy, page = answer.headers["Content-Security-Policy"], await answer.text()

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "style=" not in page
    assert "://" not in page


async def test_an_uploaded_page_is_only_ever_saved(raw: RawBot, ann: Person) -> None:
    message = await ann.send_document(b"<script>alert(1)</script>", name='"><b>.html')
    assert message.document is not None

    async with raw.http.get(f"{raw.url}/api/files/{message.document['file_id']}") as answer:
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%22%3E")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/..%2Fserver.py", "/static/%2e%2e/__init__.py"])
async def test_static_files_end_at_their_folder(url: str, http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(url + path) as answer:
        assert answer.status == 404


async def test_private_chats_and_groups_are_read_by_their_members_only(
    url: str, http: aiohttp.ClientSession, ann: Person, owner: Person
) -> None:
    await ann.send_photo(picture())

    async with http.get(f"{url}/api/chats/{ann.id}/messages?me={owner.id}") as answer:
        assert answer.status == 403


def test_the_token_is_random_kept_and_private(tmp_path: Path) -> None:
    first, second = Playground(tmp_path / "a"), Playground(tmp_path / "b")
    token = first.token
    first.close()
    again = Playground(tmp_path / "a")

    assert again.token == token != second.token
    assert stat.S_IMODE(os.stat(tmp_path / "a" / "token").st_mode) == 0o600
    again.close()
    second.close()


def test_two_playgrounds_do_not_share_a_folder(tmp_path: Path) -> None:
    first = Playground(tmp_path)
    with pytest.raises(FolderInUse):
        Playground(tmp_path)
    first.close()
