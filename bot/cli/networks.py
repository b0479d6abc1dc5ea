"""`pupil models` and `pupil rollback NUMBER`."""

import json
from typing import Any

from rich.console import Console

from bot.actions.versions import Obstacle, Version, Versions, find, put_back, versions
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from bot.looking.guesser import Guesser
from bot.speech import history
from storage import Network, StorageError, StorageSettings, Store


def show_networks(*, as_json: bool) -> int:
    try:
        with opened(StorageSettings()) as store, store.read() as unit:
            found = versions(unit, unit.classifiers.default().id)
    except StorageError as error:
        _complain(f"{trouble(error)} ({error})")
        return 1
    if as_json:
        print(json.dumps([_as_dict(one, found) for one in found.all], ensure_ascii=False))
    else:
        for line in history.listed(found, shown=len(found.all)):
            print(printable(line))
    return 0


def roll_back(number: int) -> int:
    """Let an earlier network answer again; the bot notices by itself."""
    try:
        with opened(StorageSettings()) as store:
            before, found = _put_back(store, number)
    except StorageError as error:
        _complain(f"Nothing was put back. {trouble(error)} ({error})")
        return 1
    if isinstance(found, Obstacle):
        _complain(_for_terminals(history.not_back(number, found)))
        return 1
    print(history.is_back(found, before))
    return 0


def _put_back(store: Store, number: int) -> tuple[Network | None, Network | Obstacle]:
    with store.read() as unit:
        classifier_id = unit.classifiers.default().id
        found = find(unit, classifier_id, number)
    if isinstance(found, Network) and not Guesser(store, threads=1).opens(found):
        found = Obstacle.DAMAGED
    if isinstance(found, Obstacle):
        return None, found
    with store.write() as unit:
        return unit.networks.active(classifier_id), put_back(unit, classifier_id, number)


def _as_dict(version: Version, found: Versions) -> dict[str, Any]:
    network = version.network
    return {
        "number": network.number,
        "answers": version.answers,
        "shipped": network.shipped,
        "why": history.why(network.verdict, found.names),
        "verdict": network.verdict,
        "can_be_put_back": version.obstacle is None,
        "obstacle": version.obstacle,
        "made": network.created_at.isoformat(),
        "photos": network.photos,
        "labels": [found.names.get(label_id) for label_id in network.labels],
        "wrong": network.wrong,
        "n": network.n,
        "low": network.low,
        "high": network.high,
        "kept": network.removed_at is None,
    }


def _for_terminals(said: str) -> str:
    """What is `/rollback` in a chat is `pupil models` here, where the list says what can be put back."""
    return said.replace("that /rollback offers", "that `pupil models --json` says can be put back").replace(
        "/models", "`pupil models`"
    )


def _complain(said: str) -> None:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(said, style="red")
