import asyncio

import pytest
from picows import WSUpgradeRequest
from tests.support.links import LIMIT_S

from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.adapters.ocpp_socket.protocol_factory import new_protocol_factory


def turn_down(_: WSUpgradeRequest) -> None:
    return None


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, new_event_loop])
def test_picows_hands_over_a_factory_that_works_on_the_running_loop(loop_factory: object) -> None:
    async def scenario() -> bytes:
        loop = asyncio.get_running_loop()
        factory = await new_protocol_factory(turn_down, 1024)
        assert asyncio.get_running_loop() is loop
        server = await loop.create_server(factory, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = await reader.read()
        writer.close()
        server.close()
        return answer

    assert callable(loop_factory)
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        assert runner.run(asyncio.wait_for(scenario(), LIMIT_S)).startswith(b"HTTP/1.1 404 ")
