"""Versions of the data set in plain lines, for the command line."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from bot.actions.datasets import Difference, Plan
from bot.speech.wording import plural
from storage import Dataset

Names = Mapping[int, str]
GONE_LABEL = "a label that is gone"


def line(version: Dataset) -> str:
    """A version in one line."""
    learned = f", learned by network {' and '.join(map(str, version.networks))}" if version.networks else ""
    return (
        f"Version {version.number} ({version.created_at:%Y-%m-%d %H:%M} UTC): "
        f"{plural(version.left, 'photo')}{learned}{_deleted(version.deleted)}."
    )


def facts(version: Dataset) -> dict[str, Any]:
    """A version in plain JSON values."""
    return {
        "number": version.number,
        "made": version.created_at.isoformat(),
        "photos": version.left,
        "deleted_since": version.deleted,
        "networks": list(version.networks),
    }


def counts(members: Mapping[int, int], names: Names) -> list[str]:
    """How many photos each label has."""
    counted = Counter(members.values())
    return [f"{_name(names, label)}: {count}" for label, count in counted.most_common()]


def changes(found: Difference, names: Names) -> list[str]:
    """What changed between two versions, the most frequent changes first."""
    renamed = Counter(found.renamed.values()).most_common()
    lines = [f"{_name(names, a)} → {_name(names, b)}: {plural(n, 'photo')}" for (a, b), n in renamed]
    lines += [f"+ {_name(names, label)}: {plural(n, 'photo')}" for label, n in _counted(found.added)]
    lines += [f"- {_name(names, label)}: {plural(n, 'photo')}" for label, n in _counted(found.gone)]
    if not lines:
        return [f"They are alike: {plural(found.left, 'photo')}."]
    return [*lines, f"{plural(found.left, 'photo')} stayed as they were."]


def change_facts(found: Difference, names: Names, photos: Mapping[int, str]) -> dict[str, Any]:
    """The same in plain JSON values, each photo by its number and name."""

    def told(photo: int, **more: str) -> dict[str, Any]:
        return {"photo": photo, "name": photos.get(photo, "")} | more

    return {
        "added": [told(photo, label=_name(names, label)) for photo, label in found.added.items()],
        "gone": [told(photo, label=_name(names, label)) for photo, label in found.gone.items()],
        "renamed": [
            told(photo, before=_name(names, a), after=_name(names, b)) for photo, (a, b) in found.renamed.items()
        ],
        "stayed": found.left,
        "per_label": _per_label(found, names),
    }


def plan_lines(plan: Plan, names: Names) -> list[str]:
    """What putting back a version would change."""
    found = plan.changes
    if not plan.photos:
        said = [f"Nothing to do: what is taught now is version {plan.number}, as far as it can be put back."]
    else:
        said = [
            f"Putting back version {plan.number} changes {plural(len(plan.photos), 'photo')}:",
            f"  {len(found.renamed)} get the label that they had,",
            f"  {len(found.added)} are taught again that are not taught now,",
            f"  {len(found.gone)} are taught no longer, because they were not then.",
            *(f"  {one}" for one in changes(found, names)[:-1]),
        ]
    if plan.stuck:
        stuck = "whose votes of then are gone, or that people's votes keep as they are, stay as they are now"
        said.append(f"{plural(plan.stuck, 'photo')}, {stuck}.")
    if plan.deleted:
        said.append(f"{plural(plan.deleted, 'photo')} of it were deleted by their owners since, and stay so.")
    return said


def _per_label(found: Difference, names: Names) -> dict[str, dict[str, int]]:
    came, went = [b for _, b in found.renamed.values()], [a for a, _ in found.renamed.values()]
    parts = {
        "added": Counter(found.added.values()),
        "gone": Counter(found.gone.values()),
        "renamed_to": Counter(came),
        "renamed_from": Counter(went),
    }
    labels = sorted(set().union(*parts.values()))
    return {_name(names, label): {part: counted[label] for part, counted in parts.items()} for label in labels}


def _deleted(count: int) -> str:
    return f"; {plural(count, 'photo')} of it deleted since" if count else ""


def _counted(photos: Mapping[int, int]) -> list[tuple[int, int]]:
    return Counter(photos.values()).most_common()


def _name(names: Names, label_id: int) -> str:
    return names.get(label_id, GONE_LABEL)
