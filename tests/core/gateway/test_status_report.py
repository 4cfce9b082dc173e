import pytest

from wattgate.core.gateway.status_report import blaming_us


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            '{ "connectorId":1,"status" : "SuspendedEV" ,"info":"1.10"}',
            '{ "connectorId":1,"status" : "SuspendedEVSE" ,"info":"1.10"}',
        ),
        ('{"status":"SuspendedEVSE"}', '{"status":"SuspendedEVSE"}'),
        (
            '{"status":"Charging","info":"SuspendedEV"}',
            '{"status":"Charging","info":"SuspendedEV"}',
        ),
        ('{"status":"suspendedev"}', '{"status":"suspendedev"}'),
        ('{"status":7}', '{"status":7}'),
        ("{}", "{}"),
    ],
)
def test_only_a_blame_of_the_car_is_turned_and_nothing_else_changed_r50(
    said: str, told: str
) -> None:
    assert blaming_us(said) == told
