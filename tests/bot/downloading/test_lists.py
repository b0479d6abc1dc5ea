"""Lists of addresses as people and programs write them: each row is an item, or is named with what is wrong with it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.downloading.errors import LineFlaw, ListFlaw, ListRefused
from bot.downloading.lists import AddressList, Limits, read_list
from storage import tidy

MANY = Limits(size=10_000_000, rows=1_000)
A, B = "https://birds.example/a.jpg", "http://birds.example:8080/b.png?size=2&x=1,2;y=3"


def read(text: str, *, label: str = "bird", limits: Limits = MANY) -> AddressList:
    return read_list(text.encode(), limits, label=label)


def pairs(text: str, *, label: str = "bird") -> list[tuple[str, str]]:
    return [(one.address, one.label) for one in read(text, label=label).items]


def flaws(found: AddressList) -> list[tuple[int, LineFlaw]]:
    return [(one.line, one.flaw) for one in found.left_out]


def test_one_a_line_with_comments_and_blank_lines() -> None:
    found = read(f"# birds\n\n  {A}  \n\t\n#{B}\n{B}\n")

    assert [(one.line, one.address, one.label) for one in found.items] == [(3, A, "bird"), (6, B, "bird")]
    assert found.left_out == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_of_any_system_are_read(end: str, encoding: str) -> None:
    data = end.join(["url,label", f"{A},Zaunkönig", f'"{B}",wren', ""]).encode(encoding)

    found = read_list(data, MANY)

    assert [(one.line, one.address, one.label) for one in found.items] == [(2, A, "Zaunkönig"), (3, B, "wren")]


@pytest.mark.parametrize(
    "text",
    [
        f'url,label\n{A},wren\n"{B}",owl',
        f'URL;Class\n{A};wren\n"{B}";owl',
        f"label\turl\nwren\t{A}\nowl\t{B}",
        f'id,label,credit,image_url\n1,wren,"Ann, 2026",{A}\n2,owl,,"{B}"',
        f'{A},wren\n"{B}",owl',
        f"{A}\twren\n{B}\towl",
        f'wren;{A}\nowl;"{B}"',
        f'"{A}", wren\n"{B}", "owl"\n',
    ],
)
def test_tables_with_or_without_a_header_give_each_address_its_label(text: str) -> None:
    assert pairs(text) == [(A, "wren"), (B, "owl")]


@pytest.mark.parametrize(
    "address",
    [
        "https://cdn.example/w_200,h_300/a.jpg",
        "https://cdn.example/a,b.jpg",
        "https://cdn.example/a.jpg;jsessionid=5",
        "https://cdn.example/?q=a,b&c=d",
        "https://[::1]/a,b=c",
    ],
)
def test_an_address_may_hold_what_separates_cells(address: str) -> None:
    assert pairs(f"{address}\n{address}1\n") == [(address, "bird"), (f"{address}1", "bird")]


def test_a_row_without_a_label_of_its_own_gets_the_one_that_was_given() -> None:
    assert pairs(f"url,label\n{A},\n{A}1,wren\n{A}2") == [(A, "bird"), (f"{A}1", "wren"), (f"{A}2", "bird")]
    assert flaws(read(f"url,label\n{A},\n{A}1,wren", label="")) == [(2, LineFlaw.NO_LABEL)]


def test_labels_are_tidied() -> None:
    assert pairs(f'{A},"  great   tit\u200b "') == [(A, "great tit")]


def test_the_same_address_counts_once_and_both_lines_are_named() -> None:
    found = read(f"url,label\n{A},wren\n{A},Wren\n{A}#top,owl\n")

    assert [(one.line, one.label) for one in found.items] == [(2, "wren")]
    assert flaws(found) == [(3, LineFlaw.REPEATED), (4, LineFlaw.OTHER_LABEL)]
    assert {one.earlier for one in found.left_out} == set(found.items)


@pytest.mark.parametrize(
    "row",
    [
        "daisy",
        "ftp://birds.example/a.jpg",
        "file:///etc/passwd",
        "//birds.example/a.jpg",
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        f"{A} and more",
        "https://",
        "<img src=a.jpg>",
    ],
)
def test_what_is_no_address_is_named_with_its_line(row: str) -> None:
    found = read(f"{A}\n\n{row}\n{B}")

    assert [one.address for one in found.items] == [A, B]
    assert [(one.line, one.text, one.flaw) for one in found.left_out] == [(3, row, LineFlaw.NO_ADDRESS)]


def test_quotes_that_do_not_close_cost_their_line_and_no_other() -> None:
    found = read(f'url,label\n"{A},wren\n{A}1,"great" tit\n{A}2,owl')

    assert [one.address for one in found.items] == [f"{A}2"]
    assert flaws(found) == [(2, LineFlaw.QUOTES), (3, LineFlaw.QUOTES)]


def test_lines_and_addresses_that_are_too_long_are_named() -> None:
    found = read(f"{A}\n{A}?{'x' * 4_096}\n{'x' * 200_000}")

    assert flaws(found) == [(2, LineFlaw.TOO_LONG), (3, LineFlaw.TOO_LONG)]


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", ListFlaw.EMPTY),
        (b"\xef\xbb\xbf\n# nothing\n", ListFlaw.EMPTY),
        (b"url,label\n", ListFlaw.EMPTY),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", ListFlaw.NOT_TEXT),
        (b"PK\x03\x04\x00\x00", ListFlaw.NOT_TEXT),
        ("https://birds.example/\xe4".encode("latin-1"), ListFlaw.NOT_TEXT),
        (b"\xff\xfeh\x00t", ListFlaw.TOO_BIG),
        (b"a\nb\nc", ListFlaw.TOO_MANY),
        (b"url\na\nb\nc", ListFlaw.TOO_MANY),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(data: bytes, flaw: ListFlaw) -> None:
    size = 3 if flaw is ListFlaw.TOO_BIG else 100

    with pytest.raises(ListRefused) as refused:
        read_list(data, Limits(size=size, rows=2))

    assert refused.value.flaw == flaw


def test_as_many_rows_as_the_limit_are_taken_beside_the_header() -> None:
    assert len(read(f"url\n{A}\n#\n{B}", limits=Limits(size=1_000, rows=2)).items) == 2


PATHS = st.text("abcXYZ019-._~%/?=&,;:@!$'()*+äß日#", max_size=40)
ADDRESSES = st.builds(
    "{}://{}.example/{}".format, st.sampled_from(["http", "https", "HTTPS"]), st.sampled_from("abc"), PATHS
)
LABELS = st.text(max_size=30).map(tidy).filter(bool)


def without_fragment(address: str) -> str:
    return address.partition("#")[0]


@given(
    st.lists(st.tuples(ADDRESSES, LABELS), min_size=1, max_size=20, unique_by=lambda pair: without_fragment(pair[0])),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_whatever_a_table_was_written_with_it_is_read_back(
    rows: list[tuple[str, str]], separator: str, end: str, quoting: int, encoding: str
) -> None:
    written = io.StringIO()
    table = csv.writer(written, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    table.writerows([("url", "label"), *rows])

    found = read_list(written.getvalue().encode(encoding), MANY)

    assert [(one.address, one.label) for one in found.items] == rows
    assert found.left_out == ()


@given(st.lists(ADDRESSES.filter(lambda one: not re.search(r"[,;]", one)), min_size=1, max_size=20))
def test_each_plain_address_is_an_item_or_a_repetition(addresses: list[str]) -> None:
    found = read("\n".join(addresses))

    assert {one.flaw for one in found.left_out} <= {LineFlaw.REPEATED}
    assert sorted([one.line for one in found.items] + [one.line for one in found.left_out]) == list(
        range(1, len(addresses) + 1)
    )
    assert [without_fragment(one.address) for one in found.items] == list(
        dict.fromkeys(map(without_fragment, addresses))
    )


ROWS = st.one_of(
    st.text(max_size=60), ADDRESSES, st.builds('"{}",{}'.format, ADDRESSES, st.text(max_size=9)), st.just("url,label")
)


@given(
    st.one_of(st.binary(max_size=300), st.lists(ROWS).map("\n".join).map(lambda text: text.encode("utf-8", "replace")))
)
def test_no_row_is_lost_whatever_the_bytes(data: bytes) -> None:
    try:
        found = read_list(data, MANY, label="bird")
    except ListRefused:
        return

    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    lines = re.split(r"\r\n|\r|\n", text)
    rows = [n for n, line in enumerate(lines, 1) if line.strip() and not line.strip().startswith("#")]
    told = [one.line for one in found.items] + [one.line for one in found.left_out]
    # A header is the first of them, and is nothing to tell of.
    assert sorted(told) in (rows, rows[1:])
    assert len({without_fragment(one.address) for one in found.items}) == len(found.items)
    assert all(one.label and one.address.lower().startswith("http") for one in found.items)
