"""`python -m tests.fuzz.pictures [--seconds 60] [--seeds FOLDER] [--keep FOLDER]`: mutated pictures for `normalise()`.

By atheris, which goes on with what reaches new code of ours and of Pillow's Python. Each input must become a picture or
be refused, within a second of processor time. Ends with 1 if one does not, if there were too few, or too much memory
was needed; the input is kept for a regression test.
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from tests.support.pictures import encoded, jpeg, scene, with_exif
from tests.support.profiles import display_p3

# The bars: runs a second, seconds of an input, megabytes.
RUNS_A_SECOND, SLOWEST, MEGABYTES = 833, 1.0, 500
LONGEST_SEED = 8_000
MODULE = "tests.fuzz.pictures"
KINDS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIF")


class TooSlow(Exception):
    """An input took more time than any may."""


def seeds() -> Iterator[bytes]:
    """A small picture of each format and mode, with what stands beside pixels."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    for kind in KINDS:
        yield encoded(scene(24, 18), kind)
        yield with_exif(scene(24, 18), kind, orientation=6)
        yield encoded(scene(24, 18), kind, icc_profile=display_p3())
    for mode in ("1", "L", "LA", "P", "RGBA", "I;16"):
        image = scene(24, 18).convert("L").convert("I;16") if mode == "I;16" else scene(24, 18).convert(mode)
        yield encoded(image, "PNG")
    yield encoded(scene(24, 18).convert("CMYK"))
    yield jpeg(24, 18, progressive=True)
    for kind in ("GIF", "PNG", "WEBP"):
        frames = [scene(24, 18, seed) for seed in range(3)]
        yield encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def small_files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size <= LONGEST_SEED:
            yield path.read_bytes()


def check(received: bytes) -> None:
    """Raises whatever leaves `normalise()` but a refusal, and TooSlow."""
    from pictures import PictureRefused, normalise

    started = time.process_time()
    try:
        picture = normalise(received)
        with Image.open(io.BytesIO(picture.data)) as image:
            assert image.size == (picture.width, picture.height)
    except PictureRefused:
        pass
    spent = time.process_time() - started
    if spent > SLOWEST:
        raise TooSlow(f"{spent:.1f} s")


def run_inside(arguments: list[str]) -> None:
    """Be the process that is fuzzed: libFuzzer ends it by itself."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["pictures", "PIL"]):
        import PIL.AvifImagePlugin
        import PIL.GifImagePlugin
        import PIL.JpegImagePlugin
        import PIL.PngImagePlugin
        import PIL.WebPImagePlugin  # noqa: F401

        import pictures.normalising  # noqa: F401
    warnings.simplefilter("ignore")
    atheris.Setup([sys.argv[0], *arguments], check)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seeds", type=Path, help="a folder of pictures to begin with, beside our own")
    parser.add_argument("--keep", type=Path, default=Path.cwd(), help="where an input is kept that breaks something")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pupil-fuzz-") as folder:
        corpus = [*seeds(), *(small_files(options.seeds) if options.seeds else ())]
        for number, seed in enumerate(corpus):
            Path(folder, f"{number:05}").write_bytes(seed)
        sys.exit(fuzz(folder, options.seconds, options.keep))


def fuzz(corpus: str, seconds: int, keep: Path) -> int:
    # By the clock a process may only have been halted; what is slow is found by its processor time.
    limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEGABYTES}", "-timeout=120", f"-max_len={LONGEST_SEED}"]
    told = ["-print_final_stats=1", f"-artifact_prefix={keep}{os.sep}"]
    command = [sys.executable, "-m", MODULE, "--inside", *limits, *told, corpus]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    stats = dict(_stats(done.stderr))
    runs = stats.get("number_of_executed_units", 0)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    enough = runs >= RUNS_A_SECOND * seconds
    print(f"{runs} runs in {seconds} s   {'' if enough else 'MISSED'}")
    print(f"memory {peak:.0f} MB at most   {'' if peak <= MEGABYTES else 'MISSED'}")
    print(f"nothing left normalise() but refusals   {'MISSED' if done.returncode else ''}")
    if done.returncode:
        print(done.stderr[-3_000:], file=sys.stderr)
    return 0 if enough and peak <= MEGABYTES and not done.returncode else 1


def _stats(words: str) -> Iterator[tuple[str, int]]:
    for line in words.splitlines():
        if line.startswith("stat::"):
            name, _, value = line.removeprefix("stat::").partition(":")
            yield name, int(value)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        run_inside(sys.argv[2:])
    else:
        main()
