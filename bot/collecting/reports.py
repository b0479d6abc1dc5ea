"""The end of a collection: a sentence on what became of it, with a file that tells it of each thing."""

import csv
import io
from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from bot.actions import collecting
from bot.actions.collecting import OVER
from bot.actions.safe_names import cell, safe_name
from bot.actions.teaching import readiness_of, trainer_alive
from bot.speech import collection_texts
from bot.speech.collection_texts import Ended
from storage import LEARNED, Collected, Collection, CollectionKind, CollectionState, Unit

# A caption holds 1,024 characters, and cut short it would be broken HTML, which Telegram refuses.
LONGEST_CAPTION = 1000


def finish(unit: Unit, collection: Collection, state: CollectionState) -> None:
    """End the work on a collection, and owe its sender the report."""
    collecting.end(unit, collection, state)
    readiness = readiness_of(unit, collection.classifier_id)
    tally, items = unit.collections.tally(collection.id), unit.collections.items(collection.id)
    again_in, waiting = _again_in(items, unit.now), _waiting(unit, collection, items)
    ended = Ended(collection, state, tally, readiness, trainer_alive(unit), again_in, len(waiting))
    chat = unit.chats.get(collection.chat_id)
    said = collection_texts.ended(ended)
    payload = {
        "chat_id": chat.telegram_id,
        "caption": said if len(said) <= LONGEST_CAPTION else said.partition("\nBefore I can answer")[0],
        "parse_mode": "HTML",
        "reply_parameters": {"message_id": collection.message_id, "allow_sending_without_reply": True},
    }
    unit.outbox.owe(
        collection.bot_id,
        chat.telegram_id,
        "sendDocument",
        payload,
        dedupe=f"collected:{collection.id}",
        attachment=report_of(items, waiting),
        attachment_name=f"{safe_name(collection.name.rpartition('.')[0] or collection.name)}-report.csv",
    )


def stop_all(unit: Unit, person_id: int) -> list[str]:
    """End what is being learned from for a person; returns the files that nobody needs once this is committed."""
    parcels = []
    for kind in CollectionKind:
        one = unit.collections.running_of(person_id, kind)
        if one is not None and one.state is CollectionState.RUNNING:
            finish(unit, one, CollectionState.STOPPED)
            parcels += [one.parcel] if one.parcel is not None else []
    return parcels


def _again_in(items: Iterable[Collected], now: datetime) -> timedelta | None:
    """How long until what went beyond the limits of its sender fits; None where nothing did, or never will."""
    moments = [datetime.fromisoformat(one.detail) for one in items if one.flaw in OVER.values() and one.detail]
    return max(moments) - now if moments else None


def _waiting(unit: Unit, collection: Collection, items: Iterable[Collected]) -> frozenset[int]:
    """The places of what was learned of a newcomer, and waits until somebody agrees."""
    waiting = set(unit.guard.vouched(collection.classifier_id, {collection.person_id}).of_person(collection.person_id))
    return frozenset(one.position for one in items if one.outcome in LEARNED and one.photo_id in waiting)


def report_of(items: Iterable[Collected], waiting: Container[int] = ()) -> bytes:
    """A row for each thing, as a table that spreadsheets open: they know UTF-8 by its mark.

    `waiting` are the places of what waits until somebody agrees.
    """
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(("item", "label", "outcome", "reason"))
    for one in items:
        why = collection_texts.reason(one.flaw, one.detail) if one.flaw else ""
        outcome = collection_texts.outcome(one.outcome, waits=one.position in waiting)
        rows.writerow([_shown(text) for text in (one.name, one.label, outcome, why)])
    return table.getvalue().encode("utf-8-sig", "replace")


def _shown(text: str) -> str:
    """On one line, and nothing that turns its direction or that is taken for a formula."""
    return cell("".join(c if c.isprintable() else "?" for c in text))
