import pytest
from tests.support.limit_methods import EVERY_METHOD

from wattgate.core.charging.methods import Method, Strategy, read_method
from wattgate.core.errors import LocalUsageError
from wattgate.core.ocpp.profiles import Kind


@pytest.mark.parametrize("method", EVERY_METHOD, ids=str)
def test_a_method_is_found_again_by_its_words(method: Method) -> None:
    assert read_method(str(method)) == method


def test_a_method_is_told_in_words_for_a_person() -> None:
    assert str(Method(Strategy.TWO_PERIODS)) == "two periods, A, Absolute"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "two periods",
        "two periods, A",
        "two periods, A, Absolute, now",
        "three periods, A, Absolute",
        "two periods, VA, Absolute",
        "two periods, A, Resolute",
        "two periods, A, Recurring",
        "ChargePointMaxProfile, A, Relative",
    ],
)
def test_other_words_are_no_method(text: str) -> None:
    assert read_method(text) is None


@pytest.mark.parametrize(
    ("strategy", "kind"),
    [
        (Strategy.CHARGE_POINT_MAX, Kind.RELATIVE),
        (Strategy.CHARGE_POINT_MAX, Kind.RECURRING),
        (Strategy.TWO_PERIODS, Kind.RECURRING),
    ],
)
def test_a_method_that_nothing_could_say_is_our_own_mistake(strategy: Strategy, kind: Kind) -> None:
    with pytest.raises(LocalUsageError, match=f"no {strategy} of the kind {kind}"):
        Method(strategy, kind=kind)


def test_only_a_grant_with_a_known_end_earns_credit_for_a_silent_wallbox() -> None:
    """R100a: a Relative schedule begins again with the next transaction."""
    expiring = {
        Strategy.TWO_PERIODS,
        Strategy.STANDING_AND_GRANT,
        Strategy.TX_PROFILE,
        Strategy.CHARGE_POINT_MAX,
    }
    for method in EVERY_METHOD:
        expected = method.kind is Kind.ABSOLUTE and method.strategy in expiring
        assert method.expires is expected
