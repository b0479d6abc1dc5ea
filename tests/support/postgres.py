"""A PostgreSQL server for one command: `python -m tests.support.postgres -- pytest tests/storage`.

It lives in a temporary folder, listens on loopback only, and is stopped however the command ends. The command finds
its URL in PUPIL_TEST_POSTGRES.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "PUPIL_TEST_POSTGRES"
SERVER_USER = "postgres"
INSTALLATIONS = Path("/usr/lib/postgresql")


class NoPostgres(Exception):
    """No server can be started here."""


def main(arguments: Sequence[str]) -> int:
    command = list(arguments[1:] if arguments[:1] == ["--"] else arguments)
    if not command:
        print("usage: python -m tests.support.postgres -- command [argument ...]", file=sys.stderr)
        return 2
    # Else a polite kill would leave the server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with server() as url:
            return subprocess.run(command, env=os.environ | {VARIABLE: url}, check=False).returncode
    except NoPostgres as error:
        print(error, file=sys.stderr)
        return 3


@contextmanager
def server() -> Iterator[str]:
    """Run a server and give its SQLAlchemy URL.

    Raises:
        NoPostgres: it is not installed, or did not start.
    """
    binaries = _binaries()
    # Not below TMPDIR, which may be closed to the server's user.
    folder = Path(tempfile.mkdtemp(prefix="pupil-postgres-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            account = _account()
            os.chown(folder, account.pw_uid, account.pw_gid)
        data, port = folder / "data", _free_port()
        _run(
            folder,
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "pupil",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )
        # Durability is the server's own business, not what these tests are about; without it they run three times
        # faster.
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        _run(folder, binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "30", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://pupil@127.0.0.1:{port}/postgres"
        finally:
            _run(folder, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    versions = [folder for folder in INSTALLATIONS.glob("*/bin") if (folder / "initdb").exists()]
    if versions:
        return max(versions, key=lambda folder: float(folder.parent.name))
    found = shutil.which("initdb")
    if found and (Path(found).resolve().parent / "pg_ctl").exists():
        return Path(found).resolve().parent
    raise NoPostgres("PostgreSQL's server is not installed; on Debian: apt-get install postgresql")


def _account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        raise NoPostgres(f"PostgreSQL does not run as root, and there is no user {SERVER_USER} to run it as") from None


def _run(folder: Path, program: Path, *arguments: object) -> None:
    """Run one of PostgreSQL's programs, which refuse to work for root."""
    account = _account() if os.geteuid() == 0 else None
    with (folder / "commands.log").open("ab") as log:
        done = subprocess.run(
            [program, *map(str, arguments)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            check=False,
        )
    if done.returncode:
        said = "\n".join(file.read_text(errors="replace") for file in sorted(folder.glob("*log")))
        raise NoPostgres(f"{program.name} failed:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
