"""A folder of pictures that were made to break decoders, all of them through ours: what becomes of each, at what cost.

python -m tests.benchmarks.corpus FOLDER

Pillow's own tests hold some: `pip download --no-deps --no-binary pillow pillow==VERSION` fetches them. Prints how many
were kept or refused for which reason, the slowest, and how many processes died of a picture; ends with 1 where one was
neither kept nor refused by name, or took more than six seconds.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

from pictures import PictureRefused, Refusal
from pictures.decoders import Decoders

SLOWEST = 6.0


def main() -> None:
    files = [path for path in sorted(Path(sys.argv[1]).rglob("*")) if path.is_file() and not path.is_symlink()]
    if not files:
        raise SystemExit(f"{sys.argv[1]} holds no files")
    verdicts, forgiven = Counter[str](), Counter[str]()
    slowest, hard, unnamed = (0.0, ""), list[str](), list[str]()
    begun = time.perf_counter()
    with Decoders() as decoders:
        for path in files:
            data, started = path.read_bytes(), time.perf_counter()
            try:
                decoders.normalise(data)
                verdict = "kept"
            except PictureRefused as error:
                verdict = error.refusal
                forgiven[_forgiven(decoders, data, verdict)] += 1
            except Exception as error:  # What this looks for.
                verdict = type(error).__name__
                unnamed.append(f"{path.name} ({verdict})")
            verdicts[verdict] += 1
            slowest = max(slowest, (time.perf_counter() - started, path.name))
            hard += [path.name] if verdict == Refusal.TOO_HARD else []
    print(f"{len(files)} files in {time.perf_counter() - begun:.0f} s")
    for verdict, count in verdicts.most_common():
        print(f"  {verdict:16} {count:4}")
    print(f"of those refused, a reviewer can see {forgiven['seen']}, and cannot {forgiven['unseen']}")
    print(f"a process ended at its limits or died: {len(hard)} {hard}")
    print(f"neither kept nor refused by name: {len(unnamed)} {unnamed}   {'MISSED' if unnamed else ''}")
    print(f"slowest {slowest[0]:.2f} s ({slowest[1]})   {'MISSED' if slowest[0] > SLOWEST else ''}")
    sys.exit(1 if unnamed or slowest[0] > SLOWEST else 0)


def _forgiven(decoders: Decoders, data: bytes, verdict: str) -> str:
    if verdict in (Refusal.EMPTY, Refusal.TOO_MANY_BYTES):
        return "unseen"
    try:
        decoders.forgive(data)
    except PictureRefused:
        return "unseen"
    return "seen"


if __name__ == "__main__":
    main()
