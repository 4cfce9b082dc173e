"""Background tasks never fail in silence."""

import asyncio

from structlog.testing import capture_logs
from tests.support.virtual_time import in_virtual_time

from wattgate.runtime.supervisor import Supervisor


@in_virtual_time()
async def test_a_failure_is_logged_under_the_name_of_its_task() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(fail(), name="poll CP1")
            await asyncio.sleep(1)
    assert [(entry["event"], entry["task"]) for entry in logs] == [("task failed", "poll CP1")]


@in_virtual_time()
async def test_leaving_ends_every_task_also_those_that_begin_while_others_end() -> None:
    ended: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.append(name)

    async def heir(tasks: Supervisor) -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            tasks.spawn(wait("heir"), name="heir")
            await asyncio.sleep(0)

    with capture_logs() as logs:
        async with Supervisor() as tasks:
            tasks.spawn(wait("first"), name="first")
            tasks.spawn(heir(tasks), name="parent")
            await asyncio.sleep(1)
    assert "first" in ended
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert logs == []


@in_virtual_time()
async def test_a_started_task_can_be_waited_for() -> None:
    async def answer() -> int:
        return 42

    async with Supervisor() as tasks:
        assert await tasks.start(answer(), name="answer") == 42
