"""Which pictures of a report a chat may see: photos go to an owner, or back to where they came from."""

from bot.actions.reporting import pictures_for
from storage import Role
from tests.bot.actions.classroom import Classroom

FACTS = {"pictures": ["/r/report.png", "/r/mistakes.png"], "galleries": {"1": "/r/mistakes-1.png"}}


def test_an_owner_sees_all_mistakes_in_private(room: Classroom) -> None:
    with room.store.write() as unit:
        unit.people.meet(70, "Olga", Role.OWNER)
        unit.chats.enter(70, kind="private", title="Olga")
        assert pictures_for(unit, 70, FACTS) == FACTS["pictures"]


def test_others_see_the_mistakes_among_photos_of_their_own_chat(room: Classroom) -> None:
    with room.store.write() as unit:
        unit.people.meet(71, "Tim", Role.TEACHER)
        chat = unit.chats.enter(71, kind="private", title="Tim")
        galleries = {str(chat.id): "/r/of-tim.png", "99": "/r/of-somebody.png"}
        assert pictures_for(unit, 71, FACTS | {"galleries": galleries}) == ["/r/report.png", "/r/of-tim.png"]


def test_without_photos_of_its_own_among_them_a_chat_sees_none(room: Classroom) -> None:
    with room.store.write() as unit:
        unit.people.meet(70, "Olga", Role.OWNER)
        unit.chats.enter(-500, kind="group", title="Garden")
        assert pictures_for(unit, -500, FACTS | {"galleries": {}}) == ["/r/report.png"]
