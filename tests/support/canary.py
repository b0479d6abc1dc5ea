"""Where a token turned up that should be nowhere."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote


def holders(folder: Path, secret: str) -> list[str]:
    """The files below a folder, by their path in it, that hold a secret, as it is or as a link spells it."""
    spellings = {secret.encode(), quote(secret, safe="").encode()}
    found = (file for file in files_in(folder) if any(one in file.read_bytes() for one in spellings))
    return sorted(file.relative_to(folder).as_posix() for file in found)


def files_in(folder: Path) -> Iterator[Path]:
    """All files that can be read; links lead to files that are looked at where they are."""
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
