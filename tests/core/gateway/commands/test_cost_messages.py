"""Cost messages name the transaction inside their data."""

import pytest

from wattgate.core.errors import LocalUsageError
from wattgate.core.gateway.commands.cost_messages import cost_transaction, with_cost_transaction


def message(data: str, vendor: str = "org.openchargealliance.costmsg") -> str:
    return f'{{ "messageId":"RunningCost","vendorId":"{vendor}", "data" : {data} }}'


TEXT = r'"{\"transactionId\" : 9001,\"meterValue\":9001.0,\"cost\":1.10,\"\u00e4\":1}"'
QUOTED = r'"{\"cost\":2,\"transactionId\":\"9001\"}"'


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (TEXT, TEXT.replace(": 9001,", ": 7,")),
        (QUOTED, QUOTED.replace("9001", "7")),
        ('{"transactionId":9001 , "cost":1.10}', '{"transactionId":7 , "cost":1.10}'),
    ],
)
def test_only_the_digits_of_the_id_are_replaced_r118(data: str, told: str) -> None:
    assert cost_transaction(message(data)) == 9001
    assert with_cost_transaction(message(data), 7) == message(told)
    assert cost_transaction(message(data, "ORG.OpenChargeAlliance.costmsg")) == 9001


@pytest.mark.parametrize(
    "payload",
    [
        message(TEXT, "com.example.giro"),
        message('"no JSON"'),
        message("7"),
        message("[]"),
        message('{"transactionId":"9001"}'),
        message('{"transactionId":true}'),
        message(r'"{\"transactionId\":1.5}"'),
        message(r'"{\"transactionId\":1,\"transactionId\":2}"'),
        message(r'"{\u0022transactionId\u0022:1}"'),
        '{"vendorId":"org.openchargealliance.costmsg"}',
        "{}",
    ],
)
def test_every_other_message_names_no_transaction(payload: str) -> None:
    assert cost_transaction(payload) is None
    with pytest.raises(LocalUsageError):
        with_cost_transaction(payload, 7)
