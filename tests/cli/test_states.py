from wattgate.cli.states import STATES
from wattgate.core.station.connector import ConnectorStatus


def test_every_state_of_a_connector_has_words() -> None:
    assert set(STATES) == {status.value for status in ConnectorStatus}
