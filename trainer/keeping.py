"""What is kept of earlier networks, and the end of the rest. Only for who holds the home's lock.

Kept are the last ten networks and all that ever answered, with the embedders that they name: any of these may answer
again. Not kept are candidates held long ago, and networks that learned what somebody has had deleted since: those may
never answer again. Their rows stay as history. Whatever goes, the network that answers and what it needs stay.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from storage import Network, Store
from trainer import artefact
from trainer.embedders import DIGEST
from trainer.errors import TuningDamaged
from trainer.eyes import tunings_folder
from trainer.making import embedders_folder
from trainer.tunings import read_tuning, stages_name

logger = logging.getLogger(__name__)

KEPT = 10
# A file that no network names may be about to get one: it is made before the network.
UNNAMED_FOR = timedelta(hours=1)
# Vectors are removed a few at a time, so that nobody waits long for the database; what is left goes the next time.
AT_ONCE, AT_MOST = 500, 5_000


@dataclass(frozen=True, slots=True)
class Removed:
    """What went: names of folders and files, and a count of vectors."""

    networks: tuple[str, ...]
    tunings: tuple[str, ...]
    embedders: tuple[str, ...]
    vectors: int


def keep_house(store: Store, untuned: str, *, tuning: bool = False) -> Removed:
    """Let go what is not kept; `untuned` is the digest of the embedder that the settings ask for.

    While a `tuning` is under way, it alone knows what it will need: only networks' folders are looked at then. Killed
    anywhere, the next call goes on. A file that cannot be removed is logged and left.
    """
    with store.write() as unit:
        networks, active = unit.networks.kept(), unit.classifiers.answering()
        going = to_let_go(networks, active)
        # First the rows: a folder without a row is swept, a row without its folder would be a promise.
        unit.networks.let_go([network.id for network in going])
        folders, before = unit.networks.folders(), (unit.now - UNNAMED_FOR).timestamp()
    staying = [network for network in networks if network not in going]
    swept = artefact.sweep(store.home / "networks", folders)
    if tuning:
        return Removed(tuple(swept), (), (), 0)
    needed = {untuned} | {network.embedder for network in staying}
    answering = {network.embedder for network in staying if network.id in active or network.may_answer_again}
    tunings, of_tunings = _sweep_tunings(tunings_folder(store.home), answering, before)
    embedders: list[str] = []
    if of_tunings is not None:
        needed |= of_tunings
        embedders = _sweep_embedders(embedders_folder(store.home), needed, before)
        needed |= {path.stem for path in _files(embedders_folder(store.home), ".onnx")}
    removed = Removed(tuple(swept), tuple(tunings), tuple(embedders), _sweep_vectors(store, needed, of_tunings))
    if any((removed.networks, removed.tunings, removed.embedders, removed.vectors)):
        logger.info(
            "let go: %s network folders, %s tunings, %s embedders, %s vectors",
            *(len(removed.networks), len(removed.tunings), len(removed.embedders), removed.vectors),
        )
    return removed


def to_let_go(networks: Collection[Network], active: Collection[int]) -> list[Network]:
    """Choose among the networks that still have their folders; `active` are the ids of those that answer."""
    newest: dict[int, int] = {}
    for network in networks:
        newest[network.classifier_id] = max(network.number, newest.get(network.classifier_id, 0))
    return [
        network
        for network in networks
        if network.id not in active
        and (
            network.lessons_deleted or (not network.shipped and network.number <= newest[network.classifier_id] - KEPT)
        )
    ]


def _sweep_tunings(folder: Path, answering: Collection[str], before: float) -> tuple[list[str], set[str] | None]:
    """Remove tunings that no network in `answering` comes from; return their names, and the embedders that others need.

    None for those if a tuning cannot be read: then nobody knows what it needs. Folders belong to tunings at work.
    """
    gone: list[str] = []
    needed: set[str] = set()
    weights: set[str] = set()
    unread = False
    for path in _files(folder, ".safetensors"):
        if not DIGEST.fullmatch(path.stem):
            continue
        try:
            tuning = read_tuning(folder, path.stem)
        except TuningDamaged as error:
            logger.warning("a tuning is left as it is, with all embedders: %s", error)
            unread = True
            continue
        if tuning.whole.embedder in answering or not _remove_old(path, before):
            needed |= set(tuning.embedders)
            weights |= tuning.files
        else:
            gone.append(path.name)
    if not unread:
        others = [path for path in folder.glob(stages_name("*")) if path.name not in weights]
        gone += [path.name for path in others if _remove_old(path, before)]
    _remove_unfinished(folder, before)
    return gone, None if unread else needed


def _sweep_embedders(folder: Path, needed: Collection[str], before: float) -> list[str]:
    gone = []
    specs = {path: _digest_in(path) for path in _files(folder, ".json")}
    for path in _files(folder, ".onnx"):
        if path.stem in needed or not DIGEST.fullmatch(path.stem) or not _is_old(path, before):
            continue
        # First what points at it, so that nothing ever points at nothing.
        pointers = [spec for spec, digest in specs.items() if digest == path.stem]
        if all(_remove_old(one, float("inf")) for one in (*pointers, path)):
            gone.append(path.name)
    _remove_unfinished(folder, before)
    return gone


def _sweep_vectors(store: Store, needed: Collection[str], of_tunings: set[str] | None) -> int:
    if of_tunings is None:
        return 0
    with store.read() as unit:
        waiting = sorted(unit.embeddings.embedders() - set(needed))
    removed = 0
    while waiting and removed < AT_MOST:
        with store.write() as unit:
            some = unit.embeddings.remove(waiting[0], AT_ONCE)
        removed += some
        if some < AT_ONCE:
            waiting.pop(0)
    return removed


def _files(folder: Path, suffix: str) -> list[Path]:
    """Return the regular files of a folder with this suffix, in order."""
    return [path for path in _entries(folder) if path.suffix == suffix and not path.name.startswith(".")]


def _remove_unfinished(folder: Path, before: float) -> None:
    """Remove what killed writers left aside (see durable.py)."""
    for path in _entries(folder):
        if path.name.startswith(".") and path.suffix == ".making":
            _remove_old(path, before)


def _entries(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())


def _digest_in(spec: Path) -> str | None:
    """Return the digest that a specification points at; None for a file that is something else."""
    try:
        found = json.loads(spec.read_text())
    except (OSError, ValueError):
        return None
    digest = found.get("digest") if isinstance(found, dict) else None
    return digest if isinstance(digest, str) else None


def _is_old(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except OSError:
        return False


def _remove_old(path: Path, before: float) -> bool:
    """Remove a file that was last written before that moment; return whether it is gone."""
    if not _is_old(path, before):
        return False
    try:
        path.unlink()
    except OSError as error:
        logger.warning("%s cannot be removed: %s", path.name, type(error).__name__)
        return False
    return True
