"""`pupil status` and `pupil owner-code`."""

import json
import secrets
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.actions.reporting import Status, status
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from storage import Network, StorageError, StorageSettings

# Without letters and digits that look alike.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 10


def show_status(*, as_json: bool) -> int:
    console = Console(stderr=True, soft_wrap=True)
    try:
        with opened(StorageSettings()) as store, store.read() as unit:
            found = status(unit, unit.classifiers.default().id)
            inbox, outbox = unit.inbox.counts(), unit.outbox.counts()
    except StorageError as error:
        console.print(f"{trouble(error)} ({error})", style="red", markup=False, highlight=False)
        return 1
    if as_json:
        print(json.dumps(_as_dict(found) | {"inbox": inbox, "outbox": outbox}, ensure_ascii=False))
    else:
        _print(found)
    return 0


def new_owner_code() -> int:
    console = Console(stderr=True, soft_wrap=True)
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    try:
        with opened(StorageSettings()) as store, store.write() as unit:
            unit.people.new_owner_code(code)
    except StorageError as error:
        console.print(f"No code was made. {trouble(error)} ({error})", style="red", markup=False, highlight=False)
        return 1
    print(code)
    console.print(f"Send the bot [bold]/owner {code}[/bold] in a private chat within 15 minutes. It works once.")
    return 0


def _as_dict(found: Status) -> dict[str, Any]:
    network = found.network
    return {
        "labels": {one.label.name: one.photos for one in found.labels},
        "photos": sum(one.photos for one in found.labels),
        "disputed": found.disputed,
        "network": network
        and {
            "number": network.number,
            "photos": network.photos,
            "wrong": network.wrong,
            "n": network.n,
            "low": network.low,
            "high": network.high,
            "made": network.created_at.isoformat(),
        },
        "missing": None if found.readiness.ready else asdict(found.readiness),
        "trainer": {
            "running": found.trainer_alive,
            "doing": found.trainer_doing,
            "silent_seconds": found.silent_for.total_seconds() if found.silent_for else None,
        },
        "waiting": found.waiting,
    }


def _print(found: Status) -> None:
    # Labels are words of people: nothing in them is markup, also not of this console.
    console = Console(markup=False, highlight=False, emoji=False)
    table = Table("label", "photos", title="What Pupil was taught")
    for one in found.labels:
        table.add_row(printable(one.label.name), str(one.photos))
    console.print(table)
    if found.network is not None:
        net = found.network
        console.print(f"Network {net.number} answers: {_quality(net)}.")
    else:
        console.print("No network yet.")
    console.print("Trainer: " + (found.trainer_doing or "running" if found.trainer_alive else "not running"))


def _quality(net: Network) -> str:
    if net.n == 0:
        return "how well, cannot be measured yet"
    return f"wrong on {net.wrong} of {net.n} photos that it had not learned from ({net.low:.1%} to {net.high:.1%})"
