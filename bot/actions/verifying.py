"""Looking through a folder of pictures: which are good, and what is wrong with the others. No good one is lost.

Nothing is changed unless somebody asks for it, and then files are moved, never deleted, with a note of where from.
"""

import json
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.actions.entries import OnDisk, paths_below
from pictures import PictureRefused
from pictures.decoders import PROCESSES, Decoders

# In the folder that files are moved to.
MOVED = "moved.jsonl"
# As many as keep the processes busy; each holds its file in memory.
_AT_ONCE = 8 * PROCESSES


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a picture beside being one: `max_size` of its longer side, `channels` and `formats`."""

    max_size: int | None = None
    channels: int | None = None
    formats: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A good picture that is not what was asked for; `what` is size, channels or format."""

    what: str
    given: str
    limit: str


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was looked at. It is good where `why` is None."""

    name: str
    why: PictureRefused | Unwanted | OSError | None = None
    kind: str = ""
    width: int = 0
    height: int = 0
    channels: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """Where a file was, and where it is now."""

    source: str
    target: str
    why: str


def files_in(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    """All files below a folder, but hidden ones and those in a folder of what was moved away."""
    for path in paths_below(folder):
        if path.name != MOVED and (leave_out is None or leave_out not in path.parents):
            yield path


def verify(folder: Path, paths: Iterable[Path], wanted: Wanted, decoders: Decoders) -> Iterator[Looked]:
    """Look at files, several at a time, and yield what was found in the order of the paths."""
    under_way: deque[Future[Looked]] = deque()
    with ThreadPoolExecutor(PROCESSES) as pool:
        for path in paths:
            under_way.append(pool.submit(_look, path, folder, wanted, decoders))
            if len(under_way) == _AT_ONCE:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def _look(path: Path, folder: Path, wanted: Wanted, decoders: Decoders) -> Looked:
    name = os.fspath(path.relative_to(folder))
    try:
        picture = decoders.normalise(OnDisk(path).read())
    except (PictureRefused, OSError) as error:
        return Looked(name, error)
    longer, why = max(picture.width, picture.height), None
    if wanted.formats and picture.kind not in wanted.formats:
        why = Unwanted("format", picture.kind, ", ".join(sorted(wanted.formats)))
    elif wanted.max_size is not None and longer > wanted.max_size:
        why = Unwanted("size", str(longer), str(wanted.max_size))
    elif wanted.channels is not None and picture.channels != wanted.channels:
        why = Unwanted("channels", str(picture.channels), str(wanted.channels))
    return Looked(name, why, picture.kind, picture.width, picture.height, picture.channels)


class Progress:
    """A file that remembers what was good, by name, size and time: what changed since is looked at again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._good = {line["name"]: line for line in _lines(file)}

    def is_done(self, path: Path, folder: Path) -> bool:
        name = os.fspath(path.relative_to(folder))
        return name in self._good and self._good[name] == _as_it_is(path, name)

    def note(self, folder: Path, looked: Iterable[Looked]) -> None:
        """Remember the good ones; others are named again each time."""
        lines = [_as_it_is(folder / one.name, one.name) for one in looked if one.why is None]
        _append(self._file, lines, durable=False)


def _as_it_is(path: Path, name: str) -> dict[str, Any]:
    try:
        found = path.lstat()
    except OSError:
        return {"name": name}
    return {"name": name, "bytes": found.st_size, "modified": found.st_mtime_ns}


def move(path: Path, folder: Path, target_folder: Path, why: str) -> Move:
    """Move a file away, below `target_folder` as it was below `folder`. Killed at any moment, the note leads back.

    Raises:
        OSError: it stays where it is.
    """
    target = _free(target_folder / path.relative_to(folder))
    target.parent.mkdir(parents=True, exist_ok=True)
    moved = Move(os.fspath(path.absolute()), os.fspath(target.absolute()), why)
    _append(target_folder / MOVED, [asdict(moved)], durable=True)
    # Not across file systems: a copy that is killed half-way would be neither here nor there.
    path.rename(target)
    return moved


def restore(target_folder: Path) -> Iterator[tuple[Move, OSError | None]]:
    """Move back what was moved, newest first; what cannot go back stays, with the reason."""
    for line in reversed(_lines(target_folder / MOVED)):
        moved = Move(line["source"], line["target"], line["why"])
        source, target = Path(moved.source), Path(moved.target)
        if not os.path.lexists(target):
            continue  # it is back already, or was never moved
        try:
            if os.path.lexists(source):
                raise FileExistsError(17, "there is another file in its place")
            source.parent.mkdir(parents=True, exist_ok=True)
            target.rename(source)
        except OSError as error:
            yield moved, error
        else:
            yield moved, None


def _free(target: Path) -> Path:
    """A path that nothing has: a second file of that name gets a number."""
    number, free = 1, target
    while os.path.lexists(free):
        number += 1
        free = target.with_name(f"{target.stem}-{number}{target.suffix}")
    return free


def _lines(file: Path) -> list[dict[str, Any]]:
    """The lines of a file of JSON; the last one may be cut short by a kill."""
    try:
        text = file.read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _append(file: Path, lines: list[dict[str, Any]], *, durable: bool) -> None:
    # As ASCII: names need not be text, and come back as they were.
    with file.open("a", encoding="ascii") as out:
        out.writelines(f"{json.dumps(line)}\n" for line in lines)
        out.flush()
        if durable:
            os.fsync(out.fileno())
