"""Roles: who lets whom do more."""

from storage import Role, Unit


def let_teach(unit: Unit, telegram_id: int, name: str, newcomer: Role) -> bool:
    """Let a person teach, also one whom the bot has not met yet; False if she may already. Nobody's role is lowered."""
    person = unit.people.meet(telegram_id, name, newcomer)
    if person.role >= Role.TEACHER:
        return False
    unit.people.set_role(person.id, Role.TEACHER)
    return True
