"""Configuration keys that speak of connectors, in the numbers of one backend (R101, R115)."""

import pytest

from wattgate.core.gateway.configuration.config_connectors import as_asked, as_seen, renumbered


@pytest.mark.parametrize(
    ("key", "after"),
    [
        ("MeterPublicKey2", "MeterPublicKey1"),
        ("meterpublickey[2]", "meterpublickey[1]"),
        ("MeterPublicKey1", None),
        ("MeterPublicKey", "MeterPublicKey"),
        ("MeterPublicKey0", "MeterPublicKey0"),
        ("Foo2", "Foo2"),
    ],
)
def test_a_key_of_a_connector_has_its_number_at_the_other_side_r101(
    key: str, after: str | None
) -> None:
    assert renumbered(key, {2: 1}) == after


def test_a_backend_asks_for_the_keys_of_its_own_connectors_only_r101() -> None:
    text = '{ "key": ["MeterPublicKey1", "Foo" , 7, "MeterPublicKey2"] }'
    assert as_asked(text, {1: 2}) == (
        '{ "key": ["MeterPublicKey2", "Foo" , 7] }',
        ("MeterPublicKey2",),
    )
    assert as_asked("{}", {1: 2}) == ("{}", ())


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (
            '{"configurationKey":[{"key":"MeterPublicKey1","value":"aa"}, '
            '{"key":"MeterPublicKey2","value":"b\\u0062"}, 7, {"key":"Foo","value":"1.RST"}]}',
            '{"configurationKey":[{"key":"MeterPublicKey1","value":"b\\u0062"}, 7, '
            '{"key":"Foo","value":"1.RST"}]}',
        ),
        (
            '{"unknownKey":["MeterPublicKey2", "Foo", 7, "MeterPublicKey1"]}',
            '{"unknownKey":["MeterPublicKey1", "Foo", 7, "MeterPublicKey1"]}',
        ),
        (
            '{"configurationKey":[{"key":"connectorphaserotation","value":"0.RST, 1.RST,2.RTS"}]}',
            '{"configurationKey":[{"key":"connectorphaserotation","value":"0.RST,1.RTS"}]}',
        ),
        (
            '{"configurationKey":[{"key":"ConnectorPhaseRotation","value":"Unknown"}]}',
            '{"configurationKey":[{"key":"ConnectorPhaseRotation","value":"Unknown"}]}',
        ),
        (
            '{"configurationKey":[{"key":"ConnectorPhaseRotation"}]}',
            '{"configurationKey":[{"key":"ConnectorPhaseRotation"}]}',
        ),
    ],
)
def test_a_backend_sees_its_own_connectors_only_in_its_numbers_r101_r115(
    answer: str, seen: str
) -> None:
    assert as_seen(answer, {2: 1}) == seen
