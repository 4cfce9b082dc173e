import asyncio
from typing import Any

import pytest

from wattgate.adapters.ocpp_socket.hang_ups import keep_quiet_about_hang_ups

HANG_UP = {"message": "SSL handshake failed", "exception": ConnectionResetError}
TROUBLE = {"message": "trouble", "exception": ConnectionResetError("one that happened")}


@pytest.mark.asyncio
async def test_only_what_is_no_error_is_kept_from_the_handler_that_was_there() -> None:
    loop = asyncio.get_running_loop()
    heard: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: heard.append(context))
    keep_quiet_about_hang_ups()
    keep_quiet_about_hang_ups()
    for context in (HANG_UP, TROUBLE):
        loop.call_exception_handler(context)
    assert heard == [TROUBLE]


@pytest.mark.asyncio
async def test_without_a_handler_the_loop_s_own_is_told(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(None)
    keep_quiet_about_hang_ups()
    for context in (HANG_UP, TROUBLE):
        loop.call_exception_handler(context)
    assert [record.getMessage() for record in caplog.records] == ["trouble"]
