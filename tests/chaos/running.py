"""What the command lines of these runs have in common: a seed, a folder, and a report with its violations."""

from __future__ import annotations

import argparse
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def parser(doc: str | None, *, seeded: bool = True) -> argparse.ArgumentParser:
    """Return a parser that knows `--folder` and, where chance plays a part, `--seed`."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--folder", type=Path, help="an empty folder to keep what was left; default: a passing one")
    if seeded:
        made.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    return made


@contextmanager
def room(folder: Path | None) -> Iterator[Path]:
    """Lend the folder that was asked for, made if need be; else one that goes at the end."""
    with tempfile.TemporaryDirectory(prefix="pupil-chaos-") as passing:
        lent = (folder or Path(passing)).resolve()
        lent.mkdir(parents=True, exist_ok=True)
        yield lent


def told(report: object) -> None:
    """Print a report's plain values, one a line."""
    for name, value in vars(report).items():
        if isinstance(value, (int, float, str)):
            shown = f"{value:.1f}" if isinstance(value, float) else str(value)
            print(f"{name.replace('_', ' '):26}{shown:>14}")


def judged(violations: Sequence[str]) -> int:
    """Print what must not be; return the process's exit code."""
    for violation in violations[:20]:
        print(f"VIOLATION: {violation}")
    if len(violations) > 20:
        print(f"and {len(violations) - 20} more")
    return 1 if violations else 0
