"""Signed readings in a transaction's messages, judged by whoever gets them (R113, R114, R117)."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, online

from wattgate.core.evidence.signatures import Checked, Genuine, Question, Wrong
from wattgate.core.evidence.verdicts import KeySource, KnownKey, SignatureVerdict, judge
from wattgate.core.station.meter_keys import announced_keys, is_meter_configuration
from wattgate.core.wallbox.actions import PressStop
from wattgate.core.wallbox.effects import Keep, SendCall
from wattgate.core.wallbox.signing import Signing

KEY = "04" + "11" * 64
KEYS = [KnownKey(KeySource.ANNOUNCED, KEY)]
SIGNING = Signing(lambda message: sha256(message).digest(), KEY)


def check(question: Question) -> Checked:
    is_right = question.signature == sha256(question.message).digest()
    return Genuine() if is_right else Wrong()


def signed_texts(wallbox: Wallbox) -> list[tuple[str, str]]:
    """Context and text of every signed value that was sent, in order."""
    texts = []
    for effect in wallbox.effects:
        if isinstance(effect, SendCall) and effect.action in {"MeterValues", "StopTransaction"}:
            payload = msgspec.json.decode(effect.payload_text)
            elements = payload.get("meterValue") or payload.get("transactionData", [])
            values = [value for each in elements for value in each["sampledValue"]]
            texts += [(v["context"], v["value"]) for v in values if v.get("format") == "SignedData"]
    return texts


def about(text: str) -> Any:  # noqa: ANN401 - JSON
    return msgspec.json.decode(text.split("|")[1])


def test_both_ends_of_a_transaction_are_signed_and_prove_the_bill() -> None:
    wallbox = charging(signing=SIGNING)
    wallbox.later(120)
    wallbox.act(PressStop())
    (begin_context, begin), (end_context, end) = signed_texts(wallbox)
    assert (begin_context, end_context) == ("Transaction.Begin", "Transaction.End")
    for text in (begin, end):
        assert judge(text, KEYS, check).verdict is SignatureVerdict.GREEN
        assert judge(text.replace(CARD, "04A1B2C4"), KEYS, check).verdict is SignatureVerdict.RED
    assert [about(text)["PG"] for text in (begin, end)] == ["T1", "T2"]
    first, last = about(end)["RD"]
    assert about(begin)["RD"] == [first]
    assert (first["TX"], last["TX"]) == ("B", "E")
    (stop,), (start,) = wallbox.sent("StopTransaction"), wallbox.sent("StartTransaction")
    assert (first["RV"], last["RV"]) == (start["meterStart"] / 1000, stop["meterStop"] / 1000)


@pytest.mark.parametrize(("is_periodic", "phases"), [(False, []), (True, ["C", "C"])])
def test_samples_are_signed_where_that_is_asked_for(is_periodic: bool, phases: list[str]) -> None:
    wallbox = charging(signing=Signing(SIGNING.sign, KEY, is_periodic))
    wallbox.later(120)
    periodic = [text for context, text in signed_texts(wallbox) if context == "Sample.Periodic"]
    assert [about(text)["RD"][0]["TX"] for text in periodic] == phases


def test_pages_go_on_over_a_restart_and_a_loss_of_power_is_said_r117() -> None:
    wallbox = charging(signing=SIGNING, keeps=True)
    kept = [effect.text for effect in wallbox.effects if isinstance(effect, Keep)][-1]
    again = Wallbox(kept, wallbox.now, signing=SIGNING, keeps=True)
    again.connect()
    ((_context, text),) = signed_texts(again)
    assert (about(text)["PG"], about(text)["RD"][-1]["TX"]) == ("T2", "P")


def test_the_key_is_announced_after_each_boot_r114() -> None:
    wallbox = online(signing=SIGNING, connectors=2)
    (sent,) = (e for e in wallbox.effects if isinstance(e, SendCall) and e.action == "DataTransfer")
    assert is_meter_configuration(sent.payload_text)
    assert [announced_keys(sent.payload_text, number) for number in (1, 2, 3)] == [
        (KEY,),
        (KEY,),
        (),
    ]


def test_without_a_key_nothing_is_signed_or_announced_r110() -> None:
    wallbox = charging()
    wallbox.later(61)
    wallbox.act(PressStop())
    assert signed_texts(wallbox) == []
    assert wallbox.sent("DataTransfer") == []
