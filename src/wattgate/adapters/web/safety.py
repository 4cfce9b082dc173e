"""From what the manager knows of how an EVSE takes its limits to what the API says of it."""

from wattgate.adapters.web.modbus_words import modbus_of
from wattgate.adapters.web.safety_dto import Obedience, ProofState, RemovedLimits, Safety
from wattgate.core.charging.methods import read_method
from wattgate.core.charging.proving import Trial
from wattgate.core.station.models import read_model
from wattgate.core.station.quirks import quirks_of
from wattgate.ports.evse import Cleared
from wattgate.runtime.charging.obedience_watch import ObedienceState
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.station.station_evse import StationEvse


def safety_of(state: EvseState) -> Safety:
    """How one EVSE takes its limits."""
    known, evse = state.safety, state.evse
    behaviour, method = known.behaviour, read_method(evse.method)
    model = read_model(state.station.presence.boot_text)
    return Safety(
        obedience=_obedience(known.obedience),
        method=evse.method,
        standing_confirmed_by=evse.standing_confirmation,
        expiry=behaviour.expiry,
        persistence=behaviour.persistence,
        proved_with=str(behaviour.proved_with or ""),
        is_harmless_when_silent=_falls_back(evse)
        or (method is not None and behaviour.is_harmless_when_silent(method)),
        refuses=known.refuses,
        released=known.released,
        cleared=_removed(known.cleared),
        proof=proof_of(known.trial) if known.trial is not None else None,
        known=tuple(quirk.says for quirk in quirks_of(model)),
    )


def proof_of(trial: Trial) -> ProofState:
    """A guided proof, or its end."""
    return ProofState(
        trial.step, trial.words, trial.done, trial.expiry, trial.persistence, trial.reason
    )


def _falls_back(evse: StationEvse) -> bool:
    modbus = modbus_of(evse)
    return modbus is not None and modbus.fail_safe is not None


def _obedience(known: ObedienceState) -> Obedience:
    return Obedience(known.verdict, known.words, known.drawn_a, known.offered_a, known.exhausted)


def _removed(cleared: Cleared | None) -> RemovedLimits | None:
    return None if cleared is None else RemovedLimits(cleared.outcome, cleared.confirmation)
