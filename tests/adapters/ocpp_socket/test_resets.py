import asyncio
import socket
import struct
from collections.abc import Callable

import pytest
from tests.support.links import Gate
from tests.support.ocpp_port import listening
from tests.support.raw_websocket import TEXT, frame, request
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.adapters.ocpp_socket.resets import CHECK_S, ResetWatch, is_reset

LOOPS = [new_event_loop, asyncio.new_event_loop]


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def a_reset_behind_half_a_message() -> tuple[int, str]:
    """What the receiver hears; both are there before the loop looks at the socket again."""
    gate, loop = Gate(), asyncio.get_running_loop()
    async with listening(gate) as listener:
        peer = socket.socket()
        peer.setblocking(False)
        await loop.sock_connect(peer, ("127.0.0.1", listener.port))
        await loop.sock_sendall(peer, request())
        await loop.sock_recv(peer, 4096)
        await gate.ear.open_link()
        peer.send(frame(TEXT, b'[2,"x","Heartbeat",{}]')[:10])
        reset(peer)
        return await gate.ear.end()


@pytest.mark.parametrize("new_loop", LOOPS, ids=["uvloop", "asyncio"])
def test_a_reset_behind_half_a_message_is_noticed_on_every_loop_r28(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        code, _ = runner.run(a_reset_behind_half_a_message())
    assert code == 1006


@in_virtual_time()
async def test_a_connection_is_looked_at_until_it_is_reset_or_the_watch_ends() -> None:
    looks: list[float] = []
    answers = iter([False, False, True])
    loop = asyncio.get_running_loop()
    gone_at: list[float] = []

    def look() -> bool:
        looks.append(loop.time())
        return next(answers)

    watch = ResetWatch(is_reset=look, gone=lambda: gone_at.append(loop.time()))
    watch.start()
    await asyncio.sleep(10 * CHECK_S)
    assert looks == [CHECK_S, 2 * CHECK_S, 3 * CHECK_S]
    assert gone_at == [3 * CHECK_S]
    other = ResetWatch(is_reset=look, gone=lambda: None)
    other.start()
    other.stop()
    other.stop()
    await asyncio.sleep(10 * CHECK_S)
    assert len(looks) == 3


def test_only_a_reset_is_a_reset_and_not_an_orderly_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
        with near, far:
            assert not is_reset(near)
            far.shutdown(socket.SHUT_WR)
            assert near.recv(1) == b""
            assert not is_reset(near)
        near = socket.create_connection(server.getsockname())
        far, _ = server.accept()
        with near:
            reset(far)
            with pytest.raises(ConnectionResetError):
                near.recv(1)
            assert is_reset(near)
