"""Reports that the chat asks for: drawn by a process of their own, removed with the photos that they show."""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storage import Store
from trainer.eyes import lessons_gone
from trainer.reporting import reports_folder
from trainer.tuning.workplace import spoilt

logger = logging.getLogger(__name__)

SECONDS = 120


def report_apart(home: Path, chats: Sequence[int] = ()) -> dict[str, Any]:
    """Draw a report of the network that answers, for these chats; return a job's result: its facts, or why not."""
    command = [sys.executable, "-m", "trainer", "report", "--json", *(f"--chat={chat}" for chat in chats)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter
            command,
            env=os.environ | {"PUPIL_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _no_report(f"drawing it took more than {SECONDS} s")
    if done.returncode != 0:
        return _no_report((done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:300])
    facts: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {"end": "report"} | facts


def _no_report(why: str) -> dict[str, Any]:
    """Log the reason, where people are told that the owner finds it."""
    logger.error("no report: %s", why)
    return {"end": "no_report", "why": why}


def drop_spoilt(store: Store) -> None:
    """Remove reports that show photos which are deleted by now."""
    there = sorted(reports_folder(store.home).glob("*"))
    for folder in spoilt(there, lambda digests: lessons_gone(store, digests)):
        shutil.rmtree(folder, ignore_errors=True)
