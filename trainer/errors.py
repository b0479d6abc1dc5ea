"""Everything the trainer can raise, drawn as one family.

    TrainerError
    ├── PictureUnreadable        bytes that no allowed decoder reads
    ├── NetworkUnknown           a backbone or its weights that cannot be had
    ├── DatasetUnknown           no such version of the data set
    ├── EmbedderError
    │   ├── EmbedderMissing      no such file in the embedders' folder
    │   ├── EmbedderDamaged      its bytes are not the ones its name promises
    │   └── ExportDiffers        the exported graph answers unlike the network it came from
    ├── ArtefactError            a network folder that must not be used
    │   ├── ArtefactMissing      a file of it is absent
    │   ├── ArtefactDamaged      a file of it is not what the manifest or the format promises
    │   └── GoldenDiffers        it loads, but its golden answers come out different here
    ├── ExportRefused            a file that is no exported network, or must not be used as one
    ├── TuningDamaged            a file of tuned heads that must not be used
    ├── CheckpointDamaged        a saved fit that cannot be gone on with
    ├── Diverged                 a fit whose loss explodes at every rate that was tried
    ├── TuningUnsound            a tuning of which one fit went unlike the others
    ├── LessonsGone              photos were deleted that a tuning was learning from
    ├── NotReady                 too few photos to learn from
    ├── NothingToExport          no network has been published yet
    ├── NothingToReport          no such network, or nothing is known of it any more
    └── AlreadyRunning           another trainer holds this home

They carry facts, not sentences for people; the bot has the texts.
"""

from __future__ import annotations

from pathlib import Path


class TrainerError(Exception):
    """Any fault that the trainer names."""


class PictureUnreadable(TrainerError):
    """The bytes are not a JPEG, PNG or WebP picture that can be decoded."""


class NetworkUnknown(TrainerError):
    """No backbone of that name, or no weights for it on this machine."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class DatasetUnknown(TrainerError):
    """No version of the data set has that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no version {number} of the data set: `pupil dataset list` shows them")
        self.number = number


class EmbedderError(TrainerError):
    """An embedder that cannot be used."""


class EmbedderMissing(EmbedderError):
    """The file is not there."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class EmbedderDamaged(EmbedderError):
    """The file is there, and is not what it should be."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ExportDiffers(EmbedderError):
    """The exported graph and the network differ by more than the tolerance."""

    def __init__(self, difference: float, tolerance: float) -> None:
        super().__init__(f"largest difference {difference:.2e}, allowed {tolerance:.0e}")
        self.difference = difference
        self.tolerance = tolerance


class ArtefactError(TrainerError):
    """A network folder that must not be used."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder.name}: {reason}")
        self.folder = folder
        self.reason = reason


class ArtefactMissing(ArtefactError):
    """The folder, or a file that it must hold, is absent."""


class ArtefactDamaged(ArtefactError):
    """A file differs from what the manifest or its format promises."""


class GoldenDiffers(ArtefactError):
    """The golden inputs are answered differently on this machine."""


class ExportRefused(TrainerError):
    """A file that no answers are taken from.

    `reason` is foreign (Pupil did not write it), other_version (another Pupil did), damaged (it is not as it was
    written) or unsafe (it wants other files, or operators that are not ONNX's own).
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")
        self.path = path
        self.reason = reason


class TuningDamaged(TrainerError):
    """The file is absent, or not what its name and format promise."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name}: {reason}")
        self.path = path
        self.reason = reason


class CheckpointDamaged(TrainerError):
    """The file is not a session of this learner; deleting it begins the fit anew."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class Diverged(TrainerError):
    """The loss exploded: the rate is too high. Nothing of this fit is worth keeping."""

    def __init__(self, rate: float, epoch: int) -> None:
        super().__init__(f"the loss exploded at a rate of {rate:.1e} in epoch {epoch}")
        self.rate = rate
        self.epoch = epoch


class TuningUnsound(TrainerError):
    """The fit on all lessons, which no held-out photo can judge, went worse than those on parts of them."""


class LessonsGone(TrainerError):
    """Photos that were learned from are deleted by now: what was learned must not be used."""


class NotReady(TrainerError):
    """Too few labelled photos; what is missing is in a `Readiness` record."""


class NothingToExport(TrainerError):
    """No network has been published yet."""


class NothingToReport(TrainerError):
    """There is no such network, or no photo that it was judged by is left."""


class AlreadyRunning(TrainerError):
    """Another trainer holds the lock of this home."""

    def __init__(self, lock: Path) -> None:
        super().__init__(str(lock))
        self.lock = lock
