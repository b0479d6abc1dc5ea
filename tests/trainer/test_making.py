"""The process that makes an embedder belongs to the one that wants it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

PATIENCE = 60.0
WANTS_ONE = """
import sys
from pathlib import Path
from trainer.making import open_embedder
from trainer.settings import TrainerSettings
open_embedder(Path(sys.argv[1]), TrainerSettings(backbone="test_efficientnet", weights="random"))
"""


def children(process_id: int) -> list[int]:
    told = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    return [int(child) for child in told.split()]


def until(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_gone(process_id: int) -> bool:
    try:
        # Whoever adopts it may not look after its dead.
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="this system does not tell whose child a process is")
def test_it_ends_with_whoever_wanted_it_however_that_ends(tmp_path: Path) -> None:
    wanting = subprocess.Popen([sys.executable, "-c", WANTS_ONE, str(tmp_path)])
    try:
        assert until(lambda: bool(children(wanting.pid)))
        maker = children(wanting.pid)[0]
    finally:
        wanting.send_signal(signal.SIGKILL)
        wanting.wait()
    try:
        assert until(lambda: is_gone(maker))
    finally:
        if not is_gone(maker):
            os.kill(maker, signal.SIGKILL)
    assert not list(tmp_path.glob("embedders/*.onnx"))
