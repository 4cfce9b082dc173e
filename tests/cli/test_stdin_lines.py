import asyncio
import os
import threading

import pytest

from wattgate.cli.stdin_lines import watch_lines


async def lines_of(data: bytes) -> list[str]:
    reading, writing = os.pipe()
    lines: list[str] = []
    end = asyncio.Event()
    try:
        watch_lines(lines.append, fd=reading, at_end=end.set)
        os.write(writing, data)
        os.close(writing)
        async with asyncio.timeout(10):
            await end.wait()
    finally:
        os.close(reading)
    return lines


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", []),
        (b"list\nhelp\n", ["list", "help"]),
        (b"list\r\n\nqu", ["list", "", "qu"]),
        (b"t\xc3\xa4g \xff\n", ["täg \ufffd"]),
    ],
)
async def test_lines_arrive_in_order(data: bytes, lines: list[str]) -> None:
    assert await lines_of(data) == lines


@pytest.mark.asyncio
async def test_a_closed_standard_input_is_an_end() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)
    lines: list[str] = []
    end = asyncio.Event()
    watch_lines(lines.append, fd=reading, at_end=end.set)
    async with asyncio.timeout(10):
        await end.wait()
    assert lines == []


def test_a_line_after_the_end_of_the_loop_is_nobodys_concern() -> None:
    reading, writing = os.pipe()
    lines: list[str] = []

    async def watch() -> None:
        watch_lines(lines.append, fd=reading)

    asyncio.run(watch())
    [thread] = [thread for thread in threading.enumerate() if thread.name == "stdin"]
    os.write(writing, b"list\n")
    os.close(writing)
    thread.join(timeout=10)
    os.close(reading)
    assert not thread.is_alive()
    assert lines == []
