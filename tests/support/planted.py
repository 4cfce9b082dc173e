"""Defects that tests plant on purpose, where more than one needs the same."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.virtual_time import ScriptedIdentifiers

from wattgate.core.ocpp.session import Session
from wattgate.runtime.ask import Ask
from wattgate.runtime.gateway.commands.to_wallbox import ToWallbox
from wattgate.runtime.peer import Peer


def raw_message_ids(patch: pytest.MonkeyPatch) -> None:
    """A backend's message id is used towards the wallbox, and answers are matched by it."""
    put, ask = ToWallbox._put, Peer.ask
    raw: list[str] = []

    def put_raw(self: ToWallbox, peer: Peer, asked: Ask, *rest: Any) -> None:  # noqa: ANN401
        raw.append(asked.call.unique_id)
        try:
            put(self, peer, asked, *rest)
        finally:
            raw.clear()

    def ask_raw(self: Peer, *args: Any, **named: Any) -> None:  # noqa: ANN401
        if not raw:
            return ask(self, *args, **named)
        tools = self._tools
        self._tools = replace(tools, identifiers=ScriptedIdentifiers((raw[0],)))
        try:
            return ask(self, *args, **named)
        finally:
            self._tools = tools

    patch.setattr(ToWallbox, "_put", put_raw)
    patch.setattr(Peer, "ask", ask_raw)
    patch.setattr(Session, "_require_unused", lambda *_: None)
