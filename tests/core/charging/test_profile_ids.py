import pytest

from wattgate.core.charging.methods import Method, Strategy
from wattgate.core.charging.profile_ids import clear_before_set, leftovers, profile_ids
from wattgate.core.ocpp.profiles import Kind, RateUnit

TWO, BESIDE, SINGLE, IN_TX, WHOLE = Strategy


def test_a_connector_has_the_same_ids_always() -> None:
    """R93: a profile replaces the one of the same id."""
    assert profile_ids(1) == (9101, 9102, 9103, 9104)
    assert profile_ids(2) == (9111, 9112, 9113, 9114)


def test_no_two_connectors_share_an_id() -> None:
    ids = [profile_id for connector in range(1, 50) for profile_id in profile_ids(connector)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("old", "new", "expected", "before"),
    [
        (TWO, TWO, (), True),
        (TWO, BESIDE, (), True),
        (TWO, SINGLE, (), True),
        (TWO, IN_TX, (), True),
        (TWO, WHOLE, (9101,), False),
        (BESIDE, TWO, (9102,), True),
        (BESIDE, SINGLE, (9102,), True),
        (BESIDE, IN_TX, (9102,), True),
        (BESIDE, WHOLE, (9101, 9102), False),
        (SINGLE, WHOLE, (9101,), False),
        (IN_TX, TWO, (9103,), True),
        (IN_TX, BESIDE, (9103,), True),
        (IN_TX, WHOLE, (9101, 9103), False),
        (WHOLE, TWO, (9104,), False),
        (WHOLE, IN_TX, (9104,), False),
        (WHOLE, WHOLE, (), True),
        (None, TWO, (9102, 9103, 9104), False),
        (None, BESIDE, (9103, 9104), False),
        (None, IN_TX, (9102, 9104), False),
        (None, WHOLE, (9101, 9102, 9103), False),
    ],
)
def test_a_new_way_leaves_nothing_of_the_old_and_the_wallbox_never_without_a_limit(
    old: Strategy | None, new: Strategy, expected: tuple[int, ...], before: bool
) -> None:
    """R100: what is cleared first must leave a profile that the new way replaces."""
    old_method = None if old is None else Method(old)
    assert leftovers(old_method, Method(new), 1) == expected
    assert clear_before_set(old_method, Method(new)) is before


def test_another_unit_or_kind_replaces_profiles_and_leaves_none() -> None:
    old = Method(BESIDE)
    new = Method(BESIDE, RateUnit.W, Kind.RELATIVE)
    assert leftovers(old, new, 2) == ()
    assert leftovers(old, Method(TWO), 2) == (9112,)
