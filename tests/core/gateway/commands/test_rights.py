"""What a backend may command."""

import pytest

from wattgate.core.gateway.commands.rights import COMMANDS, WORDS, Rights
from wattgate.core.gateway.policy import Sender, rule_for

READ = {
    "ExtendedTriggerMessage",
    "GetCompositeSchedule",
    "GetConfiguration",
    "GetInstalledCertificateIds",
    "GetLocalListVersion",
    "TriggerMessage",
}


@pytest.mark.parametrize(
    ("rights", "allowed"),
    [
        (Rights.ALL, set(COMMANDS)),
        (Rights.READ, READ),
        (Rights.NONE, set()),
        (Rights.to(), set()),
        (Rights.to("Reset", "DataTransfer"), {"DataTransfer", "Reset"}),
    ],
)
def test_a_backend_may_ask_for_what_its_rights_say_and_nothing_else(
    rights: Rights, allowed: set[str]
) -> None:
    assert {each for each in COMMANDS if rights.may(each)} == allowed
    assert not rights.may("StartTransaction")


def test_the_commands_are_what_a_backend_may_send() -> None:
    assert len(COMMANDS) == 26
    assert all(rule_for(each, Sender.BACKEND) is not None for each in COMMANDS)


def test_rights_to_the_same_actions_are_equal_in_any_order() -> None:
    assert Rights.to("Reset", "ClearCache") == Rights.to("ClearCache", "Reset", "Reset")
    assert Rights.to() == Rights.NONE


def test_rights_with_a_name_are_written_as_that_word() -> None:
    assert [each.words for each in (Rights.ALL, Rights.READ, Rights.NONE)] == [
        (word,) for word in WORDS
    ]
