"""Three judges of an answer: python-telegram-bot, aiogram and the published schema."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import aiogram.types
import jsonschema
import telegram
from pydantic import BaseModel

Json = dict[str, Any]
SCHEMA = Path(__file__).parent / "schema" / "telegram_bot_api_10.1.json"
PLAIN = {"String": "string", "Integer": "integer", "Boolean": "boolean", "Float": "number", "True": "boolean"}

# aiogram 3.31 follows Bot API 10.3; what it demands and the pinned python-telegram-bot does not know yet.
NEWER_REQUIRED: Json = {"administrator": {"can_send_welcome_messages": False}}


@cache
def published() -> Json:
    schema: Json = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def check_schema(method: str, result: Any) -> None:
    errors = [error.message for error in _validator(method).iter_errors(result)]
    assert not errors, (method, errors, result)


@cache
def _validator(method: str) -> jsonschema.Draft202012Validator:
    name = next(name for name in published()["methods"] if name.lower() == method.lower())
    returns = published()["methods"][name]["returns"]
    return jsonschema.Draft202012Validator({"anyOf": [_shape(each) for each in returns], "$defs": _definitions()})


@cache
def _definitions() -> Json:
    return {name: _definition(facts) for name, facts in published()["types"].items()}


def _definition(facts: Json) -> Json:
    if "one_of" in facts:
        return {"anyOf": [_shape(each) for each in facts["one_of"]]}
    fields = facts["fields"]
    return {
        "type": "object",
        "properties": {name: {"anyOf": [_shape(each) for each in types]} for name, (types, _) in fields.items()},
        "required": [name for name, (_, required) in fields.items() if required],
        "additionalProperties": False,
    }


def _shape(name: str) -> Json:
    if name.startswith("Array of "):
        return {"type": "array", "items": _shape(name.removeprefix("Array of "))}
    return {"type": PLAIN[name]} if name in PLAIN else {"$ref": f"#/$defs/{name}"}


def check_ptb(found: Any, path: str = "") -> None:
    """No field that python-telegram-bot does not know, at any depth."""
    if isinstance(found, telegram.TelegramObject):
        assert not found.api_kwargs, f"{path}: {dict(found.api_kwargs)}"
        for name in found.to_dict():
            check_ptb(getattr(found, "from_user" if name == "from" else name, None), f"{path}.{name}")
    elif isinstance(found, (list, tuple)):
        for each in found:
            check_ptb(each, path)


def check_aiogram(type_name: str, raw: Any) -> None:
    """No field that aiogram does not know, at any depth."""
    model: type[BaseModel] = getattr(aiogram.types, type_name)
    _check_extra(model.model_validate(_with_newer(raw)))


def _with_newer(raw: Any) -> Any:
    if isinstance(raw, list):
        return [_with_newer(each) for each in raw]
    if isinstance(raw, dict):
        return {**NEWER_REQUIRED.get(raw.get("status", ""), {}), **{k: _with_newer(v) for k, v in raw.items()}}
    return raw


def _check_extra(found: Any) -> None:
    if isinstance(found, BaseModel):
        unknown = {f"{type(found).__name__}.{name}" for name in found.model_extra or {}}
        assert not unknown, unknown
        for name in type(found).model_fields:
            _check_extra(getattr(found, name))
    elif isinstance(found, list):
        for each in found:
            _check_extra(each)
