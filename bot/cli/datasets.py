"""`pupil dataset list`, `show`, `diff`, `restore` and `undo`."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bot.actions.datasets import difference, plan_restore, restore, undo_restore
from bot.actions.safe_names import cell
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from bot.speech import dataset_texts as texts
from storage import NotFound, StorageError, StorageSettings, Store, Unit


def show_versions(*, as_json: bool) -> int:
    def show(store: Store) -> int:
        with store.read() as unit:
            found = unit.datasets.all(unit.classifiers.default().id)
        if as_json:
            print(json.dumps([texts.facts(one) for one in found]))
        elif not found:
            print("There is no version yet: each network that is made leaves one.")
        else:
            print(*map(texts.line, found), sep="\n")
        return 0

    return _with_store(show)


def show_version(number: int, file: Path | None, *, as_json: bool) -> int:
    def show(store: Store) -> int:
        with store.read() as unit:
            classifier_id = unit.classifiers.default().id
            version = unit.datasets.numbered(classifier_id, number)
            members, names = unit.datasets.members(classifier_id, number), _label_names(unit, classifier_id)
            photos = _photo_names(unit, list(members)) if file or as_json else {}
        rows = [(photos.get(photo, ""), names[label]) for photo, label in sorted(members.items())]
        if file is not None:
            _write_rows(file, rows)
        if as_json:
            lessons = [{"name": name, "label": label} for name, label in rows]
            print(json.dumps(texts.facts(version) | {"lessons": lessons}, ensure_ascii=False))
            return 0
        print(texts.line(version), *map(printable, texts.counts(members, names)), sep="\n")
        if file is not None:
            print(f"{len(rows)} rows written to {printable(str(file))}.")
        return 0

    return _with_store(show)


def show_difference(first: int, second: int, *, as_json: bool) -> int:
    def show(store: Store) -> int:
        with store.read() as unit:
            classifier_id = unit.classifiers.default().id
            versions = [unit.datasets.numbered(classifier_id, number) for number in (first, second)]
            found = difference(*(unit.datasets.members(classifier_id, number) for number in (first, second)))
            names = _label_names(unit, classifier_id)
            touched = [*found.added, *found.gone, *found.renamed]
            photos = _photo_names(unit, touched) if as_json else {}
        if as_json:
            both = {"from": texts.facts(versions[0]), "to": texts.facts(versions[1])}
            print(json.dumps(both | texts.change_facts(found, names, photos), ensure_ascii=False))
        else:
            print(*map(texts.line, versions), *map(printable, texts.changes(found, names)), sep="\n")
        return 0

    return _with_store(show)


def restore_version(number: int, *, yes: bool, keep_new: bool) -> int:
    def carry_out(store: Store) -> int:
        with store.read() as unit:
            classifier_id = unit.classifiers.default().id
            plan = plan_restore(unit, classifier_id, number, keep_new=keep_new)
            names = _label_names(unit, classifier_id)
        print(*map(printable, texts.plan_lines(plan, names)), sep="\n")
        if not plan.photos:
            return 0
        if not yes:
            print("Nothing is changed yet: say it again with --yes. `pupil dataset undo` takes it back.")
            return 0
        for _ in restore(store, classifier_id, plan):
            pass
        print("Done. The trainer learns from it next; `pupil dataset undo` takes it back.")
        return 0

    return _with_store(carry_out)


def undo_last() -> int:
    def carry_out(store: Store) -> int:
        with store.read() as unit:
            classifier_id = unit.classifiers.default().id
        undone = undo_restore(store, classifier_id)
        if undone is None:
            print("There is nothing to undo: no version was put back, or that is undone already.")
            return 1
        number, votes = undone
        print(f"Version {number} is put back no longer: {votes} votes that it took back speak again.")
        return 0

    return _with_store(carry_out)


def _with_store(act: Callable[[Store], int]) -> int:
    try:
        with opened(StorageSettings()) as store:
            return act(store)
    except NotFound as error:
        number = error.key if error.what == "dataset" else "that number"
        _complain(f"There is no version {number} of the data set. `pupil dataset list` shows those that there are.")
    except StorageError as error:
        _complain(f"{trouble(error)} ({error})")
    except OSError as error:
        _complain(f"The file cannot be written: {(error.strerror or type(error).__name__).lower()}.")
    return 1


def _label_names(unit: Unit, classifier_id: int) -> dict[int, str]:
    return {one.id: one.name for one in unit.labels.all(classifier_id)}


def _photo_names(unit: Unit, photo_ids: list[int]) -> dict[int, str]:
    """What a photo is found by: the path that it was imported from, or a part of its digest."""
    return {one.id: one.name or f"{one.digest[:32]}.jpg" for one in unit.photos.those(photo_ids).values()}


def _write_rows(file: Path, rows: list[tuple[str, str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("name", "label"), *((cell(name), cell(label)) for name, label in rows)])


def _complain(said: str) -> None:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(said, style="red")
