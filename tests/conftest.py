"""The closed world of all tests: no settings of the machine's owner, no network but loopback, no token in a log."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# As `pupil` itself does, before anybody imports telegram.
os.environ["PTB_TIMEDELTA"] = "true"
# What says how to test stays; whatever says how Pupil is to run goes, before any module reads it.
KEPT = ("PUPIL_TEST_", "PUPIL_BENCHMARK_", "PUPIL_CHROMIUM")
for _name in [name for name in os.environ if name.startswith("PUPIL_") and not name.startswith(KEPT)]:
    del os.environ[_name]
if "PUPIL_TEST_DEBUG" in os.environ:
    # For the processes that tests start (tests/canary.py).
    os.environ["PUPIL_LOG_LEVEL"] = "DEBUG"

import pytest  # noqa: E402 - the environment comes first
from hypothesis import settings as hypothesis_settings  # noqa: E402

from bot.redaction import install  # noqa: E402
from bot.settings import BotSettings  # noqa: E402
from storage import StorageSettings  # noqa: E402
from trainer.settings import TrainerSettings  # noqa: E402

hypothesis_settings.register_profile("here", deadline=None)
hypothesis_settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    install()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long: at the end, one process would be at it while the others have nothing to do."""
    items.sort(key=lambda item: not ({"lengthy", "chaos"} & set(item.keywords)))


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nobody")


@pytest.fixture(autouse=True)
def nobodys_machine(monkeypatch: pytest.MonkeyPatch, empty_home: Path) -> None:
    """No home folder of anybody's, and no `.env` of this folder."""
    monkeypatch.setenv("HOME", str(empty_home))
    for settings in (BotSettings, StorageSettings, TrainerSettings):
        monkeypatch.setitem(settings.model_config, "env_file", None)


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Whoever reaches out of this machine fails, and says where to."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(sock: socket.socket, address: Any) -> Any:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test reached out to {address}")
        return connect(sock, address)

    return guarded


def _guarded_lookup(lookup: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None and not _is_here(host.decode() if isinstance(host, bytes) else host):
            raise AssertionError(f"a test looked up {host}")
        return lookup(host, *arguments, **options)

    return guarded


def _is_here(host: str) -> bool:
    if host in ("", "localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
