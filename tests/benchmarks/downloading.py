"""A list of 1,000 addresses into verified files: `pupil download --into`, and fastai's download and verify.

python -m tests.benchmarks.downloading [--peer PYTHON] [--hosts 40] [--addresses 1000]

The server is a process of its own on loopback, under as many addresses as there are hosts. Of the list 5 % are dead,
2 % are HTML that is called a picture, and 2 % are pictures that come after two seconds. Imports are not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from bot.cli.downloading import Order, download_list
from bot.fetching.addresses import Reach
from bot.fetching.fetch import Fetcher
from tests.benchmarks.data import data_folder, sets_there

SLOW_SECONDS = 2.0
DEAD, HTML, SLOW = 0.05, 0.02, 0.02


@dataclass(frozen=True)
class Listed:
    """A list: which address is of which kind."""

    kinds: dict[str, str]

    @property
    def good(self) -> set[str]:
        return {link for link, kind in self.kinds.items() if kind in ("good", "slow")}


def main() -> None:
    command = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    command.add_argument("--peer", help="a Python that has fastai")
    command.add_argument("--hosts", type=int, default=40)
    command.add_argument("--addresses", type=int, default=1000)
    command.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = command.parse_args()
    if options.serve:
        asyncio.run(serve())
        return
    data_folder()  # Ends here if there is none, and not in the server.
    with tempfile.TemporaryDirectory(prefix="pupil-benchmark-") as place:
        measure(Path(place), options)


def measure(place: Path, options: argparse.Namespace) -> None:
    server = subprocess.Popen([sys.executable, "-m", __spec__.name, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        listed = make_list(port, options)
        source = place / "list.txt"
        source.write_text("\n".join(listed.kinds))
        ours = ours_of(place, source, listed, port, options.hosts)
        if options.peer:
            theirs = theirs_of(place, source, listed, options.peer)
            print(f"ours to theirs: {theirs / ours:.1f} x the throughput")
    finally:
        server.kill()
        server.wait()


def make_list(port: int, options: argparse.Namespace) -> Listed:
    """Different photos, mixed, each host with its share."""
    rng, count = random.Random(5), options.addresses
    kinds = ["dead"] * int(DEAD * count) + ["html"] * int(HTML * count) + ["slow"] * int(SLOW * count)
    kinds += ["good"] * (count - len(kinds))
    rng.shuffle(kinds)
    hosts = [f"127.0.0.{2 + number}" for number in range(options.hosts)]
    return Listed({f"http://{rng.choice(hosts)}:{port}/{kind}/{n}.jpg": kind for n, kind in enumerate(kinds)})


def ours_of(place: Path, source: Path, listed: Listed, port: int, hosts: int) -> float:
    reach = Reach(ports={port}, exempt={f"127.0.0.{2 + number}" for number in range(hosts)})
    order = Order(source, "thing", into=place / "ours")
    started = time.perf_counter()
    download_list(order, as_json=True, make_fetcher=lambda: Fetcher(reach=reach))
    seconds = time.perf_counter() - started
    with order.report_file.open(newline="") as file:
        rows = list(csv.DictReader(file))
    had = {row["url"] for row in rows if row["outcome"] in ("new", "known")}
    reasons = Counter(row["reason"] for row in rows if row["url"] not in had)
    unnamed = len(listed.kinds) - len(rows) + reasons[""]
    good_lost, bad_kept = len(listed.good - had), len(had - listed.good)
    print(f"ours    {seconds:6.1f} s, {good_lost} good lost, {bad_kept} bad kept, {unnamed} unnamed")
    for reason, number in reasons.items():
        print(f"        {number} x {reason}")
    return seconds


def theirs_of(place: Path, source: Path, listed: Listed, peer: str) -> float:
    script = Path(__file__).with_name("fastai_downloads.py")
    folder = place / "theirs"
    folder.mkdir()
    done = subprocess.run([peer, str(script), str(source), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"fastai failed:\n{done.stderr[-2_000:]}")
    *_, times, left = done.stdout.strip().splitlines()
    fetched, verified = map(float, times.split())
    lost = len(listed.good) - int(left)
    print(f"fastai  {fetched + verified:6.1f} s ({fetched:.1f} + {verified:.1f}), {lost} good lost")
    return fetched + verified


async def serve() -> None:
    """Answer by what the path says, with photos of the sets in turn."""
    photos = [path for _, found in sets_there(data_folder(), ("flowers5", "trash6", "clothing10")) for path, _ in found]

    async def answer(request: web.Request) -> web.StreamResponse:
        kind, number = request.match_info["kind"], int(request.match_info["number"])
        if kind == "dead":
            # Half of them are gone, of the others the server hangs up.
            if number % 2 == 0 and request.transport is not None:
                request.transport.abort()
            raise web.HTTPNotFound
        if kind == "html":
            return web.Response(body=b"<html>Not here any more</html>" * 100, content_type="image/jpeg")
        if kind == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        return web.FileResponse(photos[number % len(photos)], headers={"Content-Type": "image/jpeg"})

    app = web.Application()
    app.router.add_get(r"/{kind}/{number:\d+}.jpg", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "0.0.0.0", 0)  # noqa: S104 - all of 127.0.0.0/8, each address a host of its own
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
