import asyncio

import uvloop

from wattgate.adapters.ocpp_socket.loop import new_event_loop


def test_the_loop_is_uvloops() -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        assert isinstance(runner.get_loop(), uvloop.Loop)
