import json

import pytest

from wattgate.core.gateway.policy import POLICY, Sender
from wattgate.core.ocpp.frames import CallError, CallResult
from wattgate.core.replay.plain_answers import plain_answer

COMMANDS = [rule.action for rule in POLICY.values() if rule.sender is not Sender.WALLBOX]


@pytest.mark.parametrize("action", COMMANDS)
def test_every_command_of_the_table_gets_an_answer_under_its_id(action: str) -> None:
    answer = plain_answer("m1", action)
    assert answer.unique_id == "m1"
    if isinstance(answer, CallResult):
        assert isinstance(json.loads(answer.payload_text), dict)
    else:
        assert answer.code == "NotImplemented"


@pytest.mark.parametrize(
    ("action", "answer"),
    [
        ("RemoteStartTransaction", CallResult("m1", '{"status":"Accepted"}')),
        ("GetConfiguration", CallResult("m1", '{"configurationKey":[]}')),
        ("InstallCertificate", CallError("m1", "NotImplemented", "not in the recording")),
        ("Nonsense", CallError("m1", "NotImplemented", "not in the recording")),
    ],
)
def test_plain_answers_are_friendly_and_unknown_commands_are_refused(
    action: str, answer: CallResult | CallError
) -> None:
    assert plain_answer("m1", action) == answer
