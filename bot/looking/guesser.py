"""The network that answers: loaded beside the old one, checked, then swapped between two answers."""

import logging
from dataclasses import dataclass

from storage import Network, Picture, Store
from trainer.errors import TrainerError
from trainer.predicting import Guess, Predictor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A network in memory, with its row."""

    network: Network
    predictor: Predictor

    @property
    def side(self) -> int:
        """The side that `normalise` must decode to for `guess`."""
        return self.predictor.side

    def guess(self, picture: Picture) -> Guess:
        """What the network makes of a picture, normalised for its side. Safe to call from many threads."""
        return self.predictor.guess(picture.data, picture.pixels)


@dataclass(frozen=True, slots=True)
class Refused:
    """A published network that failed its check."""

    network: Network


class Guesser:
    """Has the active network of the classifier in memory. It blocks: call it from a thread."""

    def __init__(self, store: Store, *, threads: int) -> None:
        self._store = store
        self._threads = threads
        self._loaded: Loaded | None = None
        self._seen: int | None = None

    @property
    def loaded(self) -> Loaded | None:
        """The network that answers; None while there is none."""
        return self._loaded

    def look(self) -> Loaded | Refused | None:
        """Load the active network if it is another than the one in memory; drop that one where none is active."""
        network = self._active()
        if network is None:
            self._seen = self._loaded = None
            return None
        if network.id == self._seen:
            return None
        self._seen = network.id
        try:
            predictor = self._open(network)
        except (TrainerError, OSError):
            if self._active() != network:
                # It was let go while it was read, for another: that one is looked at the next time.
                self._seen = None
                return None
            log.exception("network refused number=%s folder=%s", network.number, network.folder)
            return Refused(network)
        self._loaded = Loaded(network, predictor)
        log.info("network answers number=%s labels=%s", network.number, len(network.labels))
        return self._loaded

    def opens(self, network: Network) -> bool:
        """Whether a network would pass its check now; it stays as it is, and so does the one that answers."""
        try:
            self._open(network)
        except (TrainerError, OSError) as error:
            log.warning("network would be refused number=%s: %s", network.number, error)
            return False
        return True

    def _active(self) -> Network | None:
        with self._store.read() as unit:
            return unit.networks.active(unit.classifiers.default().id)

    def _open(self, network: Network) -> Predictor:
        """The next network shares the embedder in memory with the one before, where it is the same."""
        folder, embedders = self._store.home / "networks" / network.folder, self._store.home / "embedders"
        if self._loaded is not None:
            return self._loaded.predictor.successor(folder, embedders, threads=self._threads)
        return Predictor.open(folder, embedders, threads=self._threads)
