"""`pupil card`: what the network that answers is, as plain lines."""

from storage import Store
from tests.bot.cli.conftest import run


def test_the_card_is_printed_as_plain_lines(answering: Store) -> None:
    done = run("card")

    assert done.code == 0
    assert done.out.startswith("Card of network 1, which learned on ")
    assert "Knows 4 labels: robin 4, wren 4, jay 4, owl 4 (photos of each)." in done.out
    assert "Learned from 16 photos, taught by an import." in done.out
    assert "&" not in done.out


def test_without_a_network_it_says_what_to_do(store: Store) -> None:
    done = run("card")

    assert (done.code, done.out) == (1, "")
    assert "No network answers now." in done.err
    assert "`pupil train`" in done.err
