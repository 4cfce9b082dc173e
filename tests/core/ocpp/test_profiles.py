import pytest

from wattgate.core.ocpp.profiles import Kind, Purpose, RateUnit, Recurrency


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (RateUnit, {"A", "W"}),
        (Purpose, {"ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"}),
        (Kind, {"Absolute", "Recurring", "Relative"}),
        (Recurrency, {"Daily", "Weekly"}),
    ],
)
def test_the_words_are_those_of_the_specification(
    kind: type[RateUnit | Purpose | Kind | Recurrency], words: set[str]
) -> None:
    assert set(kind) == words
