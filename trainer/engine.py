"""OpenVINO, told of nobody: the one place that imports it.

Imported the plain way it sends an event to Google Analytics, asks nobody, and leaves an identity in the home folder.
Pupil promises that nothing leaves its owner's computer. Without the package `openvino_telemetry`, which comes with it,
OpenVINO puts one in its place that does nothing; so here that package is not to be had.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

TELEMETRY = "openvino_telemetry"


def openvino() -> Any:
    """Return the module of that name. Loading it takes a quarter of a second, so it is done where it is needed."""
    # None there makes every import of it fail as if it were not installed.
    sys.modules[TELEMETRY] = None  # type: ignore[assignment]
    return importlib.import_module("openvino")
