"""`python -m trainer [run|train|embed|export-network FILE]`."""

from __future__ import annotations

import os


def main() -> None:
    """Start the command line with one thread for linear algebra.

    The head's matrices are so small that OpenBLAS spends seven times longer on handing work to a second thread than
    on doing it (500 photos on two cores: 2.3 s against 0.3 s). It reads the variable when numpy is first imported.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from trainer.cli import main as start

        start()
    except KeyboardInterrupt:
        # Ctrl-C while it was still importing: there is nothing to tell.
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
