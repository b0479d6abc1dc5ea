"""The commands below `pupil dataset`; what each does is imported when it is called."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

dataset = typer.Typer(help="The versions of the data set: what each network learned.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Number = Annotated[int, typer.Argument(help="The number, as `pupil dataset list` shows it.")]


@dataset.command("list")
def list_(json: Json = False) -> None:
    """List the versions: when each was made, how many photos it has, and which network learned it."""
    from bot.cli.datasets import show_versions

    raise typer.Exit(show_versions(as_json=json))


@dataset.command()
def show(
    number: Number,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write its photos to this file, as name,label.")] = None,
    json: Json = False,
) -> None:
    """Show a version's labels, or write its list of photos to a file."""
    from bot.cli.datasets import show_version

    raise typer.Exit(show_version(number, csv, as_json=json))


@dataset.command()
def diff(first: Number, second: Number, json: Json = False) -> None:
    """Say what changed between two versions: photos added, gone and renamed."""
    from bot.cli.datasets import show_difference

    raise typer.Exit(show_difference(first, second, as_json=json))


@dataset.command()
def restore(
    number: Number,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this, only say what would change.")] = False,
    keep_new: Annotated[bool, typer.Option("--keep-new", help="Leave photos that were taught since then.")] = False,
) -> None:
    """Put a version back, by new votes that `pupil dataset undo` takes back."""
    from bot.cli.datasets import restore_version

    raise typer.Exit(restore_version(number, yes=yes, keep_new=keep_new))


@dataset.command()
def undo() -> None:
    """Undo the last restoration; what people said meanwhile stays."""
    from bot.cli.datasets import undo_last

    raise typer.Exit(undo_last())


@dataset.command()
def effect(first: Number, second: Number, json: Json = False) -> None:
    """Say what cleaning did: the errors of both versions' networks on the same confirmed photos."""
    sys.stdout.flush()
    arguments = ["effect", str(first), str(second), *(["--json"] if json else [])]
    os.execv(sys.executable, [sys.executable, "-m", "trainer", *arguments])  # noqa: S606 - our own interpreter
