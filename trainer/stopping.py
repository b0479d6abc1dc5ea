"""How a process of the trainer's is asked to stop: by a signal, or by the end of whoever started it."""

from __future__ import annotations

import os
import threading

FAREWELL_SECONDS = 1.0


def stop_at_end_of_stdin(stop: threading.Event) -> None:
    """Stop when whoever started this is gone, killed or not: the system closes its end of the pipe."""

    def wait() -> None:
        # Not by sys.stdin: its lock, held here, would be missed when the interpreter ends.
        while os.read(0, 1024):
            pass
        ask_to_stop(stop)

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def ask_to_stop(stop: threading.Event) -> None:
    """Ask to stop, and end anyway if that takes long: every step may be cut off at any moment."""
    stop.set()
    farewell = threading.Timer(FAREWELL_SECONDS, os._exit, args=(0,))
    farewell.daemon = True
    farewell.start()
