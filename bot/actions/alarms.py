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
    """Make the photos of an alarm a list that can be reviewed; those of other open alarms stay in it.

    Another admin may be looking at one of these just now. False if there is nothing for her to decide any more. Raises
    NotFound.
    """
    found = find(unit, presence, alarm_id)
    others = [one for one in unit.alarms.open(found.classifier_id) if one.id != found.id]
    # A photo may stand behind two of them: it is one card, and the alarm that is looked at now tells why.
    listed = {photo.photo_ids: photo for one in (*others, found) for photo in _evidence(unit, one)}
    unit.suspects.renew(found.classifier_id, found.network_id, SuspectKind.ALARM, list(listed.values()))
    kinds = (SuspectKind.ALARM,)
    return unit.suspects.next_for(found.classifier_id, presence.person.id, kinds, behind=found.id) is not None


def _evidence(unit: Unit, what: Alarm) -> list[NewSuspect]:
    """The photos of an alarm that still count as something."""
    reason = {"cause": "alarm", "contradicted": what.contradicted, "judged": what.judged}
    counting = unit.votes.counting(what.photo_ids)
    return [
        NewSuspect((one,), label_id, None, 0.0, reason) for one, label_id in counting.items() if label_id is not None
    ]


def call_fine(unit: Unit, presence: Presence, alarm_id: int) -> bool:
    """Settle an alarm: its photos are counted against nobody again. False if it was settled. Raises NotFound."""
    found = find(unit, presence, alarm_id)
    settled = unit.alarms.settle(found.id, Settlement.FINE)
    if settled:
        request_fit(unit, presence.classifier_id)
    return settled
