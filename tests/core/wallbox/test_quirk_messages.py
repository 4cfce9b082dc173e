from typing import Any

import pytest
from tests.support.wallboxes import CARD, Wallbox, charging, configured, online, playing

from wattgate.core.station.connector import ConnectorStatus
from wattgate.core.wallbox.actions import Plug, PresentCard, PressStop, SetHardwareCurrent
from wattgate.core.wallbox.quirk_messages import SAFE_MODE, Report, listed, measured, reports
from wattgate.core.wallbox.quirks import Quirk


def currents(wallbox: Wallbox) -> list[tuple[str, str]]:
    """Phase and value of each Current.Import of the last sample."""
    values = wallbox.sent("MeterValues")[-1]["meterValue"][0]["sampledValue"]
    assert any(value["measurand"] == "Power.Active.Import" for value in values)
    return [(v["phase"], v["value"]) for v in values if v["measurand"] == "Current.Import"]


@pytest.mark.parametrize(
    ("quirks", "sent"),
    [
        ((), [("L1", "16.0"), ("L2", "16.0")]),
        ((Quirk.NO_CURRENTS,), []),
        ((Quirk.EMPTY_CURRENTS,), [("L1", ""), ("L2", "")]),
        ((Quirk.CURRENTS_TAGGED_LN,), [("L1-N", "16.0"), ("L2-N", "16.0")]),
    ],
)
def test_a_quirk_bends_the_currents_of_a_sample(
    quirks: tuple[Quirk, ...], sent: list[tuple[str, str]]
) -> None:
    wallbox = charging(phases=2, **playing(*quirks))
    wallbox.later(60)
    assert currents(wallbox) == sent


def test_the_currents_at_start_and_stop_are_bent_alike() -> None:
    wallbox = charging(
        **playing(Quirk.NO_CURRENTS),
        **configured(StopTxnSampledData="Current.Import,Energy.Active.Import.Register"),
    )
    wallbox.act(PressStop())
    (stopped,) = wallbox.sent("StopTransaction")
    named = {v["measurand"] for each in stopped["transactionData"] for v in each["sampledValue"]}
    assert named == {"Energy.Active.Import.Register"}


def test_other_values_stay_as_they_are() -> None:
    value = {"measurand": "Voltage", "value": "230.0"}
    assert measured(frozenset(Quirk), [value]) == [value]


@pytest.mark.parametrize(
    ("quirks", "key", "text"),
    [
        ((), "SupportedFeatureProfiles", "Core,SmartCharging"),
        ((Quirk.LOWER_CASE_KEYS,), "supportedfeatureprofiles", "Core,SmartCharging"),
        ((Quirk.QUOTED_LISTS,), "SupportedFeatureProfiles", '"Core,SmartCharging"'),
    ],
)
def test_a_quirk_spells_the_configuration_its_own_way(
    quirks: tuple[Quirk, ...], key: str, text: str
) -> None:
    asked = {"key": ["SupportedFeatureProfiles"]}
    held = configured(SupportedFeatureProfiles="Core,SmartCharging")
    answer = online(**held, **playing(*quirks)).command("GetConfiguration", asked)
    (said,) = answer["configurationKey"]
    assert (said["key"], said["value"]) == (key, text)


def test_what_is_no_list_needs_no_quotation_marks() -> None:
    assert listed({Quirk.QUOTED_LISTS}, "HeartbeatInterval", "300") == ("HeartbeatInterval", "300")


@pytest.mark.parametrize(
    ("quirks", "reported"),
    [
        ((), [("Charging", "NoError", None), ("SuspendedEVSE", "NoError", None)]),
        (
            (Quirk.FAULTED_INFO,),
            [
                ("Charging", "NoError", None),
                ("Faulted", "OtherError", SAFE_MODE.info),
                ("SuspendedEVSE", "NoError", None),
            ],
        ),
        (
            (Quirk.CHARGING_AT_ZERO,),
            [("Charging", "NoError", None), ("Charging", "NoError", None)],
        ),
    ],
)
def test_a_quirk_reports_another_state_than_there_is(
    quirks: tuple[Quirk, ...], reported: list[tuple[Any, ...]]
) -> None:
    wallbox = online(**playing(*quirks))
    wallbox.act(Plug())
    wallbox.forget()
    wallbox.act(PresentCard(CARD))
    assert wallbox.state()["current_a"] == 16.0
    wallbox.act(SetHardwareCurrent(0.0))
    reports = wallbox.sent("StatusNotification")
    assert [(r["status"], r["errorCode"], r.get("info")) for r in reports] == reported


def test_other_states_are_reported_as_they_are() -> None:
    report = Report(ConnectorStatus.AVAILABLE)
    assert reports(frozenset(Quirk), report) == (report,)
