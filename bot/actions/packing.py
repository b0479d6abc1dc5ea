"""The network that answers, as one file to take along: offered in a chat, and made when it is sent."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import FileNotMade
from storage import Label, Network, NotFound, Store, Unit
from trainer.errors import TrainerError

# What Telegram takes from a bot.
LARGEST = 50_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """A network that can be had as a file; `labels` in the order of its outputs."""

    network: Network
    labels: tuple[Label, ...]

    @property
    def file_name(self) -> str:
        return f"pupil-network-{self.network.number}.onnx"


def offer(unit: Unit, home: Path, classifier_id: int) -> Offer:
    """What the network that answers can be offered as.

    Raises:
        FileNotMade: there is none, it may not be handed out, or Telegram would not take it.
    """
    network = unit.networks.active(classifier_id)
    if network is None:
        raise FileNotMade("none")
    labels = _labels(unit, network)
    folder, embedder = home / "networks" / network.folder, home / "embedders" / f"{network.embedder}.onnx"
    try:
        # What is added to these two is some ten kilobytes.
        _check_size(embedder.stat().st_size + (folder / "head.safetensors").stat().st_size)
    except OSError as error:
        raise FileNotMade("broken") from error
    return Offer(network, labels)


def pack(store: Store, network_id: int) -> bytes:
    """The file of a network. It takes some 0.4 s and 90 MB of memory meanwhile: not for the event loop.

    Raises:
        FileNotMade: it cannot be made, or may not be handed out any more.
    """
    from trainer.composing import compose_network

    try:
        with store.read() as unit:
            network = unit.networks.get(network_id)
            names = {one.id: one.name for one in _labels(unit, network)}
        data, _ = compose_network(store.home / "networks" / network.folder, store.home / "embedders", names)
    except NotFound as error:
        raise FileNotMade("outdated") from error
    except (TrainerError, OSError) as error:
        raise FileNotMade("broken") from error
    _check_size(len(data))
    return data


def _labels(unit: Unit, network: Network) -> tuple[Label, ...]:
    """The labels of a network. A name that is gone must not leave in a file that nobody can take back."""
    known = {one.id: one for one in unit.labels.all(network.classifier_id)}
    try:
        return tuple(known[label_id] for label_id in network.labels)
    except KeyError as error:
        raise FileNotMade("outdated") from error


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise FileNotMade("too_big")
