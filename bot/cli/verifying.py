"""`pupil verify FOLDER`."""

import errno
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.actions import verifying
from bot.actions.verifying import Looked, Unwanted
from bot.cli.plain import DECODERS_DOWN, printable, why_refused
from pictures import PictureRefused
from pictures.decoders import Decoders, DecodersDown
from pictures.formats import TAKEN

SHOWN = 50
_NOTED_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options as they were typed."""

    max_size: int | None = None
    channels: int | None = None
    formats: str | None = None

    def understood(self) -> verifying.Wanted | str:
        """What they mean, or what is wrong with them."""
        names = {name.strip().upper() for name in (self.formats or "").split(",")} - {""}
        names = {"JPEG" if name == "JPG" else name for name in names}
        if strangers := sorted(names - set(TAKEN)):
            taken = ", ".join(one.lower() for one in TAKEN)
            return f"{printable(strangers[0].lower())} is none of the formats that are read: {taken}."
        return verifying.Wanted(self.max_size, self.channels, frozenset(names))


def verify_folder(folder: Path, typed: Wanted, *, move_to: Path | None, resume: Path | None, as_json: bool) -> int:
    """Look through a folder; 1 if anything in it is no good."""
    console, wanted = Console(stderr=True, soft_wrap=True, highlight=False, markup=False), typed.understood()
    if not folder.is_dir():
        wanted = f"There is no folder {printable(str(folder))}."
    elif move_to is not None and move_to.absolute() in (folder.absolute(), *folder.absolute().parents):
        wanted = f"{printable(str(move_to))} holds the folder itself. Name another one to move files to."
    if isinstance(wanted, str):
        console.print(wanted, style="red")
        return 2
    started, found, moved = time.perf_counter(), [], 0
    try:
        if move_to is not None:
            move_to.mkdir(parents=True, exist_ok=True)
        for looked in _looked_at(folder, wanted, move_to, resume, console):
            moved += looked.why is not None and _moved(looked, folder, move_to, console)
            found.append(looked)
    except KeyboardInterrupt:
        console.print("Stopped. With --resume FILE, the same command would go on from here.")
        return 130
    except DecodersDown:
        console.print(f"Stopped. {DECODERS_DOWN}", style="red")
        return 1
    except OSError as error:
        console.print(f"Stopped: {printable(str(error))}.", style="red")
        return 1
    seconds = time.perf_counter() - started
    if as_json:
        print(json.dumps(_as_dict(folder, found, moved, seconds), ensure_ascii=False))
    else:
        _print(found, moved, move_to, seconds)
    return 1 if any(one.why is not None for one in found) else 0


def restore_folder(folder: Path, *, as_json: bool) -> int:
    """Move back what was moved to a folder; 1 if some of it cannot go back."""
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    if not (folder / verifying.MOVED).is_file():
        console.print(f"There is no {verifying.MOVED} in {printable(str(folder))}.", style="red")
        return 2
    back, stayed = 0, []
    for moved, error in verifying.restore(folder):
        back += error is None
        if error is not None:
            stayed.append({"file": printable(moved.target), "reason": _why(error)})
    if as_json:
        print(json.dumps({"restored": back, "stayed": stayed}, ensure_ascii=False))
    else:
        print(f"{back} moved back.")
        for one in stayed:
            print(f"  {one['file']} stays: {one['reason']}")
    return 1 if stayed else 0


def _looked_at(
    folder: Path, wanted: verifying.Wanted, move_to: Path | None, resume: Path | None, console: Console
) -> Iterator[Looked]:
    progress = verifying.Progress(resume) if resume is not None else None
    paths = list(verifying.files_in(folder, move_to))
    left = [path for path in paths if progress is None or not progress.is_done(path, folder)]
    if len(left) < len(paths):
        console.print(f"{len(paths) - len(left)} were found good before, and are left out.")
    waiting: list[Looked] = []
    with Decoders() as decoders, _bar(console, len(left)) as bar:
        try:
            for looked in verifying.verify(folder, left, wanted, decoders):
                waiting.append(looked)
                if progress is not None and len(waiting) == _NOTED_AT_ONCE:
                    progress.note(folder, waiting)
                    waiting = []
                bar.advance(bar.task_ids[0])
                yield looked
        finally:
            if progress is not None:
                progress.note(folder, waiting)


def _moved(looked: Looked, folder: Path, move_to: Path | None, console: Console) -> bool:
    if move_to is None:
        return False
    try:
        verifying.move(folder / looked.name, folder, move_to, _why(looked.why))
    except OSError as error:
        away = "it lies on another disk; name a folder on the same one" if error.errno == errno.EXDEV else _why(error)
        console.print(f"{printable(looked.name)} stays where it is: {away}", style="red")
        return False
    return True


def _why(why: PictureRefused | Unwanted | OSError | None) -> str:
    if isinstance(why, PictureRefused):
        return why_refused(why)
    if isinstance(why, OSError):
        if why.errno == errno.ELOOP:
            return "it is a link, and only files themselves are looked at"
        return f"it cannot be read or moved ({(why.strerror or type(why).__name__).lower()})"
    if why is None:
        return ""
    return {
        "size": f"its longer side has {why.given} pixels, more than {why.limit}",
        "channels": f"it has {why.given} channels, not {why.limit}",
        "format": f"it is {why.given}, not {why.limit}",
    }[why.what]


@contextmanager
def _bar(console: Console, files: int) -> Iterator[Progress]:
    columns = (TextColumn("Looking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task("", total=files)
        yield progress


def _as_dict(folder: Path, found: list[Looked], moved: int, seconds: float) -> dict[str, Any]:
    return {
        "folder": printable(os.fspath(folder)),
        "good": sum(one.why is None for one in found),
        "not_good": sum(one.why is not None for one in found),
        "moved": moved,
        "files": [
            {
                "file": printable(one.name),
                "good": one.why is None,
                "reason": printable(_why(one.why)),
                "format": one.kind,
                "width": one.width,
                "height": one.height,
                "channels": one.channels,
            }
            for one in found
        ],
        "seconds": round(seconds, 3),
    }


def _print(found: list[Looked], moved: int, move_to: Path | None, seconds: float) -> None:
    wrong = [one for one in found if one.why is not None]
    kinds = Counter(one.kind for one in found if one.why is None)
    of_kinds = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    listed = f" ({of_kinds})" if of_kinds else ""
    print(f"{len(found) - len(wrong)} good{listed}, {len(wrong)} not, in {seconds:.1f} s.")
    for one in wrong[:SHOWN]:
        print(f"  {printable(one.name)}: {printable(_why(one.why))}")
    if len(wrong) > SHOWN:
        print(f"  and {len(wrong) - SHOWN} more; --json lists them all")
    if move_to is not None:
        shown = printable(str(move_to))
        print(f"{moved} moved to {shown}. `pupil verify {shown} --restore` moves them back.")
