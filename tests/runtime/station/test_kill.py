"""The manager is killed between every two steps; the bill is the same."""

import asyncio
from itertools import count, groupby

import pytest
from tests.support.death import (
    BILLED,
    STORY,
    Charger,
    Death,
    MortalStore,
    a_backend_that_knows_repetitions,
    begin,
)
from tests.support.frames import ONE_BACKEND, settled
from tests.support.several_backends import FIRST_IDS, ONE_BILLS_TWO_HEAR, link_of
from tests.support.virtual_time import run_virtual
from tests.support.world import Json, Pipe, World

COMING = {
    "backend there": (ONE_BACKEND, {"backend": 0.0}),
    "backend away": (ONE_BACKEND, {"backend": 100.0}),
    "reports there and away": (ONE_BILLS_TWO_HEAR, {"backend": 50.0, "one": 0.0, "two": 200.0}),
}
"""Sites, and after how many s each of their backends is there (R106)."""


def the_bill(first_id: int = 9001) -> list[tuple[str, Json]]:
    """What a backend has to hear: everything, in order, under its own ids."""
    bill: list[tuple[str, Json]] = []
    for action, payload in STORY:
        starts = sum(name == "StartTransaction" for name, _ in [*bill, (action, 0)])
        transaction = first_id - 1 + starts
        if action in BILLED:
            ours = {"transactionId": transaction} if "transactionId" in payload else {}
            bill.append((action, payload | ours))
    return bill


async def live_through(death: Death, coming: str) -> bool:
    """Tell the story; when the manager dies, start another. Tells whether it died."""
    site_toml, comes_s = COMING[coming]
    world, charger = World(site_toml, store=MortalStore(death)), Charger()
    backends = {name: a_backend_that_knows_repetitions(FIRST_IDS[name]) for name in comes_s}
    loop, there = asyncio.get_running_loop(), world.dialer.backends
    for name, backend in backends.items():
        loop.call_later(comes_s[name], there.__setitem__, f"ws://{name}/CP1", backend)
    await begin(world, charger)
    died = False
    while charger.steps or any([await world.store.outbox(link_of(name)) for name in backends]):
        await asyncio.sleep(1.0)
        if death.came:
            died = True
            await world.kill()
            await settled()
            death.is_over()
            charger.closed(1006, "")
            await begin(world, charger)
    for name, backend in backends.items():
        heard, bill = (
            [each for each in backend.calls if each[0] in BILLED],
            the_bill(FIRST_IDS[name]),
        )
        # Only what was under way when it died may come twice, and then at once.
        assert [call for call, _ in groupby(heard)] == bill, (death, name)
        assert len(heard) <= len(bill) + died, (death, name)
    await world.kill()
    return died


@pytest.fixture(autouse=True)
def _frames_pass_by_death(monkeypatch: pytest.MonkeyPatch) -> list[Death]:
    """Let the one who is in the list decide about each frame."""
    deaths: list[Death] = []
    arrive = Pipe.arrive

    def arrive_or_not(pipe: Pipe, text: str) -> None:
        if not deaths or not deaths[-1].frame_is_lost():
            arrive(pipe, text)

    monkeypatch.setattr(Pipe, "arrive", arrive_or_not)
    return deaths


@pytest.mark.parametrize("coming", COMING)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_killed_at_any_write_every_message_is_billed_once_and_in_order_r58_r71(
    before: bool, coming: str, _frames_pass_by_death: list[Death]
) -> None:
    for number in count(1):
        death = Death(at_write=number, before=before)
        _frames_pass_by_death.append(death)
        if not run_virtual(live_through(death, coming)):
            assert number > len(the_bill())
            return


@pytest.mark.parametrize("coming", COMING)
def test_killed_at_any_frame_every_message_is_billed_once_and_in_order_r58_r71(
    coming: str, _frames_pass_by_death: list[Death]
) -> None:
    for number in count(1):
        death = Death(at_frame=number)
        _frames_pass_by_death.append(death)
        if not run_virtual(live_through(death, coming)):
            assert number > 2 * len(the_bill())
            return
