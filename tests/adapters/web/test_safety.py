import pytest
from tests.support.virtual_time import in_virtual_time
from tests.support.web import a_world

from wattgate.adapters.web.safety import proof_of, safety_of
from wattgate.core.charging.behaviour import Behaviour, Proof
from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.obedience import Verdict
from wattgate.core.charging.proof_steps import Step
from wattgate.core.charging.proving import Trial, TrialTerms
from wattgate.ports.evse import Cleared, Confirmation, LimitOutcome
from wattgate.runtime.charging.obedience_watch import ObedienceState
from wattgate.runtime.evse_state import EvseState, Safety
from wattgate.runtime.station.evse_ocpp16 import EvseOcpp16

TRIAL = Trial(TrialTerms(16.0, 0.0, 30.0), Step.DONE, 0.0, 1, 1, reason="cancelled")
KNOWN = Safety(
    ObedienceState(Verdict.DISOBEYS, "does not obey: 16 A drawn, 6 A offered", 16.0, 6.0, True),
    Behaviour().learned_proof(
        Method(Strategy.TWO_PERIODS), expiry=Proof.PROVEN, persistence=Proof.REFUTED
    ),
    refuses=True,
    released=True,
    cleared=Cleared(LimitOutcome.ACCEPTED, Confirmation.SCHEDULE),
    trial=TRIAL,
)


def test_a_proof_is_told_with_its_words() -> None:
    told = proof_of(TRIAL)
    assert (told.step, told.done, told.reason) == (Step.DONE, True, "cancelled")
    assert told.says == TRIAL.words


@in_virtual_time()
async def test_all_that_is_known_is_told() -> None:
    world = a_world()
    manager = await world.start()
    state = manager.evses()[0]
    told = safety_of(
        EvseState(state.evse, state.station, 6.0, 6.0, 16.0, doubtful=False, safety=KNOWN)
    )
    assert (told.obedience.verdict, told.obedience.exhausted) == (Verdict.DISOBEYS, True)
    assert (told.obedience.drawn_a, told.obedience.offered_a) == (16.0, 6.0)
    assert (told.expiry, told.persistence) == (Proof.PROVEN, Proof.REFUTED)
    assert told.proved_with == "two periods, A, Absolute"
    assert told.cleared is not None
    assert told.cleared.confirmed_by is Confirmation.SCHEDULE
    assert told.proof == proof_of(TRIAL)
    await world.kill()


@pytest.mark.parametrize("method", [Strategy.TWO_PERIODS, Strategy.TX_PROFILE])
def test_proofs_count_for_the_method_that_they_were_made_with(
    method: Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R100a."""
    both = Behaviour().learned_proof(
        Method(Strategy.TWO_PERIODS), expiry=Proof.PROVEN, persistence=Proof.PROVEN
    )
    proven = Safety(ObedienceState(), both, refuses=False, released=False, cleared=None, trial=None)
    monkeypatch.setattr(EvseOcpp16, "method", str(Method(method)))

    @in_virtual_time()
    async def scenario() -> None:
        world = a_world()
        manager = await world.start()
        state = manager.evses()[0]
        told = safety_of(
            EvseState(state.evse, state.station, 6.0, 6.0, 6.0, doubtful=False, safety=proven)
        )
        assert told.is_harmless_when_silent == (method is Strategy.TWO_PERIODS)
        await world.kill()

    scenario()
