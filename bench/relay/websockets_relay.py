"""The reference: the shortest relay with the `websockets` library, two tasks per wallbox.

python -m bench.relay.websockets_relay PORT BACKEND_PORT

It is made as fast as it can be while staying that short: uvloop, no compression, and texts stay
bytes on their way. It looks at nothing, keeps nothing and answers nothing by itself.
"""

import asyncio
import sys
from contextlib import suppress

import uvloop
from bench.relay.messages import SUBPROTOCOL
from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SUBPROTOCOLS = [Subprotocol(SUBPROTOCOL)]


async def _pass_on(source: Connection, sink: Connection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await sink.send(await source.recv(decode=False), text=True)
    await sink.close()


async def _serve(port: int, backend: str) -> None:
    async def relay(wallbox: ServerConnection) -> None:
        path = wallbox.request.path if wallbox.request is not None else "/"
        async with connect(
            backend + path, subprotocols=SUBPROTOCOLS, compression=None, proxy=None
        ) as login:
            await asyncio.gather(_pass_on(wallbox, login), _pass_on(login, wallbox))

    async with serve(
        relay, "127.0.0.1", port, subprotocols=SUBPROTOCOLS, compression=None
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1]), f"ws://127.0.0.1:{sys.argv[2]}"))
