from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.backend.central_system import CentralSystem, Refusal, Reply
from wattgate.core.backend.events import Called, Replied, RepliedError
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.memory import memory_text, read_memory
from wattgate.core.backend.notices import SettingChanged, StationListed
from wattgate.core.backend.orders import ForgetTag, ListTag, SetRegistration
from wattgate.core.backend.tags import Tags
from wattgate.core.ocpp.frames import Call
from wattgate.core.ocpp.v16.actions import ACTIONS

WALL: Final = datetime(2026, 1, 1, tzinfo=UTC)
BOOT: Final = Call("b", "BootNotification", '{"chargePointVendor":"V","chargePointModel":"M"}')
START: Final = Call(
    "s", "StartTransaction", '{"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"t"}'
)


def test_a_call_and_its_answer_are_reported_verbatim_p17() -> None:
    central = CentralSystem(Manners(), Tags())
    text = '{ "vendorId" : "giro-e", "data":"1.10\\/" }'
    reaction = central.received("CP1", Call("m1", "DataTransfer", text), WALL)
    assert reaction.answer == Reply('{"status":"Accepted"}')
    assert reaction.events == (
        Called("CP1", "DataTransfer", "m1", text),
        Replied("CP1", "DataTransfer", "m1", '{"status":"Accepted"}'),
    )


@pytest.mark.parametrize(
    ("action", "payload_text", "code"),
    [
        ("Foo", "{}", "NotImplemented"),
        ("Reset", '{"type":"Soft"}', "NotSupported"),
        ("StartTransaction", "{}", "OccurenceConstraintViolation"),
        ("Authorize", '{"idTag":1}', "TypeConstraintViolation"),
        (
            "StatusNotification",
            '{"connectorId":1,"errorCode":"NoError","status":"Flying"}',
            "PropertyConstraintViolation",
        ),
    ],
)
def test_a_wrong_call_is_refused_with_the_right_code_r11(
    action: str, payload_text: str, code: str
) -> None:
    central = CentralSystem(Manners(), Tags())
    reaction = central.received("CP1", Call("m", action, payload_text), WALL)
    assert isinstance(reaction.answer, Refusal)
    assert reaction.answer.code == code
    assert reaction.events[-1] == RepliedError(
        "CP1", action, "m", code, reaction.answer.description
    )


def test_registration_follows_the_command_and_gates_the_rest_r41() -> None:
    central = CentralSystem(Manners(registration="Pending", interval_s=7), Tags())
    boot = central.received("CP1", BOOT, WALL).answer
    assert isinstance(boot, Reply)
    assert '"status":"Pending"' in boot.payload_text
    assert '"interval":7' in boot.payload_text
    refused = central.received("CP1", START, WALL).answer
    assert isinstance(refused, Refusal)
    assert refused.code == "SecurityError"
    assert central.change(SetRegistration("Accepted")) == SettingChanged("boot", "Accepted")
    central.received("CP1", BOOT, WALL)
    assert isinstance(central.received("CP1", START, WALL).answer, Reply)


def test_cards_can_be_added_blocked_and_removed() -> None:
    central = CentralSystem(Manners(), Tags(accept_all=False))
    assert central.change(ListTag("A", "Accepted")) == SettingChanged("tag A", "Accepted")
    assert central.change(ListTag("a", "Blocked")) == SettingChanged("tag a", "Blocked")
    assert central.change(ForgetTag("A")) == SettingChanged("tag A", "Invalid")
    assert central.changes == 3


def test_the_list_shows_links_and_open_transactions() -> None:
    central = CentralSystem(Manners(), Tags())
    central.connected("CP2")
    central.received("CP1", BOOT, WALL)
    central.received("CP1", START, WALL)
    assert central.listed({"CP2"}) == (
        StationListed("CP1", "away", "Accepted", {}, (5000,)),
        StationListed("CP2", "connected", "none", {}, ()),
    )


def test_a_restarted_backend_knows_its_transactions_and_cards() -> None:
    central = CentralSystem(Manners(), Tags())
    central.change(ListTag("A", "Blocked"))
    central.received("CP1", BOOT, WALL)
    first = central.received("CP1", START, WALL).answer
    text = memory_text(central.memory())
    restarted = CentralSystem(Manners(), Tags(), read_memory(text, "state.json"))
    assert restarted.received("CP1", START, WALL).answer == first
    assert restarted.memory() == central.memory()
    assert restarted.changes == 0


def test_ids_are_never_given_out_twice_r60() -> None:
    central = CentralSystem(Manners(), Tags())
    central.received("CP1", START, WALL)
    restarted = CentralSystem(Manners(first_transaction_id=1), Tags(), central.memory())
    other = Call("s", "StartTransaction", START.payload_text.replace('"A"', '"B"'))
    reply = restarted.received("CP1", other, WALL).answer
    assert isinstance(reply, Reply)
    assert '"transactionId":5001' in reply.payload_text


@given(
    action=st.sampled_from([*ACTIONS, "", "Foo"]),
    payload_text=st.one_of(
        st.text(),
        st.sampled_from(
            [
                "{}",
                '{"transactionId":1e400}',
                '{"transactionId":9' + "9" * 4400 + "}",
                "[" * 5000,
                START.payload_text.replace('"meterStart":0', '"meterStart":1' + "0" * 30),
            ]
        ),
    ),
)
def test_nothing_that_a_charge_point_sends_raises(action: str, payload_text: str) -> None:
    central = CentralSystem(Manners(), Tags())
    central.received("CP1", Call("m", action, payload_text), WALL)
    memory_text(central.memory())
