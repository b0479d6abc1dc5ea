"""What may be imported where: the bot answers without torch, and without the trainer's extras."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import trainer

HEAVY = {"network", "folding", "exporting"}
DRAWS = {"drawing", "plots", "gallery", "report_files"}


def loaded(module: str, *unwanted: str) -> str:
    code = f"import sys, {module}; print([m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_nothing_but_what_exports_imports_torch() -> None:
    names = {path.stem for path in Path(trainer.__file__).parent.glob("*.py")} - HEAVY - {"__init__"}
    assert {"predicting", "service"} < names
    modules = ", ".join(f"trainer.{name}" for name in sorted(names))

    assert loaded(modules, "torch", "timm", "torchvision", "pandas") == "[]"


def test_nothing_but_plots_imports_matplotlib_and_plots_no_pyplot() -> None:
    names = {path.stem for path in Path(trainer.__file__).parent.glob("*.py")} - HEAVY - DRAWS - {"__init__"}
    assert {"diagnosing", "advice", "service"} < names

    assert loaded(", ".join(f"trainer.{name}" for name in sorted(names)), "matplotlib") == "[]"
    assert loaded("trainer.plots", "matplotlib.pyplot", "torch") == "[]"


@pytest.mark.parametrize("module", ["trainer.predicting", "trainer.readiness"])
def test_what_the_bot_imports_needs_none_of_the_trainers_extras(module: str) -> None:
    assert loaded(module, "torch", "timm", "scipy", "onnx", "storage", "sqlalchemy") == "[]"
