"""`python -m trainer.maker ORDER`: makes one embedder for the process that asked (`making`), and ends. Imports torch.

It has no other command line, since importing one takes a second of the ten.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from trainer.embedders import EmbedderSpec
from trainer.errors import TrainerError
from trainer.preprocessing import Preprocessing
from trainer.stopping import stop_at_end_of_stdin


def make(order: str) -> str:
    """Make the embedder that `order` (JSON, from `making.open_embedder`) describes; return its digest."""
    from trainer.exporting import make_embedder

    values = json.loads(order)
    wanted = values["spec"]
    preprocessing = Preprocessing.from_dict(wanted["preprocessing"])
    spec = EmbedderSpec(wanted["backbone"], wanted["weights"], preprocessing)
    # Exporting is Python at work: a second thread of torch would only spin and wait.
    return make_embedder(spec, Path(values["folder"]), threads=1)


def main() -> None:
    """Obey, in one line of words where that cannot be."""
    # Before torch comes in: nobody may be waiting any more by then.
    stop_at_end_of_stdin(threading.Event())
    try:
        make(sys.argv[1])
    except (TrainerError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
