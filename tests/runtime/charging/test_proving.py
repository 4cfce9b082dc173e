import asyncio
from dataclasses import dataclass, field, replace

import pytest
from tests.support.scripted_evse import CHARGING, METHOD, ScriptedEvse, ScriptedLimits
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.proof_steps import Step
from wattgate.core.charging.proving import Trial
from wattgate.core.load.sensing import Draw
from wattgate.core.station.models import WallboxModel
from wattgate.ports.evse import EvseReading, LimitOutcome
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.proving import Prover
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

MODEL = WallboxModel("Vendor", "Model", "1.2")
OTHER = str(Method(Strategy.STANDING_AND_GRANT))
SINGLE = str(Method(Strategy.SINGLE_VALUE))


@dataclass
class Wallbox(ScriptedEvse):
    """Draws what it was granted for as long as it keeps grants, and measures all the time."""

    keeps_s: float | None = None
    forgets: bool = False
    ends_at: float = 1e9

    async def limit(
        self, current_a: float, *, reduction: bool, afresh: bool, lifetime_s: int | None = None
    ) -> LimitOutcome:
        assert lifetime_s is not None
        self.ends_at = asyncio.get_running_loop().time() + (self.keeps_s or lifetime_s)
        return await super().limit(
            current_a, reduction=reduction, afresh=afresh, lifetime_s=lifetime_s
        )

    def reading(self, now: float) -> EvseReading:
        draw = Draw(now, *(2 * (15.5 if now < self.ends_at else 0.1,)))
        return replace(self.now_seen, draw=draw if self.in_use else None)

    def power_cycle(self) -> None:
        """Off and on; the transaction is over."""
        connection = self.now_seen.connection + 2
        view = replace(self.now_seen.view, transaction_open=False)
        self.now_seen = replace(self.now_seen, connection=connection, links=connection, view=view)
        self.in_use = False
        if self.forgets:
            self.ends_at = 1e9

    def start(self, now: float) -> None:
        """A car is plugged, and its card accepted."""
        view = replace(self.now_seen.view, transaction_open=True)
        self.now_seen = replace(self.now_seen, view=view, waiting_since=now)
        self.in_use = True


@dataclass
class Bench:
    """A prover beside a wallbox that is allowed 16 A."""

    tasks: Supervisor
    evse: Wallbox = field(default_factory=Wallbox)
    limits: ScriptedLimits = field(default_factory=ScriptedLimits)
    model: WallboxModel | None = MODEL
    is_active: bool = True
    has_room: bool = True

    def __post_init__(self) -> None:
        tools = Tools(FakeClock(), ScriptedIdentifiers())
        self.behaviours = Behaviours(MemoryStore(), tools, self.tasks)
        self.limits.allow(16)
        self.prover = Prover(
            self.limits,
            self.behaviours,
            tools,
            self.tasks,
            model_of=lambda _: self.model,
            is_limited=lambda _: self.is_active,
            has_room=lambda _: self.has_room,
        )

    def begin(self) -> str | None:
        """Begin; the control loop counts the EVSE at its maximum then."""
        reason = self.prover.begin(self.evse)
        self.limits.allow(32)
        return reason

    @property
    def trial(self) -> Trial:
        trial = self.prover.state("a")
        assert trial is not None
        return trial

    async def until(self, step: Step) -> Trial:
        """Wait for a step."""
        while self.trial.step is not step and not self.trial.done:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.5)
        assert self.trial.step is step, self.trial
        return self.trial

    @property
    def learned(self) -> Behaviour:
        return self.behaviours.of(MODEL)


@in_virtual_time()
async def test_a_wallbox_that_keeps_its_word_is_proven_r100a() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks)
        assert bench.begin() is None
        assert bench.limits.aside == {"a"}
        _ = await bench.until(Step.POWER_CYCLE)
        assert bench.learned == Behaviour().learned_proof(METHOD, expiry=Proof.PROVEN)
        bench.evse.power_cycle()
        _ = await bench.until(Step.START)
        bench.evse.start(asyncio.get_running_loop().time())
        done = await bench.until(Step.DONE)
        assert done.reason == ""
        assert bench.learned.is_harmless_when_silent(METHOD)
        assert bench.evse.said == [(16, 60), (16, 180), (16, 180)]
        assert (bench.limits.aside, bench.limits.handed_back) == (set(), 1)
        assert bench.evse.asked > 100


