import pytest

from wattgate.core.charging.behaviour import Proof
from wattgate.core.charging.lapse import SURELY_S, Parting, flows, lapse_seen, parted, rests
from wattgate.core.load.sensing import Draw

PARTING = Parting(charging_since=10, ended_by=2000)


@pytest.mark.parametrize(
    ("drawn_a", "standing_a", "flowing", "resting"),
    [
        (5, 0, True, False),
        (4.9, 0, False, False),
        (1, 0, False, False),
        (0.9, 0, False, True),
        (11, 6, True, False),
        (7, 6, False, False),
        (6.9, 6, False, True),
    ],
)
def test_between_a_current_that_flows_and_one_that_rests_nothing_is_concluded(
    drawn_a: float, standing_a: float, flowing: bool, resting: bool
) -> None:
    draw = Draw(0, drawn_a, drawn_a)
    assert (flows(draw, standing_a), rests(draw, standing_a)) == (flowing, resting)


@pytest.mark.parametrize(
    ("draw", "parting"),
    [
        (None, None),
        (Draw(0, 3, 3), None),
        (Draw(0, 16, 16), Parting(10, 100 + 900 + SURELY_S)),
    ],
)
def test_only_who_draws_on_a_grant_can_show_that_it_ends(
    draw: Draw | None, parting: Parting | None
) -> None:
    seen = parted(draw, standing_a=0, charging_since=10, now=100, lifetime_s=900)
    assert seen == parting


@pytest.mark.parametrize(
    ("draw", "charging_since", "proof"),
    [
        (Draw(2500, 0.2, 0.2), 10, Proof.PROVEN),
        (Draw(2500, 16, 16), 10, Proof.REFUTED),
        (Draw(2500, 3, 3), 10, Proof.UNPROVEN),
        (Draw(2500, 2, 6), 10, Proof.UNPROVEN),  # power only: on one phase or on three
        (None, 10, Proof.UNPROVEN),
        (Draw(2500, 0.2, 0.2), 11, Proof.UNPROVEN),  # another transaction
        (Draw(2000, 0.2, 0.2), 10, Proof.UNPROVEN),  # the grant may have lasted
        (Draw(3001, 0.2, 0.2), 10, Proof.UNPROVEN),  # something newer may hold
    ],
)
def test_the_end_of_a_grant_is_seen_between_its_lapse_and_the_return_r100a(
    draw: Draw | None, charging_since: float, proof: Proof
) -> None:
    seen = lapse_seen(
        PARTING, draw, standing_a=0, charging_since=charging_since, back_at=3000, is_held=True
    )
    assert seen is proof


def test_a_battery_that_became_full_meanwhile_proves_nothing() -> None:
    seen = lapse_seen(
        PARTING, Draw(2500, 0.2, 0.2), standing_a=0, charging_since=10, back_at=3000, is_held=False
    )
    assert seen is Proof.UNPROVEN
