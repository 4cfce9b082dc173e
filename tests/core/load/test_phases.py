import pytest

from wattgate.core.errors import LocalUsageError
from wattgate.core.load.phases import UNKNOWN_ROTATION, phases_used, site_phases


@pytest.mark.parametrize(
    ("phases", "rotation", "expected"),
    [
        (3, "RST", (0, 1, 2)),
        (3, "RTS", (0, 2, 1)),
        (3, "SRT", (1, 0, 2)),
        (3, "STR", (1, 2, 0)),
        (3, "TRS", (2, 0, 1)),
        (3, "TSR", (2, 1, 0)),
        (1, "RST", (0,)),
        (1, "STR", (1,)),
        (1, "TRS", (2,)),
        (2, "TSR", (2, 1)),
    ],
)
def test_a_rotation_names_the_site_phase_behind_each_phase_of_the_evse(
    phases: int, rotation: str, expected: tuple[int, ...]
) -> None:
    assert site_phases(phases, rotation) == expected
    assert phases_used(phases, rotation) == frozenset(expected)


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_an_unknown_rotation_counts_in_full_on_every_phase(phases: int) -> None:
    assert phases_used(phases, UNKNOWN_ROTATION) == {0, 1, 2}


@pytest.mark.parametrize(
    ("phases", "rotation", "message"),
    [
        (0, "RST", "1 to 3 phases, not 0"),
        (4, "unknown", "1 to 3 phases, not 4"),
        (3, "RRR", "unknown phase rotation 'RRR'; known: RST, RTS"),
        (1, "", "unknown phase rotation ''"),
    ],
)
def test_nonsense_is_our_own_mistake(phases: int, rotation: str, message: str) -> None:
    with pytest.raises(LocalUsageError, match=message):
        site_phases(phases, rotation)