@in_virtual_time()
async def test_a_wallbox_that_holds_its_grants_for_ever_is_not() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks, Wallbox(keeps_s=1e6))
        _ = bench.begin()
        _ = await bench.until(Step.DONE)
        assert bench.learned == Behaviour().learned_proof(METHOD, expiry=Proof.REFUTED)
        assert bench.limits.handed_back == 1


@in_virtual_time()
async def test_a_wallbox_that_forgets_its_profiles_without_power_is_not() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks, Wallbox(forgets=True))
        _ = bench.begin()
        _ = await bench.until(Step.POWER_CYCLE)
        bench.evse.power_cycle()
        _ = await bench.until(Step.START)
        bench.evse.start(asyncio.get_running_loop().time())
        _ = await bench.until(Step.DONE)
        assert (bench.learned.expiry, bench.learned.persistence) == (Proof.PROVEN, Proof.REFUTED)


@in_virtual_time()
async def test_nothing_is_sent_before_its_circuit_carries_all_that_it_can_draw() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks, has_room=False)
        _ = bench.begin()
        await asyncio.sleep(100)
        assert (bench.trial.step, bench.evse.said) == (Step.ROOM, [])
        bench.has_room = True
        bench.limits.allow(16)  # the control loop has not counted it yet
        await asyncio.sleep(100)
        assert (bench.trial.step, bench.evse.said) == (Step.ROOM, [])
        bench.limits.allow(32)
        _ = await bench.until(Step.LAPSE)


@in_virtual_time()
async def test_one_after_the_other() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks)
        _ = bench.begin()
        other = Wallbox(evse_id="b")
        assert bench.prover.begin(other) == "the proof of a is under way"
        bench.prover.cancel("a")
        assert bench.begin() is None


@in_virtual_time()
async def test_giving_up_hands_the_evse_back_at_once_and_once() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks)
        _ = bench.begin()
        await asyncio.sleep(10)
        bench.prover.cancel("a")
        assert (bench.trial.done, bench.trial.reason) == (True, "cancelled")
        assert bench.limits.handed_back == 1
        bench.prover.cancel("a")
        bench.prover.cancel("nobody")
        await asyncio.sleep(600)
        assert (bench.limits.handed_back, bench.evse.said) == (1, [(16, 60)])


@in_virtual_time()
async def test_a_manager_that_stops_hands_back_too() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks)
        _ = bench.begin()
        await asyncio.sleep(10)
    assert (bench.trial.done, bench.limits.handed_back) == (True, 1)


@in_virtual_time()
async def test_it_ends_with_load_management() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks)
        _ = bench.begin()
        await asyncio.sleep(10)
        bench.is_active = False
        done = await bench.until(Step.DONE)
        assert done.reason == "load management no longer limits this EVSE"


@pytest.mark.parametrize("model", [None, WallboxModel("", "", "1.2")])
def test_a_wallbox_that_does_not_say_what_it_is_cannot_be_proven(
    model: WallboxModel | None,
) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        async with Supervisor() as tasks:
            bench = Bench(tasks, model=model)
            assert bench.begin() == "the wallbox has not said which model it is"
            assert bench.prover.state("a") is None
            assert bench.limits.aside == set()

    scenario()


@pytest.mark.parametrize("method", ["", SINGLE])
def test_nor_one_whose_limits_have_no_end(method: str) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        async with Supervisor() as tasks:
            bench = Bench(tasks, Wallbox(method=method))
            reason = bench.begin()
            assert reason == "the wallbox is told its limits in a way that has no end"

    scenario()


@in_virtual_time()
async def test_nor_one_at_which_no_car_charges() -> None:
    async with Supervisor() as tasks:
        view = replace(CHARGING.view, transaction_open=False)
        bench = Bench(tasks, Wallbox(now_seen=replace(CHARGING, view=view)))
        assert bench.begin() == "no car charges"


@in_virtual_time()
async def test_a_refused_grant_ends_it() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks, Wallbox(outcome=LimitOutcome.REFUSED))
        _ = bench.begin()
        done = await bench.until(Step.DONE)
        assert done.reason == "the wallbox did not accept the grant"
        assert bench.learned == Behaviour()


@in_virtual_time()
async def test_a_grant_that_had_to_be_said_in_another_way_proves_nothing_of_the_first() -> None:
    async with Supervisor() as tasks:
        bench = Bench(tasks)
        _ = bench.begin()
        bench.evse.method = OTHER
        done = await bench.until(Step.DONE)
        assert done.reason == "the wallbox did not accept the grant"
        assert bench.learned == Behaviour()
