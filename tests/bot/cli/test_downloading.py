"""`pupil download`: every picture once, every line accounted for, and nothing fetched twice for nothing."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli.downloading import Order, download_list
from storage import Reason, Source, Store
from tests.bot.cli.conftest import Said, photos, run, taught
from tests.chaos.homes import LABELS, picture
from tests.support.photo_server import PhotoServer, photo_server


@pytest.fixture
def server() -> Iterator[PhotoServer]:
    with photo_server() as made:
        yield made


@pytest.fixture
def order(server: PhotoServer, tmp_path: Path) -> Order:
    """Three pictures of each label, in a table."""
    source = tmp_path / "birds.csv"
    links = {server.put(f"/{label}/{n}.jpg", picture(label, n)): label for label in LABELS for n in range(3)}
    source.write_text("\n".join(["url,label", *(f"{link},{label}" for link, label in links.items())]))
    return Order(source)


class Prompt:
    """`pupil download`, but with a fetch that may reach the server; what it prints is JSON."""

    def __init__(self, server: PhotoServer, capsys: pytest.CaptureFixture[str]) -> None:
        self._server = server
        self._capsys = capsys

    def download(self, order: Order, *, as_json: bool = True) -> Said:
        self._capsys.readouterr()
        code = download_list(order, as_json=as_json, make_fetcher=self._server.fetcher)
        return Said(code, *self._capsys.readouterr())


@pytest.fixture
def prompt(server: PhotoServer, capsys: pytest.CaptureFixture[str]) -> Prompt:
    return Prompt(server, capsys)


def report(order: Order) -> list[dict[str, str]]:
    with order.report_file.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_what_a_list_names_becomes_the_data_set(store: Store, order: Order, prompt: Prompt) -> None:
    said = prompt.download(order)

    assert (said.code, said.json["new"]) == (0, 12)
    assert sorted(label for _, label in taught(store)) == sorted(LABELS * 3)
    assert {(row["outcome"], row["reason"]) for row in report(order)} == {("new", "")}
    assert [int(row["line"]) for row in report(order)] == list(range(2, 14))


def test_each_photo_remembers_its_address(store: Store, order: Order, prompt: Prompt) -> None:
    prompt.download(order)

    with store.read() as unit:
        names = {(one := unit.photos.get(number)).name for number in range(1, 13)}
        (vote,) = unit.votes.of_photo(1)
    assert names == {row["url"] for row in report(order)}
    assert (one.source, vote.reason) == (Source.IMPORT, Reason.IMPORT)


def test_photos_are_embedded_while_they_come_in(store: Store, order: Order, prompt: Prompt) -> None:
    prompt.download(order)

    with store.read() as unit:
        embedder = next(store.home.glob("embedders/*.onnx")).stem
        assert unit.embeddings.missing(unit.classifiers.default().id, embedder) == []


def test_the_second_time_nothing_is_fetched_again(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    with order.source.open("a") as file:
        file.write(f"\n{server.put('/gone', status=410)},owl\n{server.put('/page', b'<html>')},owl\n")
    prompt.download(order)
    asked = server.asked.copy()

    said = prompt.download(order)

    assert server.asked == asked
    assert (said.json["known"], said.json["refused"], said.json["missed"], said.json["new"]) == (12, 1, 1, 0)
    assert [row["reason"] for row in report(order)][-2:] == ["there is nothing any more", "it is not a picture"]


def test_what_may_pass_is_fetched_the_next_time(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    server.put("/owl/0.jpg", status=429, Retry_After="3600")

    first = prompt.download(order)
    server.put("/owl/0.jpg", picture("owl", 0))
    second = prompt.download(order)

    assert (first.json["new"], first.json["missed"]) == (11, 1)
    assert (second.json["new"], second.json["known"], second.json["missed"]) == (1, 11, 0)
    assert server.asked.total() == 13


def test_what_was_deleted_since_is_fetched_again(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    prompt.download(order)
    with store.write() as unit:
        gone = unit.photos.remove([1])
    store.discard(gone)

    said = prompt.download(order)

    assert (said.json["new"], said.json["known"]) == (1, 11)
    assert photos(store) == 12


def test_under_another_label_an_address_is_fetched_and_its_photo_moves(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    link = server.put("/one", picture("owl", 9))
    for label in ("owl", "wren"):
        order.source.write_text(f"{link},{label}")
        said = prompt.download(order)

    assert said.json["changed"] == 1
    assert report(order)[0]["reason"] == "it was owl and is now wren"


def test_every_line_is_in_the_report_with_what_is_wrong_with_it(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    good = server.put("/good", picture("owl", 1))
    cut, blank = server.put("/cut", picture("owl", 2)[:500]), server.put("/blank", b"")
    inside = good.replace("127.0.0.2", "127.0.0.1")
    order.source.write_text(
        f"# owls\n{good}\n{good}\nno address\n{cut}\n{blank}\n{inside}\n{server.put('/no', status=403)}\n{good}?2\n"
    )

    said = prompt.download(replace(order, label="owl", most=5))

    assert said.code == 0
    assert [(row["line"], row["label"], row["outcome"], row["reason"]) for row in report(order)] == [
        ("2", "owl", "new", ""),
        ("3", "", "left out", "it is the same as line 2"),
        ("4", "", "left out", "it is no address that begins with http:// or https://"),
        ("5", "owl", "refused", "it is damaged or cut short"),
        ("6", "owl", "refused", "it is empty"),
        ("7", "owl", "missed", "only public http and https addresses are fetched"),
        ("8", "owl", "missed", "its server does not give it to us"),
        ("9", "owl", "left out", "it comes after the first 5"),
    ]


def test_the_report_holds_no_formula(store: Store, order: Order, prompt: Prompt, server: PhotoServer) -> None:
    order.source.write_text(f"url,label\n{server.put('/x', picture('owl', 1))},=cmd()\n=cmd(),owl\n")

    prompt.download(order)

    assert [(row["url"][:6], row["label"]) for row in report(order)] == [("http:/", "'=cmd()"), ("'=cmd(", "")]


def test_into_a_folder_go_verified_pictures_that_an_import_reads(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer, tmp_path: Path
) -> None:
    order.source.write_text(
        order.source.read_text()
        + f"\n{server.put('/page', b'<html>')},jay\n{server.put('/odd', picture('owl', 7))},../x"
    )
    into = tmp_path / "out"

    first = prompt.download(replace(order, into=into))
    again = prompt.download(replace(order, into=into))

    assert (first.json["new"], first.json["refused"], again.json["known"]) == (13, 1, 13)
    assert server.asked.total() == 14
    assert photos(store) == 0
    assert Counter(file.parent.parent for file in into.rglob("*.jpg")) == {into: 13}
    assert run("import", into, "--json").json["new"] == 13
    assert Counter(label for _, label in taught(store)) == {**dict.fromkeys(LABELS, 3), "../x": 1}


def test_labels_whose_folders_would_be_called_alike_have_folders_of_their_own(
    home: Path, order: Order, prompt: Prompt, server: PhotoServer, tmp_path: Path
) -> None:
    links = [server.put(f"/{n}", picture("owl", n)) for n in range(2)]
    order.source.write_text(f"{links[0]}\ta/b\n{links[1]}\ta:b\n")

    prompt.download(replace(order, into=tmp_path / "out"))

    assert sorted(file.parent.name for file in (tmp_path / "out").rglob("*.jpg")) == ["a_b", "a_b (2)"]
    assert not home.exists()


def test_for_people_it_says_how_many_and_why_not(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    order.source.write_text(order.source.read_text() + f"\n{server.put('/gone', status=404)},owl")

    said = prompt.download(order, as_json=False)

    assert said.out.startswith("12 new, 1 not downloaded, in ")
    assert "1 x there is nothing any more" in said.out


def test_where_nothing_could_be_taken_it_says_so_and_fails(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    order.source.write_text(server.put("/gone", status=404))

    said = prompt.download(replace(order, label="owl"))

    assert said.code == 1
    assert "Nothing could be taken" in said.err
    assert len(report(order)) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has no address in it"),
        (b"\xff\xd8\xff", "save it as plain text or CSV in UTF-8"),
        (b"https://birds.example/a.jpg", "Say it with --label"),
    ],
)
def test_wrong_use_says_what_to_do(home: Path, tmp_path: Path, content: bytes, says: str) -> None:
    source = tmp_path / "birds.txt"
    source.write_bytes(content)

    said = run("download", source)

    assert said.code == 2
    assert says in said.err
    assert not home.exists()


def test_a_list_that_is_not_there_is_wrong_use(home: Path, tmp_path: Path) -> None:
    assert run("download", tmp_path / "nowhere.txt").code == 2


def test_the_command_itself_reaches_nothing_on_this_machine(store: Store, order: Order, server: PhotoServer) -> None:
    said = run("download", order.source, "--json")

    assert said.code == 1
    assert json.loads(said.out)["missed"] == 12
    assert server.asked.total() == 0


def test_a_journal_that_was_cut_short_costs_one_line(
    store: Store, order: Order, prompt: Prompt, server: PhotoServer
) -> None:
    prompt.download(order)
    journal = store.home / "downloads.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])

    said, after = prompt.download(order), prompt.download(order)

    assert (said.json["known"], after.json["known"]) == (12, 12)
    assert server.asked.total() == 13
