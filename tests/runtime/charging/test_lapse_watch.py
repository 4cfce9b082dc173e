from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from tests.support.scripted_evse import CHARGING, METHOD, ScriptedEvse, ScriptedLimits
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.load.sensing import Draw
from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.station.models import WallboxModel
from wattgate.runtime.charging.behaviours import Behaviours
from wattgate.runtime.charging.lapse_watch import LapseWatch
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

MODEL = WallboxModel("Vendor", "Model", "1.2")
OTHER = Method(Strategy.STANDING_AND_GRANT)
UNKNOWN = Behaviour()
PROVEN = UNKNOWN.learned_proof(METHOD, expiry=Proof.PROVEN)
REFUTED = UNKNOWN.learned_proof(METHOD, expiry=Proof.REFUTED)
WHOLE_OF_OTHER = UNKNOWN.learned_proof(OTHER, expiry=Proof.PROVEN, persistence=Proof.PROVEN)

GONE_AT = 100.0
LAPSED_AT = GONE_AT + 900 + 600
BACK_AT = 2000.0
BACK = replace(
    CHARGING,
    connection=2,
    booted=False,
    view=replace(CHARGING.view, status=ConnectorStatus.SUSPENDED_EVSE),
)


@dataclass
class Site:
    """An EVSE that charged with 16 A when its wallbox was lost, and what was known of its model."""

    tasks: Supervisor
    known: Behaviour = UNKNOWN
    evse: ScriptedEvse = field(default_factory=ScriptedEvse)
    limits: ScriptedLimits = field(default_factory=ScriptedLimits)

    def __post_init__(self) -> None:
        tools = Tools(FakeClock(), ScriptedIdentifiers())
        self.behaviours = Behaviours(MemoryStore(), tools, self.tasks)
        self.behaviours.learn(MODEL, self.known)
        self.watch = LapseWatch(self.limits, self.behaviours, lambda _: MODEL, self.limits.ends_by)
        self.limits.allow(16)
        self.evse.draws(GONE_AT - 5, 15.5)

    def part(self) -> None:
        self.watch.look(self.evse, self.evse.now_seen, GONE_AT)

    def come_back(self, draw: Draw | None, **changes: object) -> None:
        seen = replace(BACK, draw=draw, **changes)  # type: ignore[arg-type]  # fields of a reading
        self.watch.look(self.evse, seen, BACK_AT)


FELL = Draw(BACK_AT - 10, 0.1, 0.1)
WENT_ON = Draw(BACK_AT - 10, 15.5, 15.5)


@pytest.mark.parametrize(
    ("known", "draw", "learned"),
    [
        (UNKNOWN, FELL, PROVEN),
        (UNKNOWN, WENT_ON, REFUTED),
        (UNKNOWN, None, UNKNOWN),
        (UNKNOWN, Draw(LAPSED_AT - 1, 0.1, 0.1), UNKNOWN),
        (PROVEN, WENT_ON, REFUTED),
        (REFUTED, FELL, REFUTED),
        (UNKNOWN.learned_proof(OTHER, expiry=Proof.REFUTED), FELL, PROVEN),
        (WHOLE_OF_OTHER, FELL, WHOLE_OF_OTHER),
    ],
)
def test_a_wallbox_that_was_away_for_long_shows_whether_its_grant_ended_r100a(
    known: Behaviour, draw: Draw | None, learned: Behaviour
) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        async with Supervisor() as tasks:
            site = Site(tasks, known)
            site.part()
            site.come_back(draw)
            assert site.behaviours.of(MODEL) == learned

    scenario()


def _uses_no_method(site: Site) -> None:
    site.evse.method = ""


def _has_no_end(site: Site) -> None:
    site.evse.method = str(Method(Strategy.SINGLE_VALUE))


def _charges_nothing(site: Site) -> None:
    site.evse.in_use = False


def _is_lowered(site: Site) -> None:
    site.limits.ledger = site.limits.ledger.sent("a", 0)


def _is_in_doubt(site: Site) -> None:
    site.limits.ledger = site.limits.ledger.assumed("a", 16)


def _does_not_obey(site: Site) -> None:
    site.limits.count_drawn("a", 16)


def _may_draw_little(site: Site) -> None:
    site.limits.allow(0)


def _was_measured_long_ago(site: Site) -> None:
    site.evse.draws(GONE_AT - 121, 15.5)


def _never_measures(site: Site) -> None:
    site.evse.now_seen = CHARGING


@pytest.mark.parametrize(
    "before",
    [
        _uses_no_method,
        _has_no_end,
        _charges_nothing,
        _is_lowered,
        _is_in_doubt,
        _does_not_obey,
        _may_draw_little,
        _was_measured_long_ago,
        _never_measures,
    ],
)
def test_nothing_is_learned_where_a_fall_could_have_another_cause(
    before: Callable[[Site], None],
) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        async with Supervisor() as tasks:
            site = Site(tasks)
            before(site)
            site.part()
            site.come_back(FELL)
            assert site.behaviours.of(MODEL) == UNKNOWN

    scenario()


@pytest.mark.parametrize(
    "changes", [{"booted": True}, {"waiting_since": 6.0}, {"connection": 1}], ids=str
)
def test_nothing_is_learned_from_a_boot_another_transaction_or_the_same_connection(
    changes: dict[str, object],
) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        async with Supervisor() as tasks:
            site = Site(tasks)
            site.part()
            site.come_back(FELL, **changes)
            assert site.behaviours.of(MODEL) == UNKNOWN

    scenario()


@in_virtual_time()
async def test_nothing_is_learned_where_a_limit_went_out_after_the_last_look() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.part()
        site.limits.ends_at += 1
        site.come_back(FELL)
        assert site.behaviours.of(MODEL) == UNKNOWN


@in_virtual_time()
async def test_nothing_is_learned_where_our_profiles_were_removed_meanwhile() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.part()
        site.limits.unknown.add("a")
        site.come_back(FELL)
        assert site.behaviours.of(MODEL) == UNKNOWN


@in_virtual_time()
async def test_a_sample_may_come_some_time_after_the_wallbox_but_not_from_after_its_return() -> (
    None
):
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.part()
        site.come_back(None)
        later = replace(BACK, draw=Draw(BACK_AT + 1, 0.1, 0.1))
        site.watch.look(site.evse, later, BACK_AT + 10)
        assert site.behaviours.of(MODEL) == UNKNOWN
        site.watch.look(site.evse, replace(BACK, draw=FELL), BACK_AT + 20)
        assert site.behaviours.of(MODEL) == PROVEN


@in_virtual_time()
async def test_what_is_forgotten_shows_nothing() -> None:
    async with Supervisor() as tasks:
        site = Site(tasks)
        site.part()
        site.watch.forget("a")
        site.come_back(FELL)
        assert site.behaviours.of(MODEL) == UNKNOWN
