"""picows' WebSocket protocol, one per accepted socket.

picows opens its listening socket itself and keeps the protocol factory private; a port that takes
plain and TLS connections alike must look at the first byte between accepting a socket and giving
it to a protocol. So picows is asked, through its public function, to serve on a loop that opens
nothing and only hands back the factory it was given.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast

from picows import (
    WSListener,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

Answerer = Callable[[WSUpgradeRequest], WSListener | WSUpgradeResponseWithListener | None]
"""Answers an HTTP request; called once a request is complete."""

picows_log = logging.getLogger("wattgate.picows")
picows_log.setLevel(logging.WARNING)  # it tells of every connection at level INFO


class ServerProtocol(Protocol):
    """What the listener uses of picows' protocol object."""

    @property
    def transport(self) -> WSTransport:
        """The WebSocket side of the connection, there once the socket is connected."""
        ...


ProtocolFactory = Callable[[], asyncio.BaseProtocol]
"""Makes the protocol of one connection, in the loop it will live on."""


class _FactoryLoop(asyncio.SelectorEventLoop):
    async def create_server(  # type: ignore[override]  # it creates none
        self, protocol_factory: ProtocolFactory, **_: object
    ) -> ProtocolFactory:
        """Hand the factory back instead of listening."""
        return protocol_factory


def _ask_picows(answer: Answerer, max_message_bytes: int) -> ProtocolFactory:
    with asyncio.Runner(loop_factory=_FactoryLoop) as runner:
        factory = runner.run(
            ws_create_server(
                answer,
                use_aiofastnet=False,  # so that it asks the loop for a server
                websocket_handshake_timeout=None,  # the listener bounds the whole opening
                enable_auto_pong=False,  # a ping counts as a sign of life, so it must be seen
                max_frame_size=max_message_bytes,
                logger_name=picows_log,
            )
        )
    return cast(ProtocolFactory, factory)  # picows passes on what its loop made


async def new_protocol_factory(answer: Answerer, max_message_bytes: int) -> ProtocolFactory:
    """Make picows' factory of server protocols.

    `answer` runs in the context (contextvars) in which the connection was made. A frame that
    claims more than `max_message_bytes` is refused with 1009 before it is buffered.
    """
    return await asyncio.to_thread(_ask_picows, answer, max_message_bytes)
