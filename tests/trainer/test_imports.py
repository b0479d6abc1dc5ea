"""What may be imported where: the bot answers without torch, and without the trainer's extras."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = (
    "artefact calibration composing cycle embedders embedding errors fitting gate golden head learning making manifest "
    "metrics predicting preprocessing readiness recipe service settings snapshot commands cli"
).split()


def loaded(module: str, *unwanted: str) -> str:
    code = f"import sys, {module}; print([m for m in {unwanted!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_nothing_but_network_and_exporting_imports_torch() -> None:
    modules = ", ".join(f"trainer.{name}" for name in LIGHT)

    assert loaded(modules, "torch", "timm", "torchvision", "pandas") == "[]"


@pytest.mark.parametrize("module", ["trainer.predicting", "trainer.readiness"])
def test_what_the_bot_imports_needs_none_of_the_trainers_extras(module: str) -> None:
    assert loaded(module, "torch", "timm", "scipy", "onnx", "storage", "sqlalchemy") == "[]"
