"""A known token goes through a whole journey at DEBUG, and is then looked for everywhere."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground import Fault
from bot.redaction import HIDDEN, install, set_up_logging
from tests.support.bots import TOKEN, World, picture
from tests.support.canary import files_in, holders

SECRET = TOKEN.partition(":")[2]


@pytest.fixture
def everything_said() -> Iterator[io.StringIO]:
    """Every log record of every library at DEBUG, as a handler of the root logger writes it."""
    factory, root = logging.getLogRecordFactory(), logging.getLogger()
    names = ("httpx", "httpcore", "telegram", "aiohttp.access", "asyncio", "alembic", "PIL")
    levels = {name: logging.getLogger(name).level for name in names}
    level = root.level
    install()
    set_up_logging("DEBUG")
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)
    for name, former in levels.items():
        logging.getLogger(name).setLevel(former)
    logging.setLogRecordFactory(factory)


async def journey(world: World) -> None:
    """Lessons, a question, a correction, my data, an outage, and a fault of our own."""
    await world.knows_apples_and_leaves()
    await world.ann.send_photo(picture("leaf", 7))
    answer = await world.hears(world.ann, "I think this is leaf")
    await world.presses(world.ann, answer, "Right")
    await world.ann.send_text("/mydata")
    await world.ann.send_text("/status")
    world.playground.faults.plan("sendMessage", Fault.server_error(502))
    world.playground.faults.plan("sendMessage", Fault.dropped())
    world.playground.faults.plan("getFile", Fault.server_error(500))
    await world.ann.send_photo(picture("leaf", 8), caption="leaf")
    await world.settled()


async def test_the_token_is_nowhere(
    world: World, everything_said: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(SECRET) >= 30

    await journey(world)
    errors = await refusals(world)
    await world.stop_bot()

    said = everything_said.getvalue()
    assert f"/bot{HIDDEN}" in said
    assert SECRET not in said
    assert SECRET not in caplog.text
    assert all(SECRET not in repr(error) + str(error) for error in errors)
    assert SECRET not in status_of(world)
    assert len(list(files_in(world.home))) > 20
    assert holders(world.home, SECRET) == []


async def refusals(world: World) -> list[BaseException]:
    """What the bot ends with when its token is no longer taken."""
    world.playground.faults.plan("getUpdates", Fault.refused(401, "Unauthorized"), times=3)
    await world.ann.start()
    with pytest.raises(Exception) as ended:  # noqa: PT011 - whichever it is, it is looked at
        await world.ended()
    world.playground.faults.plan("getMe", Fault.refused(401, "Unauthorized"))
    await world.launch()
    with pytest.raises(Exception) as refused:  # noqa: PT011
        await world.ended()
    world.playground.faults.clear()
    return [ended.value, refused.value]


def status_of(world: World) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PUPIL_")}
    shown = subprocess.run(
        [sys.executable, "-m", "bot", "status", "--json"],
        env=kept | {"PUPIL_HOME": str(world.home), "PUPIL_TELEGRAM_TOKEN": TOKEN},
        cwd=world.home,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"network"' in shown.stdout
    return shown.stdout + shown.stderr


@pytest.mark.parametrize("spelling", ["a+b/c=found", "a%2Bb%2Fc%3Dfound"])
def test_a_token_is_found_wherever_it_is(tmp_path: Path, spelling: str) -> None:
    hidden = tmp_path / "deep" / ".hidden"
    hidden.parent.mkdir()
    hidden.write_bytes(b"\xff\x00" + spelling.encode() + b"\x00")
    (tmp_path / "another").write_text("a+b/c=foun")

    assert holders(tmp_path, "a+b/c=found") == ["deep/.hidden"]


def test_settings_do_not_show_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.settings import BotSettings

    settings = BotSettings(_env_file=None, telegram_token=TOKEN)
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
