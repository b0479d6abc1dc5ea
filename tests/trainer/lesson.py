"""The lesson's own runs, as published: https://github.com/hiromis/notes/blob/master/Lesson2.md (473 photos, 3 bears).

It prints training loss in training mode only; what it would have been in evaluation mode, nobody knows. A diagnosis
must therefore be the same for whatever it may have been.
"""

from __future__ import annotations

import numpy as np

from tests.trainer.fits import one_cycle
from trainer.diagnosing import Run
from trainer.history import EpochResult, History

Rows = tuple[tuple[float, float, float], ...]

# Training-mode loss, held-out loss, error of each epoch; the highest rate, and the held-out photos.
HEALTHY: dict[str, tuple[Rows, float, int]] = {
    "stage 1": (
        ((0.710584, 0.087024, 0.021277), (0.414239, 0.045413, 0.014184), (0.306174, 0.035602, 0.014184),
         (0.239355, 0.035230, 0.021277)), 3e-3, 141),
    "stage 1 again": (
        ((1.030236, 0.179226, 0.028369), (0.561508, 0.055464, 0.014184), (0.396103, 0.053801, 0.014184),
         (0.316883, 0.050197, 0.021277)), 3e-3, 141),
    "stage 2": (((0.107059, 0.056375, 0.028369), (0.070725, 0.041957, 0.014184)), 3e-4, 141),
}  # fmt: skip
TOO_HIGH: tuple[Rows, float, int] = (((12.220007, 1144188288.0, 0.765957),), 0.5, 141)
TOO_LOW: tuple[Rows, float, int] = (
    ((1.349151, 1.062807, 0.609929), (1.373262, 1.045115, 0.546099), (1.346169, 1.006288, 0.468085),
     (1.334486, 0.978713, 0.453901), (1.320978, 0.978108, 0.446809)), 1e-5, 141,
)  # fmt: skip
TOO_FEW: tuple[Rows, float, int] = (((0.602823, 0.119616, 0.049645),), 3e-3, 141)
TOO_MANY: tuple[Rows, float, int] = (
    ((1.513021, 1.041628, 0.507326), (1.290093, 0.994758, 0.443223), (1.185764, 0.936145, 0.410256),
     (1.117229, 0.838402, 0.322344), (1.022635, 0.734872, 0.252747), (0.951374, 0.627288, 0.192308),
     (0.916111, 0.558621, 0.184982), (0.839068, 0.503755, 0.177656), (0.749610, 0.433475, 0.144689),
     (0.678583, 0.367560, 0.124542), (0.615280, 0.327029, 0.100733), (0.558776, 0.298989, 0.095238),
     (0.518109, 0.266998, 0.084249), (0.476290, 0.257858, 0.084249), (0.436865, 0.227299, 0.067766),
     (0.457189, 0.236593, 0.078755), (0.420905, 0.240185, 0.080586), (0.395686, 0.255465, 0.082418),
     (0.373232, 0.263469, 0.080586), (0.348988, 0.258300, 0.080586), (0.324616, 0.261346, 0.080586),
     (0.311310, 0.236431, 0.071429), (0.328342, 0.245841, 0.069597), (0.306411, 0.235111, 0.064103),
     (0.289134, 0.227465, 0.069597), (0.284814, 0.226022, 0.064103), (0.268398, 0.222791, 0.067766),
     (0.255431, 0.227751, 0.073260), (0.240742, 0.235949, 0.071429), (0.227140, 0.225221, 0.075092),
     (0.213877, 0.214789, 0.069597), (0.201631, 0.209382, 0.062271), (0.189988, 0.210684, 0.065934),
     (0.181293, 0.214666, 0.073260), (0.184095, 0.222575, 0.073260), (0.194615, 0.229198, 0.076923),
     (0.186165, 0.218206, 0.075092), (0.176623, 0.207198, 0.062271), (0.166854, 0.207256, 0.065934),
     (0.162692, 0.206044, 0.062271)), 1e-4, 546,
)  # fmt: skip
# How training loss in evaluation mode may have been: as printed, or so many times the lower of both losses.
READINGS = (None, 1.0, 0.8)
# Sixty photos seen forty times without augmentation can also have been known by heart.
READINGS_OF_TOO_MANY = (None, 1.0, 0.5, 0.01)


def as_run(published: tuple[Rows, float, int], reading: float | None, *, photos: int = 473) -> Run:
    """Return a published run with training loss read as one of `READINGS`; `photos` is how many were learned from."""
    rows, highest, n = published
    shares = one_cycle(np.linspace(0, 1, 100 * len(rows))).reshape(len(rows), 100).max(axis=1)
    epochs = tuple(
        EpochResult(
            epoch=number,
            rate=float(highest * share),
            training_mode_loss=printed,
            training_loss=printed if reading is None else reading * min(printed, held_out),
            held_out_loss=held_out,
            wrong=round(error * n),
            n=n,
            seconds=13.0,
        )
        for number, (share, (printed, held_out, error)) in enumerate(zip(shares, rows, strict=True), 1)
    )
    each, wrong = n // 3, epochs[-1].wrong
    table = np.diag([each, each, n - 2 * each])
    # Which of them were mistaken is not published; spread as evenly as can be.
    for label in range(3):
        moved = wrong // 3 + (label < wrong % 3)
        table[label, label] -= moved
        table[label, (label + 1) % 3] += moved
    return Run(History(epochs, best=len(epochs)), table, ("black", "grizzly", "teddys"), (photos // 3,) * 3)
