import asyncio
from dataclasses import dataclass, field, replace

from tests.support.scripted_evse import CHARGING, METHOD, ScriptedEvse, ScriptedLimits
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.charging.obedience import Verdict
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.station.models import WallboxModel
from wattgate.ports.evse import LimitOutcome
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.obedience_watch import ObedienceState, ObedienceWatch
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

MODEL = WallboxModel("Vendor", "Model", "1.2")
OTHER = "standing + grant, A, Absolute"
THIRD = "TxProfile, A, Absolute"


@dataclass
class Site:
    """One EVSE under a watch; every step is one look, 10 s after the last."""

    tasks: Supervisor
    evse: ScriptedEvse = field(default_factory=ScriptedEvse)
    limits: ScriptedLimits = field(default_factory=ScriptedLimits)
    now: float = 0.0

    def __post_init__(self) -> None:
        tools = Tools(FakeClock(), ScriptedIdentifiers())
        self.behaviours = Behaviours(MemoryStore(), tools, self.tasks)
        self.watch = ObedienceWatch(
            self.limits,
            self.behaviours,
            lambda _: MODEL,
            self.tasks,
            ends_by=self.limits.ends_by,
        )

    async def draws(self, current_a: float, times: int = 1) -> ObedienceState:
        """The car draws this for `times` looks."""
        for _ in range(times):
            self.now += 10
            self.watch.look(self.evse, self.evse.draws(self.now, current_a), self.now)
            await asyncio.sleep(0)
        return self.watch.state("a")

    async def exceeds(self) -> ObedienceState:
        """Told 6 A, it goes on with 16 A."""
        self.limits.allow(6)
        return await self.draws(16, 5)

    @property
    def drawn_a(self) -> float | None:
        return self.limits.position("a").drawn_a


@in_virtual_time()
async def test_who_follows_is_said_to_obey() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.limits.allow(16)
        assert (await site.draws(15.5, 5)).words == "unverified"
        site.limits.allow(6)
        assert (await site.draws(6, 5)) == ObedienceState(Verdict.OBEYS, "obeys", 6, 6)
        assert (site.evse.obeyed, site.drawn_a) == (1, None)
        site.limits.allow(10)
        _ = await site.draws(10, 5)
        assert site.evse.obeyed > 1


@in_virtual_time()
async def test_who_does_not_counts_at_what_it_draws_r100a() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        assert (await site.exceeds()).words == "does not obey: 16 A drawn, 6 A offered"
        assert (site.drawn_a, site.limits.position("a").worst_a) == (16, 16)


@in_virtual_time()
async def test_what_others_left_is_removed_first_then_each_other_way_is_tried() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.evse.methods = [OTHER, THIRD]
        _ = await site.exceeds()
        assert (site.evse.sweeps, site.evse.method) == (1, str(METHOD))
        _ = await site.draws(16, 3)
        assert site.evse.method == str(METHOD)  # it has 30 s to settle after the sweep
        _ = await site.draws(16, 2)
        assert (site.evse.method, site.limits.said_again) == (OTHER, 1)
        _ = await site.draws(16, 2)
        assert site.evse.method == OTHER
        _ = await site.draws(16, 1)
        assert (site.evse.method, site.watch.exhausted("a")) == (THIRD, False)
        assert (await site.draws(16, 4)).exhausted
        _ = await site.draws(16, 20)
        assert (site.evse.sweeps, site.limits.said_again) == (1, 3)
        assert site.watch.exhausted("a")


@in_virtual_time()
async def test_a_sweep_that_was_not_sent_needs_no_time_to_settle() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.evse.swept = LimitOutcome.UNSENT
        site.evse.methods = [OTHER]
        _ = await site.exceeds()
        _ = await site.draws(16, 2)
        assert site.evse.method == OTHER


@in_virtual_time()
async def test_once_another_way_is_followed_it_counts_at_its_limit_again() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.evse.methods = [OTHER]
        _ = await site.exceeds()
        _ = await site.draws(16, 5)
        assert (await site.draws(6, 1)).words == "obeys"
        assert site.drawn_a is None


@in_virtual_time()
async def test_a_pause_of_the_car_takes_no_disobedience_back_and_no_current_from_others() -> None:
    """It counts at what it draws now; the next sample may tell otherwise."""
    async with Supervisor() as tasks:
        site = Site(tasks)
        _ = await site.exceeds()
        state = await site.draws(0, 5)
        assert (site.drawn_a, state.verdict) == (0, Verdict.DISOBEYS)
        _ = await site.draws(12, 1)
        assert site.drawn_a == 12


@in_virtual_time()
async def test_the_end_of_the_transaction_does() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        _ = await site.exceeds()
        _ = await site.draws(16, 10)
        assert site.watch.exhausted("a")
        site.evse.in_use = False
        state = await site.draws(0)
        assert (site.drawn_a, state.exhausted) == (None, False)
        assert state.words == "does not obey: 16 A drawn, 6 A offered"


@in_virtual_time()
async def test_after_a_new_connection_limits_count_anew_and_so_do_the_attempts() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        _ = await site.exceeds()
        _ = await site.draws(16, 10)
        site.evse.now_seen = replace(CHARGING, connection=2)
        _ = await site.draws(16, 3)
        assert (site.evse.sweeps, site.watch.exhausted("a"), site.drawn_a) == (1, False, 16)
        _ = await site.draws(16, 1)
        assert site.evse.sweeps == 2


@in_virtual_time()
async def test_a_way_that_was_not_watched_yet_is_unverified() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.limits.allow(16)
        _ = await site.draws(15.5, 5)
        site.limits.allow(6)
        _ = await site.draws(6, 5)
        site.evse.method = OTHER
        assert (await site.draws(6)).words == "unverified"


@in_virtual_time()
async def test_without_a_measurement_it_is_unverified_for_ever() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.limits.allow(6)
        for now in range(100):
            site.watch.look(site.evse, CHARGING, now)
        assert site.watch.state("a") == ObedienceState()


@in_virtual_time()
async def test_what_is_forgotten_is_unverified() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        _ = await site.exceeds()
        site.watch.forget("a")
        assert site.watch.state("a") == ObedienceState()
        assert not site.watch.exhausted("never seen")


@in_virtual_time()
async def test_the_end_of_a_grant_is_observed_on_the_way() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.limits.allow(16)
        _ = await site.draws(15.5, 3)
        view = replace(CHARGING.view, status=ConnectorStatus.SUSPENDED_EVSE)
        site.evse.now_seen = replace(
            CHARGING, connection=2, booted=False, draw=Draw(1990, 0.1, 0.1), view=view
        )
        site.watch.look(site.evse, site.evse.now_seen, 2000)
        assert site.behaviours.of(MODEL).proved_with == METHOD


@in_virtual_time()
async def test_without_a_word_when_grants_end_it_is_not() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.watch = ObedienceWatch(site.limits, site.behaviours, lambda _: MODEL, tasks)
        assert (await site.exceeds()).verdict is Verdict.DISOBEYS
        site.watch.forget("a")
        assert site.watch.state("a").verdict is Verdict.UNVERIFIED
