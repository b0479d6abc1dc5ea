"""`pupil predict FILE...`."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console

from bot.cli.opening import opened
from bot.cli.plain import printable, quiet_decoders, sentence, trouble, why_refused
from bot.guesser import Guesser, Loaded, Refused
from bot.settings import BotSettings
from storage import PictureRefused, StorageError, StorageSettings, Store, normalise
from trainer.errors import PictureUnreadable

SHOWN = 3
# More than a picture may have is refused, so no more is read.
READ_AT_MOST = 20 * 1024 * 1024 + 1


@dataclass(frozen=True, slots=True)
class Line:
    """The answer to one file; `label` is None when the network does not know, `error` says why there is no answer."""

    file: str
    label: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    network: int | None = None
    milliseconds: float | None = None
    error: str | None = None


def predict_files(files: list[Path], *, as_json: bool) -> int:
    quiet_decoders()
    console, failed = Console(stderr=True, highlight=False, markup=False), False
    try:
        with opened(StorageSettings()) as store:
            loaded = Guesser(store, threads=BotSettings().bot_threads).look()
            if not isinstance(loaded, Loaded):
                console.print(_obstacle(loaded), style="red")
                return 1
            for line in _answers(store, loaded, files):
                failed = failed or line.error is not None
                print(json.dumps(asdict(line), ensure_ascii=False) if as_json else _told(line), flush=True)
    except StorageError as error:
        console.print(f"{trouble(error)} ({error})", style="red")
        return 1
    return 1 if failed else 0


def _obstacle(refused: Refused | None) -> str:
    """Why nothing can be answered."""
    if refused is None:
        return "There is no network yet: teach at least two labels with two photos each, then `pupil train`."
    return f"Network {refused.network.number} failed its check, so it may not answer. `pupil train` makes a new one."


def _answers(store: Store, loaded: Loaded, files: list[Path]) -> Iterator[Line]:
    with store.read() as unit:
        names = {one.id: one.name for one in unit.labels.all(unit.classifiers.default().id)}
    for file in files:
        yield _answer(loaded, names, file)


def _answer(loaded: Loaded, names: dict[int, str], file: Path) -> Line:
    shown, started = printable(str(file)), time.perf_counter()
    try:
        with file.open("rb") as opened_file:
            guess = loaded.guess(normalise(opened_file.read(READ_AT_MOST), side=loaded.side))
    except PictureRefused as error:
        return Line(shown, error=sentence(why_refused(error)))
    except PictureUnreadable:
        return Line(shown, error="It is damaged or cut short.")
    except OSError as error:
        return Line(shown, error=sentence(f"it cannot be read ({(error.strerror or type(error).__name__).lower()})"))
    # A label may be called something else by now, or be gone.
    return Line(
        file=shown,
        label=None if guess.label is None else names.get(guess.label),
        probabilities={names.get(key, then): round(p, 6) for key, then, p in guess.probabilities},
        network=loaded.network.number,
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
    )


def _told(line: Line) -> str:
    if line.error is not None:
        return f"{line.file}: {line.error}"
    likeliest = ", ".join(f"{name} {p:.1%}" for name, p in list(line.probabilities.items())[:SHOWN])
    return f"{line.file}: {line.label or 'not known'} ({likeliest})"
