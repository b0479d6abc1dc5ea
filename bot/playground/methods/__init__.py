"""The Bot API's methods, by lower-case name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.methods import account, chats, editing, news, sending
from bot.playground.playground import Playground

Method = Callable[[Playground, Arguments], Awaitable[Any]]

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        name.lower(): method
        for module in (account, chats, editing, news, sending)
        for name, method in module.METHODS.items()
    }
)
