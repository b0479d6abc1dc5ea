"""What answers photos tells nobody that it does."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TELLS = """
import sys
sys.addaudithook(lambda name, _: name in ("socket.connect", "socket.getaddrinfo", "os.fork") and print(name))
from trainer.engine import openvino
openvino().Core()
print(*(name for name in sys.modules if name.startswith("openvino_telemetry.")))
"""


def test_loading_the_engine_leaves_no_identity_and_speaks_to_nobody(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {"HOME": str(tmp_path)}

    told = subprocess.run(
        [sys.executable, "-c", TELLS], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert told.stdout.split() == []
    assert list(tmp_path.iterdir()) == []
