"""What an operation has done, in a sentence or two for the person who asked for it."""

from collections.abc import Mapping
from typing import Final

from wattgate.core.modbus.phase_selection import Obstacle
from wattgate.core.site.model import LoadManagement, OnDeactivation, Site
from wattgate.ports.evse import Cleared, Confirmation, LimitOutcome
from wattgate.runtime.station.station_evse import PhasesSelected, StationEvse

_CONFIRMED: Final[Mapping[Confirmation, str]] = {
    Confirmation.SCHEDULE: "Deleted, confirmed by the wallbox's composite schedule.",
    Confirmation.MEASUREMENT: "Deleted, confirmed by the measured current.",
    Confirmation.REGISTERS: "Deleted, confirmed by the wallbox's registers.",
    Confirmation.NONE: "Deleted, says the wallbox; it cannot be asked whether that is true.",
    Confirmation.CONTRADICTED: (
        "Deleted, says the wallbox, but its composite schedule still holds limits."
    ),
}
_NOT_CLEARED: Final[Mapping[LimitOutcome, str]] = {
    LimitOutcome.REFUSED: "Not deleted: the wallbox refused.",
    LimitOutcome.UNANSWERED: "The wallbox has not answered: it may have deleted them or not.",
    LimitOutcome.UNSENT: "Nothing was sent: the wallbox does not take commands now.",
}
_SWEPT: Final[Mapping[LimitOutcome, str]] = {
    LimitOutcome.ACCEPTED: "What others left is deleted; our limit held all the time.",
    LimitOutcome.REFUSED: "The wallbox refused to delete what others left.",
    LimitOutcome.UNANSWERED: "The wallbox has not answered: it may have deleted them or not.",
    LimitOutcome.UNSENT: "Nothing was sent: the wallbox does not take commands now.",
}
_WOKEN: Final[Mapping[LimitOutcome, str]] = {
    LimitOutcome.ACCEPTED: "The control pilot is interrupted for a moment; the car should wake.",
    LimitOutcome.REFUSED: "Not done: the wallbox cannot do that, or no car is waiting at it.",
    LimitOutcome.UNANSWERED: "The wallbox has not answered: it may have done it or not.",
    LimitOutcome.UNSENT: "Nothing was sent: load management does not lead this wallbox now.",
}
_PHASES: Final[Mapping[LimitOutcome, str]] = {
    LimitOutcome.ACCEPTED: "Selected. A car that charges pauses for that; the EVSE tells when it "
    "is done. Load management goes on counting all of its phases.",
    LimitOutcome.REFUSED: "Not done: the wallbox has refused it.",
    LimitOutcome.UNANSWERED: "The wallbox has not answered: it may have done it or not.",
    LimitOutcome.UNSENT: "Nothing was sent: load management does not lead this wallbox now, or it "
    "does not answer.",
}
_OBSTACLES: Final[Mapping[Obstacle, str]] = {
    Obstacle.NO_REGISTER: "Not sent: nobody knows how to tell this wallbox on how many phases it "
    "is to charge. That takes a wallbox on Modbus, and a definition with write.phases.",
    Obstacle.NO_RELAY: "Not sent: the wallbox says that it has no relay for that.",
    Obstacle.CAR_PLUGGED: "Not sent: a car is plugged in, and the wallbox does not say that its "
    "phases may be switched meanwhile. Try again when it has gone.",
    Obstacle.NOT_COUNTED: "Not sent: its setting phases says that fewer are connected, and only "
    "those are counted.",
}
_ADOPTING: Final = (
    "Everything in the wallbox is deleted and our limit set afresh, at once or when it connects. "
    "Look at the EVSE then: it tells whether the wallbox's composite schedule confirms that."
)
_NOT_LIMITED: Final = "Nothing was done: load management does not limit this EVSE."
_FILE_WINS: Final = (
    "A site file that has it takes it into service again, unless it says enabled = false."
)

_OBSERVES: Final = "Load management only observes: nothing limits it."


def of_clearing(cleared: Cleared, *, limited_again: bool) -> str:
    """How clearing ended, and what holds now."""
    said = _removed(cleared)
    if cleared.outcome is LimitOutcome.UNSENT:
        return said
    if limited_again:
        return f"{said} Load management sets its limit again."
    return f"{said} Load management sets no limit here."


def of_release(cleared: Cleared, hardware_a: float) -> str:
    """How releasing ended; what could not be removed yet is tried again."""
    said = (
        f"Released until it is activated: it counts with its {hardware_a:g} A. {_removed(cleared)}"
    )
    if cleared.outcome is LimitOutcome.ACCEPTED:
        return said
    return f"{said} That is tried again by itself."


def of_adoption(outcome: LimitOutcome, *, is_limited: bool, in_use: bool) -> str:
    """How far taking over has come; of an idle EVSE only the beginning is known."""
    if not is_limited:
        return _NOT_LIMITED
    return _SWEPT[outcome] if in_use else _ADOPTING


def of_waking(outcome: LimitOutcome) -> str:
    """How waking a car ended."""
    return _WOKEN[outcome]


def of_phases(selected: PhasesSelected) -> str:
    """How selecting phases ended, or what stands against it."""
    return _PHASES[selected.outcome] if selected.obstacle is None else _OBSTACLES[selected.obstacle]


def of_activation(site: Site) -> str:
    """What holds for an EVSE that was activated."""
    return f"Activated. {_OBSERVES}" if _observes(site) else "Activated: load management limits it."


def of_deactivation(site: Site, evse: StationEvse) -> str:
    """What an EVSE may do that was deactivated (P15)."""
    if _observes(site):
        return f"Deactivated. {_OBSERVES}"
    may = {
        OnDeactivation.STOP: "Deactivated: it may not charge, also without the manager.",
        OnDeactivation.MINIMUM: (
            f"Deactivated: it may draw {evse.settings.min_current_a:g} A, also without the manager."
        ),
        OnDeactivation.RELEASE: (
            "Deactivated: its limits are deleted in the wallbox, and it counts with its "
            f"{evse.hardware_a:g} A."
        ),
    }[site.site.on_deactivation]
    return f"{may} {_FILE_WINS}"


def _removed(cleared: Cleared) -> str:
    if cleared.outcome is LimitOutcome.ACCEPTED:
        return _CONFIRMED[cleared.confirmation]
    return _NOT_CLEARED[cleared.outcome]


def _observes(site: Site) -> bool:
    return site.site.load_management is LoadManagement.OBSERVE
