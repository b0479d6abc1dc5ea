"""`pupil predict [--network NETWORK.onnx] FILE...`."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from bot.cli.opening import opened
from bot.cli.plain import DECODERS_DOWN, printable, quiet_decoders, sentence, trouble, why_refused
from bot.looking.guesser import Guesser, Loaded, Refused
from bot.settings import BotSettings
from pictures import PictureRefused
from pictures.decoders import Decoders, DecodersDown
from storage import StorageError, StorageSettings
from trainer.errors import ExportRefused, PictureUnreadable
from trainer.predicting import Guess

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


class Answering(Protocol):
    """What can be asked about pictures: a published network, or an exported one."""

    @property
    def side(self) -> int: ...

    def guess(self, data: bytes, pixels: NDArray[np.uint8] | None = None) -> Guess: ...


def predict_files(files: list[Path], *, as_json: bool) -> int:
    quiet_decoders()
    console = Console(stderr=True, highlight=False, markup=False)
    try:
        with opened(StorageSettings()) as store:
            loaded = Guesser(store, threads=BotSettings().bot_threads).look()
            if not isinstance(loaded, Loaded):
                console.print(_obstacle(loaded), style="red")
                return 1
            # A label may be called something else by now, or be gone.
            with store.read() as unit:
                labels = unit.labels.answerable(unit.classifiers.default().id)
                names = {key: one.name for key, one in labels.items()}
            return _tell_all(loaded.predictor, names, files, as_json=as_json)
    except StorageError as error:
        console.print(f"{trouble(error)} ({error})", style="red")
        return 1


def predict_with(network: Path, files: list[Path], *, as_json: bool) -> int:
    """Answer from an exported file alone: no home is looked for, made or opened."""
    from trainer.exported import ExportedNetwork

    quiet_decoders()
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    shown = printable(str(network))
    try:
        opened_network = ExportedNetwork.open(network)
    except ExportRefused as error:
        console.print(_not_a_network(shown, error), style="red")
        return 1
    except OSError as error:
        console.print(f"{shown} cannot be read ({(error.strerror or type(error).__name__).lower()}).", style="red")
        return 1
    return _tell_all(opened_network, dict(opened_network.labels), files, as_json=as_json)


def _not_a_network(shown: str, error: ExportRefused) -> str:
    return {
        "foreign": f"{shown} is not a network that Pupil exported. `pupil export network FILE.onnx` writes one.",
        "other_version": f"{shown} was exported by another version of Pupil. Export it again with this one.",
        "damaged": f"{shown} is damaged, or was changed after Pupil wrote it. Export it again, or copy it anew.",
        "unsafe": f"{shown} wants other files or foreign code, so it is not used. Ask for a file that Pupil exported.",
    }[error.reason]


def _obstacle(refused: Refused | None) -> str:
    """Why nothing can be answered."""
    if refused is None:
        return "There is no network yet: teach at least two labels with two photos each, then `pupil train`."
    return f"Network {refused.network.number} failed its check, so it may not answer. `pupil train` makes a new one."


def _tell_all(network: Answering, names: Mapping[int, str], files: list[Path], *, as_json: bool) -> int:
    """Print the answer to each file; returns the exit code."""
    failed = False
    with Decoders(processes=1) as decoders:
        for file in files:
            line = _answer(network, names, file, decoders)
            failed = failed or line.error is not None
            print(json.dumps(asdict(line), ensure_ascii=False) if as_json else _told(line), flush=True)
    return 1 if failed else 0


def _answer(network: Answering, names: Mapping[int, str], file: Path, decoders: Decoders) -> Line:
    shown, started = printable(str(file)), time.perf_counter()
    try:
        with file.open("rb") as opened_file:
            picture = decoders.normalise(opened_file.read(READ_AT_MOST), side=network.side)
        guess = network.guess(picture.data, picture.pixels)
    except PictureRefused as error:
        return Line(shown, error=sentence(why_refused(error)))
    except DecodersDown:
        return Line(shown, error=DECODERS_DOWN)
    except PictureUnreadable:
        return Line(shown, error="It is damaged or cut short.")
    except OSError as error:
        return Line(shown, error=sentence(f"it cannot be read ({(error.strerror or type(error).__name__).lower()})"))
    return Line(
        file=shown,
        label=None if guess.label is None else names.get(guess.label),
        probabilities=_by_name(names, guess),
        network=guess.network,
        milliseconds=round((time.perf_counter() - started) * 1000, 2),
    )


def _by_name(names: Mapping[int, str], guess: Guess) -> dict[str, float]:
    """Labels that were merged since add up; those that are gone, or rest, are not spoken of."""
    summed: dict[str, float] = {}
    for key, _, p in guess.probabilities:
        if key in names:
            summed[names[key]] = summed.get(names[key], 0.0) + p
    return {name: round(p, 6) for name, p in sorted(summed.items(), key=lambda one: -one[1])}


def _told(line: Line) -> str:
    if line.error is not None:
        return f"{line.file}: {line.error}"
    likeliest = ", ".join(f"{printable(name)} {p:.1%}" for name, p in list(line.probabilities.items())[:SHOWN])
    return f"{line.file}: {printable(line.label or 'not known')} ({likeliest})"
