"""The event loop that the manager runs on."""

import asyncio

import uvloop


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make the loop; uvloop costs less CPU per message and less memory per TLS connection."""
    return uvloop.new_event_loop()
