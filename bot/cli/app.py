"""The commands of `pupil`, and how each reports failure: 0 fine, 1 something failed and was said, 2 wrong use.

Only names and options stand here; what a command does is imported when it is called, so that none pays for another.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.dataset_app import dataset

pupil = typer.Typer(
    name="pupil",
    help="A bot that people teach to see. Everything it keeps lies below one folder: PUPIL_HOME.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
export = typer.Typer(help="Take a network or the data set out of Pupil.", no_args_is_help=True)
pupil.add_typer(export, name="export")
pupil.add_typer(dataset, name="dataset")

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Version = Annotated[
    int | None,
    typer.Option("--dataset", help="Learn from this version of the data set; it answers only if you say so then."),
]
Files = Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG, WebP, GIF, HEIC or AVIF.")]


@pupil.command()
def run() -> None:
    """Start everything: the bot, the trainer, and without a Telegram token the chat page."""
    from bot.cli.running import run_everything

    raise typer.Exit(run_everything(with_trainer=True))


@pupil.command()
def bot() -> None:
    """Start the bot alone."""
    from bot.cli.running import run_everything

    raise typer.Exit(run_everything(with_trainer=False))


@pupil.command()
def trainer() -> None:
    """Start the trainer alone: it learns whenever lessons come in."""
    _hand_over("run")


@pupil.command()
def train(json: Json = False, dataset: Version = None) -> None:
    """Train a network now and let it answer if it is good enough."""
    _hand_over("train", *(["--json"] if json else []), *_of_version(dataset))


@pupil.command()
def tune(
    json: Json = False,
    go_on: Annotated[
        bool, typer.Option("--continue", help="Go on from the last fine-tuning instead of from the beginning.")
    ] = False,
    dataset: Version = None,
) -> None:
    """Fine-tune now: learn deeper than the last layer (minutes), and let it answer if it got better."""
    _hand_over("tune", *(["--json"] if json else []), *(["--continue"] if go_on else []), *_of_version(dataset))


@pupil.command()
def report(
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the pictures.")] = None,
    network: Annotated[int | None, typer.Option("--network", help="Its number; the one that answers if unset.")] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Draw on a dark ground.")] = False,
    json: Json = False,
) -> None:
    """Say how good a network is and why, in words, numbers and pictures."""
    options = ["--out", str(out)] if out else []
    options += ["--network", str(network)] if network is not None else []
    _hand_over("report", *options, *(["--dark"] if dark else []), *(["--json"] if json else []))


@pupil.command("import")
def import_(
    folder: Annotated[
        Path, typer.Argument(help="A folder per label in it, or in its train, valid and test; or a zip.")
    ],
    json: Json = False,
) -> None:
    """Take in a folder of pictures, or a zip of one; begun again after a stop, it goes on where it was."""
    from bot.cli.importing import import_from

    raise typer.Exit(import_from(folder, as_json=json))


@pupil.command()
def download(
    source: Annotated[
        Path, typer.Argument(metavar="LIST", help="Addresses, one a line; or a table with url and label.")
    ],
    label: Annotated[str, typer.Option("--label", help="What they show, where the list does not say.")] = "",
    most: Annotated[int | None, typer.Option("--max", min=1, help="At most so many addresses of the list.")] = None,
    into: Annotated[Path | None, typer.Option("--into", help="Only save them, in a folder per label here.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Where to write what became of each line; beside the list if unset.")
    ] = None,
    json: Json = False,
) -> None:
    """Take in the pictures that a list of addresses names; begun again after a stop, it goes on where it was."""
    from bot.cli.downloading import Order, download_list

    raise typer.Exit(download_list(Order(source, label, most, into, report), as_json=json))


@pupil.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder of pictures; or one that files were moved to, to restore.")],
    json: Json = False,
    move_to: Annotated[
        Path | None, typer.Option("--move-to", help="Move what is no good there; moved.jsonl in it leads back.")
    ] = None,
    restore: Annotated[bool, typer.Option("--restore", help="Move back what was moved to this folder.")] = False,
    max_size: Annotated[int | None, typer.Option("--max-size", min=16, help="Longest side that is fine.")] = None,
    channels: Annotated[
        int | None,
        typer.Option("--channels", min=1, max=4, help="1 grey, 3 colour, 4 with transparency."),
    ] = None,
    formats: Annotated[
        str | None, typer.Option("--formats", help="The only ones that are fine, like jpeg,png.")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option("--resume", help="Note there what was looked at, and leave that out the next time.")
    ] = None,
) -> None:
    """Decode every picture in a folder and name what is no good, and why. Nothing is changed unless told to move."""
    from bot.cli.verifying import Wanted, restore_folder, verify_folder

    if restore:
        raise typer.Exit(restore_folder(folder, as_json=json))
    wanted = Wanted(max_size, channels, formats)
    raise typer.Exit(verify_folder(folder, wanted, move_to=move_to, resume=resume, as_json=json))


@pupil.command()
def predict(
    files: Files,
    json: Json = False,
    network: Annotated[
        Path | None, typer.Option("--network", help="An exported network to ask instead; needs nothing but this file.")
    ] = None,
) -> None:
    """Ask the network that answers now about pictures."""
    from bot.cli.predicting import predict_files, predict_with

    if network is None:
        raise typer.Exit(predict_files(files, as_json=json))
    raise typer.Exit(predict_with(network, files, as_json=json))


@pupil.command()
def status(json: Json = False) -> None:
    """Show what is known, how good it is, and what is running."""
    from bot.cli.status import show_status

    raise typer.Exit(show_status(as_json=json))


@pupil.command()
def card() -> None:
    """Say what the network that answers is, how good it is, and what it is not for."""
    from bot.cli.card import show_card

    raise typer.Exit(show_card())


@pupil.command("models")
def networks(json: Json = False) -> None:
    """List the networks that there have been: how good each was, which one answers, and why others were held back."""
    from bot.cli.networks import show_networks

    raise typer.Exit(show_networks(as_json=json))


@pupil.command()
def rollback(number: Annotated[int, typer.Argument(help="The number, as `pupil models` lists it.")]) -> None:
    """Let an earlier network answer again."""
    from bot.cli.networks import roll_back

    raise typer.Exit(roll_back(number))


@pupil.command()
def clean(
    csv: Annotated[Path | None, typer.Option("--csv", help="Write what is in doubt to this table.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write it as a page to decide in.")] = None,
    apply: Annotated[Path | None, typer.Option("--apply", help="Read the decisions of such a table back.")] = None,
    create_labels: Annotated[
        bool, typer.Option("--create-labels", help="Make labels that a decision names and nobody has taught.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what --apply would do, and do nothing.")] = False,
) -> None:
    """List the photos in doubt as a table and a page, or carry out what was decided there."""
    from bot.cli.cleaning import clean as clean_data

    raise typer.Exit(clean_data(csv, html, apply, create_labels=create_labels, dry_run=dry_run))


@pupil.command()
def people(json: Json = False) -> None:
    """List everybody who has written to the bot, with their roles."""
    from bot.cli.people import show_people

    raise typer.Exit(show_people(as_json=json))


@pupil.command()
def role(
    person: Annotated[str, typer.Argument(help="The number or the name, as `pupil people` lists it.")],
    role: Annotated[str, typer.Argument(help="guest, teacher, reviewer, admin or owner.")],
) -> None:
    """Say what a person may do."""
    from bot.cli.people import set_role

    raise typer.Exit(set_role(person, role))


@pupil.command()
def revert(
    person: Annotated[str, typer.Argument(help="The number or the name, as `pupil people` lists it.")],
    undo: Annotated[bool, typer.Option("--undo", help="Give back what was taken back last.")] = False,
) -> None:
    """Take back all that a person said of photos; nothing is removed."""
    from bot.cli.people import revert_person

    raise typer.Exit(revert_person(person, undo=undo))


@pupil.command("owner-code")
def owner_code() -> None:
    """Print a code that makes the one who sends it to the bot its owner."""
    from bot.cli.status import new_owner_code

    raise typer.Exit(new_owner_code())


@export.command("network")
def export_network(
    file: Annotated[Path, typer.Argument(help="The file to write, like birds.onnx.")],
) -> None:
    """Write the network that answers as one ONNX file that holds all it needs."""
    _hand_over("export-network", str(file))


@export.command("dataset")
def export_dataset(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
) -> None:
    """Write the taught photos as a folder per label, with cleaned.csv."""
    from bot.cli.exporting import export_dataset as export_to

    raise typer.Exit(export_to(folder))


def _of_version(dataset: int | None) -> list[str]:
    return [] if dataset is None else ["--dataset", str(dataset)]


def _hand_over(*arguments: str) -> None:
    """Become the trainer. It is another program on purpose: this one never imports what it needs (torch)."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "trainer", *arguments])  # noqa: S606 - our own interpreter
