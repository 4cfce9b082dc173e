"""The backend behind every subject: accepts every charge point, answers every DataTransfer alike.

python -m bench.relay.echo_backend PORT
"""

import asyncio
import sys

import msgspec
import uvloop
from bench.relay.messages import ANSWER, BOOT_ACCEPTED, SUBPROTOCOL, result
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

ANSWERS = {"DataTransfer": ANSWER, "BootNotification": BOOT_ACCEPTED}

_read_call = msgspec.json.Decoder(tuple[int, str, str, msgspec.Raw]).decode


class _Login(WSListener):
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            _, unique_id, action, _ = _read_call(frame.get_payload_as_bytes())
            answer = result(unique_id, ANSWERS.get(action, "{}"))
            transport.send(WSMsgType.TEXT, answer.encode())
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()


def _welcome(_: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
    accepted = WSUpgradeResponse.create_101_response({"Sec-WebSocket-Protocol": SUBPROTOCOL})
    return WSUpgradeResponseWithListener(accepted, _Login())


async def _serve(port: int) -> None:
    server = await ws_create_server(_welcome, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(int(sys.argv[1])))
