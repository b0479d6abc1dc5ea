"""The whole suite at DEBUG, with a token that is known: then it is looked for in all that was written and said.

python -m tests.canary [--keep FOLDER] [PYTEST ARGUMENTS ...]

Looked through are every file that a test left (stores, blobs, exports, reports), every log record of every library, and
all that pytest and the processes that tests start print. Exit code 1 if a test failed or the token was anywhere, or if
the one file is not found that holds it on purpose.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.bots import TOKEN
from tests.support.canary import files_in, holders

SECRET = TOKEN.partition(":")[2]
CONTROL = "control"


def main() -> int:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--keep", type=Path, help="where to leave what was looked through")
    options, arguments = command.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="pupil-canary-") as passing:
        folder = options.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        failed = run_suite(folder, arguments)
        (folder / CONTROL).write_text(f"https://api.telegram.org/bot{TOKEN}/getMe")
        sizes, found = [file.stat().st_size for file in files_in(folder)], holders(folder, SECRET)
    leaks = [one for one in found if one != CONTROL]
    size = sum(sizes) / 1e6
    print(f"{len(sizes)} files of {size:.0f} MB were looked through: the token is in {len(leaks)} of them.")
    print("\n".join(leaks))
    return 1 if failed or leaks or CONTROL not in found else 0


def run_suite(folder: Path, arguments: list[str]) -> int:
    """Run pytest, with all that it and its tests write below the folder; returns its exit code."""
    passing = folder / "passing"
    passing.mkdir(exist_ok=True)
    command = [
        *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "3", "--dist", "loadfile"),
        *("--no-loadscope-reorder", f"--basetemp={folder / 'left'}", "-o", "tmp_path_retention_policy=all"),
        *("--log-level=DEBUG", f"--log-file={folder / 'log'}", "--log-file-level=DEBUG", "-o", "log_file_mode=a"),
        *arguments,
    ]
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    environment = os.environ | threads | {"PUPIL_TEST_DEBUG": "1", "TMPDIR": str(passing)}
    with (folder / "printed").open("wb") as printed:
        done = subprocess.run(command, env=environment, stdout=printed, stderr=subprocess.STDOUT, check=False)
    print((folder / "printed").read_text(errors="replace").rstrip().rpartition("\n")[2])
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
