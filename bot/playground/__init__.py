"""The playground: Telegram's Bot API and a chat page on this machine, for a bot without a token and for the tests."""

from bot.playground.errors import ApiError, FolderInUse, PersonError, PlaygroundError
from bot.playground.faults import Call, Fault, Faults, FloodLimits
from bot.playground.playground import Playground
from bot.playground.server import create_app

__all__ = [
    "ApiError",
    "Call",
    "Fault",
    "Faults",
    "FloodLimits",
    "FolderInUse",
    "PersonError",
    "Playground",
    "PlaygroundError",
    "create_app",
]
