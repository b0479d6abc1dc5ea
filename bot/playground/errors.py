"""What can go wrong in the playground.

PlaygroundError
├── ApiError      the bot asked for something Telegram refuses (error code and Telegram's own words)
├── PersonError   a person tried something their app would refuse (a plain sentence for the page)
└── FolderInUse   another playground already lives in this folder
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class PlaygroundError(Exception):
    """Base of everything the playground raises on purpose."""


class ApiError(PlaygroundError):
    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = dict(self.parameters)
        return answer


class PersonError(PlaygroundError):
    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class FolderInUse(PlaygroundError):
    def __init__(self, folder: Path) -> None:
        super().__init__(f"another playground is already using {folder}")
        self.folder = folder


def bad_request(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
