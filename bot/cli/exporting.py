"""`pupil export dataset FOLDER`."""

from pathlib import Path

from rich.console import Console

from bot.actions.exporting import export_photos, unfinished
from bot.actions.safe_names import TABLE
from bot.cli.opening import opened
from bot.cli.plain import printable, trouble
from bot.speech.dataset_notes import notes
from storage import StorageError, StorageSettings


def export_dataset(folder: Path) -> int:
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    shown = printable(str(folder))
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            console.print(
                f"{shown} is not empty: name a new folder, so that nothing of yours is mixed in.", style="red"
            )
            return 2
        with opened(StorageSettings()) as store:
            with store.write() as unit:
                classifier_id = unit.classifiers.default().id
            written = list(export_photos(store, classifier_id, folder, notes))
    except StorageError as error:
        console.print(f"{trouble(error)} ({error})", style="red")
        return 1
    except FileExistsError:
        aside = printable(str(unfinished(folder)))
        console.print(f"{aside} is in the way, and not of an export: move it, or name another folder.", style="red")
        return 2
    except OSError as error:
        console.print(f"{shown} cannot be written: {(error.strerror or type(error).__name__).lower()}.", style="red")
        return 1
    there = [one for one in written if not one.missing]
    labels = len({one.label for one in there})
    print(f"{len(there)} photos of {labels} labels written to {shown}, listed in {TABLE}.")
    if len(there) < len(written):
        console.print(f"{len(written) - len(there)} photos are missing or damaged on the disk and were left out.")
        return 1
    return 0
