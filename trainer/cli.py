"""The trainer's command line; `python -m trainer --help` lists it.

Exit codes: 0 fine, 1 something failed and was said, 2 wrong use. The only place where the trainer reads settings.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any, NoReturn, TextIO

import typer

from storage import StorageError, StorageSettings, Store, open_store
from trainer import commands
from trainer.errors import AlreadyRunning, NetworkUnknown, TrainerError
from trainer.locking import only_trainer
from trainer.making import open_embedder
from trainer.progress import progress_bar
from trainer.settings import TrainerSettings
from trainer.stopping import ask_to_stop, stop_at_end_of_stdin
from trainer.tuning.steps import Failed, Progress, to_line

logger = logging.getLogger(__name__)

LOCK_LOOK_SECONDS = 0.5

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Turns lessons into a network.")
Version = Annotated[int | None, typer.Option("--dataset", help="A version of the data set, by its number.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a sentence.")]


@app.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Without a command: run."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for talkative in ("alembic", "onnxscript", "onnx_ir"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    _make_way(TrainerSettings().niceness)
    if context.invoked_subcommand is None:
        run()


@app.command()
def run(
    until_stdin_ends: Annotated[
        bool, typer.Option("--until-stdin-ends", hidden=True, help="Belong to the process that holds the other end.")
    ] = False,
) -> None:
    """Stay, and learn whenever there are new lessons."""
    from trainer.recipe import Recipe
    from trainer.service import Service

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ask_to_stop(stop))
    if until_stdin_ends:
        stop_at_end_of_stdin(stop)
    store, settings = _open(), TrainerSettings()
    with _lock(store.home, stop, patiently=until_stdin_ends):
        Service(store, settings, Recipe(), stop).run()


@app.command()
def train(
    as_json: Json = False,
    force: Annotated[bool, typer.Option("--force", help="Learn again even if nothing changed.")] = False,
    dataset: Version = None,
) -> None:
    """Learn now, once, and say what came of it."""
    started = time.perf_counter()
    result = commands.train(_open(), TrainerSettings(), force=force, dataset=dataset)
    result["seconds"] = round(time.perf_counter() - started, 3)
    typer.echo(json.dumps(result) if as_json else commands.sentence(result))
    if result["end"] == "not_ready":
        raise typer.Exit(1)


@app.command()
def tune(
    as_json: Json = False,
    go_on: Annotated[
        bool, typer.Option("--continue", help="Go on from the last fine-tuning instead of from the beginning.")
    ] = False,
    dataset: Version = None,
) -> None:
    """Fine-tune now: learn deeper than the last layer (minutes), and let it answer if it got better."""
    started = time.perf_counter()
    result: dict[str, Any] = {}
    with progress_bar() as bar:
        for step in commands.tune(_open(), TrainerSettings(), go_on=go_on, dataset=dataset):
            match step:
                case Progress():
                    bar.update(step.part.value, step.done, step.steps)
                case str():
                    bar.say(step)
                case _:
                    result = step | {"seconds": round(time.perf_counter() - started, 1)}
    typer.echo(json.dumps(result) if as_json else commands.sentence(result))
    if result["end"] == "not_ready":
        raise typer.Exit(1)


@app.command("tune-apart", hidden=True)
def tune_apart() -> None:
    """Carry out a tuning for the trainer that holds the other end of the standard input, and tell it line by line."""
    from trainer.tuning.command import carry_out

    stop_at_end_of_stdin(threading.Event())
    said, store, settings = _stdout_for_lines(), _open(), TrainerSettings()
    # It takes minutes, so it makes way for the fits, as those do for the bot.
    _make_way(2 * settings.niceness)
    try:
        untuned = open_embedder(store.home, settings)
        if untuned is None:
            raise NetworkUnknown(settings.backbone, "stopped before it was made")
        with store.read() as unit:
            classifier_id = unit.classifiers.default().id
        for step in carry_out(store, classifier_id, untuned, settings):
            print(to_line(step), file=said, flush=True)
    except (TrainerError, StorageError, OSError, MemoryError) as error:
        machine = not isinstance(error, TrainerError)
        print(to_line(Failed(type(error).__name__, str(error), machine)), file=said, flush=True)
        raise typer.Exit(1) from None


@app.command()
def report(
    folder: Annotated[Path | None, typer.Option("--out", help="Folder for the pictures.")] = None,
    network: Annotated[int | None, typer.Option("--network", help="Its number; the one that answers if unset.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw on a dark ground.")] = False,
    chat: Annotated[list[int] | None, typer.Option("--chat", hidden=True)] = None,
    as_json: Json = False,
) -> None:
    """Say how good a network is and why, in words, numbers and pictures."""
    facts = commands.report(_open(), folder, number=network, dark=dark, chats=chat or ())
    typer.echo(json.dumps(facts) if as_json else commands.report_in_words(facts))


@app.command()
def effect(first: int, second: int, as_json: Json = False) -> None:
    """Say what cleaning did: errors of two versions' networks on the same confirmed photos."""
    result = commands.effect(_open(), first, second)
    typer.echo(json.dumps(result) if as_json else result["sentence"])


@app.command()
def embed(as_json: Json = False) -> None:
    """Embed every taught photo that is not embedded yet (and make the embedder, if this is the first time)."""
    result = commands.embed(_open(), TrainerSettings())
    typer.echo(json.dumps(result) if as_json else f"{result['embedded']} photos embedded.")


@app.command("export-network")
def export_network(
    file: Annotated[Path, typer.Argument(help="The .onnx file to write.")], as_json: Json = False
) -> None:
    """Write the network that answers now as one self-contained ONNX file."""
    if file.suffix != ".onnx":
        raise typer.BadParameter("the file's name must end in .onnx")
    result = commands.export(_open(), file)
    typer.echo(json.dumps(result) if as_json else f"Network {result['network']} written to {file}.")


def _make_way(niceness: int) -> None:
    """Be as nice as that, the most being 19; who was started nicer stays so."""
    os.setpriority(os.PRIO_PROCESS, 0, max(niceness, os.getpriority(os.PRIO_PROCESS, 0)))


def _stdout_for_lines() -> TextIO:
    """Return the standard output, and give what libraries print there to the standard error."""
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return said


def _open() -> Store:
    settings = StorageSettings()
    return open_store(settings.home, settings.database_url(), confirmed_lessons=settings.confirmed_lessons)


def _lock(home: Path, stop: threading.Event, *, patiently: bool) -> ExitStack:
    """Be the only trainer of this home; `patiently`, wait for another one to end instead of raising AlreadyRunning.

    Told to stop meanwhile, it comes back without the lock: nothing is begun any more then.
    """
    held, told = ExitStack(), False
    while not stop.is_set():
        try:
            held.enter_context(only_trainer(home))
            break
        except AlreadyRunning:
            if not patiently:
                raise
        if not told:
            logger.info("another trainer is at work in this home: waiting until it ends")
            told = True
        stop.wait(LOCK_LOOK_SECONDS)
    return held


def main() -> None:
    """Read the command line and obey; turn named errors into one line and exit code 1."""
    try:
        app()
    except AlreadyRunning as error:
        _fail(f"Another trainer is running in this home ({error.lock.parent}).")
    except (TrainerError, StorageError, OSError) as error:
        _fail(f"{type(error).__name__}: {error}")


def _fail(said: str) -> NoReturn:
    sys.stderr.write(said + "\n")
    raise SystemExit(1)
