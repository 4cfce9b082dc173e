import json
from contextlib import nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.errors import PeerError
from wattgate.core.gateway.connectors import ConnectorMap, with_connector
from wattgate.core.gateway.policy import CONNECTOR

SECOND = ConnectorMap(2, alone=False)
THIRD_OF_MANY = ConnectorMap(1, at_backend=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
OTHERS = st.dictionaries(st.text(max_size=9).filter(lambda key: key != "connectorId"), JSON)
SPACE = st.sampled_from(["", " ", "\n\t"])


@st.composite
def around_a_number(draw: st.DrawFn) -> tuple[str, str]:
    """What a payload has before and after the number of its connector."""

    def members() -> list[str]:
        others = draw(OTHERS)
        return [f"{json.dumps(key)}:{json.dumps(value)}" for key, value in others.items()]

    before, after = members(), members()
    return (
        f"{draw(SPACE)}{{{draw(SPACE)}"
        + "".join(f"{member},{draw(SPACE)}" for member in before)
        + f'"connectorId"{draw(SPACE)}:{draw(SPACE)}',
        draw(SPACE) + "".join(f",{draw(SPACE)}{member}" for member in after) + "}",
    )


@pytest.mark.parametrize(
    ("connectors", "theirs", "backends"),
    [
        (SECOND, '{"connectorId":2}', '{"connectorId":1}'),
        (SECOND, '{"connectorId":0}', '{"connectorId":0}'),
        (SECOND, '{"connectorId":1}', '{"connectorId":1}'),
        (SECOND, "{}", "{}"),
        (ConnectorMap(1), '{"connectorId": 1}', '{"connectorId": 1}'),
        (THIRD_OF_MANY, '{"connectorId": 1}', '{"connectorId": 3}'),
        (THIRD_OF_MANY, '{"connectorId":0}', '{"connectorId":0}'),
        (ConnectorMap(2, at_backend=2), '{"connectorId":2}', '{"connectorId":2}'),
    ],
)
def test_the_backend_reads_its_own_number_where_the_wallbox_wrote_the_evses_r101(
    connectors: ConnectorMap, theirs: str, backends: str
) -> None:
    assert connectors.to_backend(theirs, CONNECTOR) == backends


@pytest.mark.parametrize(
    ("connectors", "backends", "theirs"),
    [
        (SECOND, '{"connectorId":1}', '{"connectorId":2}'),
        (ConnectorMap(1), '{"connectorId": 1}', '{"connectorId": 1}'),
        (ConnectorMap(1), '{"connectorId": 0}', '{"connectorId": 0}'),
        (ConnectorMap(2), '{"connectorId":0}', '{"connectorId":0}'),
        (SECOND, "{}", "{}"),
        (SECOND, '{"connectorId":null}', '{"connectorId":null}'),
        (THIRD_OF_MANY, '{"connectorId":1}', '{"connectorId":1}'),
    ],
)
def test_the_wallbox_reads_its_own_number_and_an_absent_one_stays_absent_r101(
    connectors: ConnectorMap, backends: str, theirs: str
) -> None:
    assert connectors.to_wallbox(backends, CONNECTOR) == theirs


@pytest.mark.parametrize("number", [1, 2])
def test_a_backends_connector_0_is_its_own_connector_where_the_wallbox_has_others_r102(
    number: int,
) -> None:
    connectors = ConnectorMap(number, alone=False)
    assert connectors.to_wallbox('{"connectorId":0}', CONNECTOR) == f'{{"connectorId":{number}}}'


@pytest.mark.parametrize("asked", ["2", "-1", "3", '"1"', "true", "false", "1.5"])
def test_a_connector_that_the_backend_does_not_have_is_refused_r101(asked: str) -> None:
    with pytest.raises(PeerError, match="does not exist") as refusal:
        SECOND.to_wallbox(f'{{"connectorId":{asked}}}', CONNECTOR)
    assert refusal.value.code == "PropertyConstraintViolation"


def test_a_message_without_a_connector_is_left_alone() -> None:
    text = '{"connectorId":2}'
    assert SECOND.to_backend(text, None) is text
    assert SECOND.to_wallbox(text, None) is text


@given(st.integers(1, 99), st.booleans(), around_a_number())
def test_both_ways_everything_but_the_number_stays_as_it_was_written_r17_r101(
    number: int, alone: bool, around: tuple[str, str]
) -> None:
    connectors = ConnectorMap(number, alone)
    before, after = around
    theirs, backends = f"{before}{number}{after}", f"{before}1{after}"
    assert connectors.to_backend(theirs, CONNECTOR) == backends
    assert connectors.to_wallbox(backends, CONNECTOR) == theirs


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ("{}", '{"connectorId":2}'),
        ("{ }", '{"connectorId":2 }'),
        ('\n{"idTag":"A"}', '{"connectorId":2,"idTag":"A"}'),
        ('{ "idTag" : "A" }', '{"connectorId":2, "idTag" : "A" }'),
        ('{"connectorId":1,"idTag":"A"}', '{"connectorId":1,"idTag":"A"}'),
        ('{"idTag":"A", "connectorId": 0}', '{"idTag":"A", "connectorId": 0}'),
        ('{"idTag":"A","connectorId":null}', '{"connectorId":2,"idTag":"A"}'),
        ('{"connectorId":null}', '{"connectorId":2}'),
        ('{"connectorId":[1]}', '{"connectorId":2}'),
    ],
)
def test_a_connector_that_was_left_open_is_named_r101(payload: str, named: str) -> None:
    assert with_connector(payload, 2) == named


@given(st.integers(1, 99), OTHERS, st.booleans())
def test_a_connector_is_named_once_and_nothing_else_changes_r101(
    number: int, others: dict[str, Any], left_null: bool
) -> None:
    open_text = json.dumps(others | ({"connectorId": None} if left_null else {}))
    named = with_connector(open_text, number)
    members = json.loads(named, object_pairs_hook=list)
    assert [key for key, _ in members].count("connectorId") == 1
    assert json.loads(named) == others | {"connectorId": number}
    assert with_connector(named, number + 1) == named


def test_a_number_in_quotes_is_mapped_like_any_other_r101() -> None:
    assert ConnectorMap(2).to_backend('{"connectorId": "2"}', CONNECTOR) == '{"connectorId": 1}'


@pytest.mark.parametrize(
    ("connectors", "action", "payload", "is_refused"),
    [
        (SECOND, "ReserveNow", "{}", True),
        (SECOND, "ChangeAvailability", '{"connectorId":null}', True),
        (SECOND, "ChangeAvailability", '{"connectorId":0}', False),
        (SECOND, "TriggerMessage", "{}", False),
        (ConnectorMap(1), "ReserveNow", "{}", False),
    ],
)
def test_beside_others_a_connector_is_named_where_it_must_be_r101(
    connectors: ConnectorMap, action: str, payload: str, is_refused: bool
) -> None:
    expected = pytest.raises(PeerError, match="missing") if is_refused else nullcontext()
    with expected:
        connectors.require_named(action, payload)
