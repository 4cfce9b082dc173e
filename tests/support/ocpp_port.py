"""An OCPP port on the loopback interface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.support.links import LIMIT_S, Gate

from wattgate.adapters.ocpp_socket.listener import OcppListener


@asynccontextmanager
async def listening(gate: Gate, **settings: Any) -> AsyncIterator[OcppListener]:  # noqa: ANN401 - those of OcppListener
    """A started listener, for at most LIMIT_S seconds; closed at the end."""
    listener = OcppListener("127.0.0.1", 0, gate, **settings)
    await listener.start()
    try:
        async with asyncio.timeout(LIMIT_S):
            yield listener
    finally:
        await listener.close()


def url_of(listener: OcppListener, target: str = "/CP1") -> str:
    """Where a wallbox finds it."""
    return f"ws://127.0.0.1:{listener.port}{target}"
