"""Alarms about people whose lessons nobody else's bear out: who hears of them, and what is done about them."""

from bot.actions.teaching import request_fit
from bot.visit import Presence
from storage import Alarm, NewSuspect, NotFound, Person, Role, Settlement, SuspectKind, Unit


def reachable(unit: Unit, role: Role) -> list[Person]:
    """Those with at least this role who can be written to."""
    chats = ((one, unit.chats.by_telegram_id(one.telegram_id)) for one in unit.people.with_role(role))
    return [one for one, chat in chats if chat is not None and chat.reachable]


def find(unit: Unit, presence: Presence, alarm_id: int) -> Alarm:
    """An alarm of this classifier. Raises NotFound."""
    found = unit.alarms.get(alarm_id)
    if found.classifier_id != presence.classifier_id:
        raise NotFound("alarm", alarm_id)
    return found


def list_evidence(unit: Unit, presence: Presence, alarm_id: int) -> bool:
    """Make the photos of an alarm a list that can be reviewed; that of another alarm is replaced.

    False if there is nothing for her to decide any more. Raises NotFound.
    """
    found = find(unit, presence, alarm_id)
    listed = []
    for photo_id, label_id in unit.votes.counting(found.photo_ids).items():
        if label_id is not None:
            reason = {"cause": "alarm", "contradicted": found.contradicted, "judged": found.judged}
            listed.append(NewSuspect((photo_id,), label_id, None, 0.0, reason))
    unit.suspects.renew(found.classifier_id, found.network_id, SuspectKind.ALARM, listed)
    return unit.suspects.next_for(found.classifier_id, presence.person.id, (SuspectKind.ALARM,)) is not None


def call_fine(unit: Unit, presence: Presence, alarm_id: int) -> bool:
    """Settle an alarm: its photos are counted against nobody again. False if it was settled. Raises NotFound."""
    found = find(unit, presence, alarm_id)
    settled = unit.alarms.settle(found.id, Settlement.FINE)
    if settled:
        request_fit(unit, presence.classifier_id)
    return settled
