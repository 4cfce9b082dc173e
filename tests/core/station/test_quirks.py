import re

import pytest

from wattgate.core.charging.methods import Strategy
from wattgate.core.ocpp.profiles import Kind, RateUnit
from wattgate.core.station.models import WallboxModel
from wattgate.core.station.quirks import QUIRKS, Quirk, quirks_of, traits_of
from wattgate.core.station.traits import ORDINARY, Traits

NO_TX_PROFILE = Traits(refuses=frozenset({Strategy.TX_PROFILE}))
NO_MAXIMUM = Traits(refuses=frozenset({Strategy.CHARGE_POINT_MAX}))


@pytest.mark.parametrize(
    ("vendor", "model", "firmware", "expected"),
    [
        (
            "ABB",
            "CDT_TACW11::NET_WIFI",
            "TAC3Z9119006710273::V1.8.21",
            Traits(stack_level_zero_only=True),
        ),
        ("Alfen BV", "NG910-60023", "4.14.0", Traits(never_clear_in_session=True)),
        ("EN+", "Caro", "1.0.25", NO_MAXIMUM),
        ("EV-BOX", "G3-M5320E", "", NO_MAXIMUM),
        ("EVBox", "Elvi", "", NO_MAXIMUM),
        ("go-e", "go-eCharger", "56.8", NO_TX_PROFILE),
        ("Fronius", "Wattpilot Home 11 J 2.0", "41.7", NO_TX_PROFILE),
        (
            "United Chargers",
            "GRS-*",
            "05.653:GCW-10.17-05.3:7452:B29A",
            NO_MAXIMUM | Traits(stack_level_zero_only=True),
        ),
        ("", "ACChargePoint", "", Traits(unit=RateUnit.W)),
        ("Huawei", "SCharger-22KT-S0", "", Traits(unit=RateUnit.W)),
        ("NEcharge", "Pro", "", Traits(steps_a=(6.0, 8.0, 10.0, 13.0, 16.0))),
        (
            "Wall Box Chargers",
            "PLP1-0-2-4",
            "5.17.87",
            Traits(stack_level_zero_only=True, kind=Kind.RELATIVE, step_a=1.0),
        ),
        ("Wall Box Chargers", "CPB1-S-2-4", "6.7.38", Traits(kind=Kind.RELATIVE, step_a=1.0)),
    ],
)
def test_a_wallbox_is_known_by_its_vendor_or_model(
    vendor: str, model: str, firmware: str, expected: Traits
) -> None:
    """R100: chosen by what is known of a model, never by trying."""
    assert traits_of(WallboxModel(vendor, model, firmware)) == expected


@pytest.mark.parametrize(
    ("vendor", "model"), [("AMPERFIED", "connect.business"), ("Garo", "Entity Pro")]
)
def test_some_quirks_are_only_told(vendor: str, model: str) -> None:
    known = WallboxModel(vendor, model, "")
    assert len(quirks_of(known)) == 1
    assert traits_of(known) == ORDINARY


@pytest.mark.parametrize(
    ("vendor", "model"),
    [
        ("Wattgate", "simulated"),
        ("", ""),
        ("Cargo-EV", "Box"),
        ("ABB", "Terra 54"),
        ("Phoenix Contact GmbH & Co. KG", "EV-CC-AC1-M3-CBC-RCM-ETH-3PN-SER"),
    ],
)
def test_others_are_taken_for_ordinary(vendor: str, model: str) -> None:
    assert quirks_of(WallboxModel(vendor, model, "1.0")) == ()
    assert traits_of(WallboxModel(vendor, model, "1.0")) == ORDINARY


def test_nothing_is_known_of_a_wallbox_that_never_booted_here() -> None:
    assert quirks_of(None) == ()
    assert traits_of(None) == ORDINARY


@pytest.mark.parametrize(
    ("firmware", "expected"),
    [("5.17.87", True), ("6.0", False), ("6.7.38", False), ("unknown", True), ("", True)],
)
def test_a_quirk_that_newer_firmware_has_lost_counts_where_the_firmware_is_not_known(
    firmware: str, expected: bool
) -> None:
    quirk = Quirk("x", ("wall box",), "…", "…", before=(6,))
    assert quirk.concerns(WallboxModel("Wall Box Chargers", "PLP1", firmware)) is expected


@pytest.mark.parametrize("quirk", QUIRKS, ids=lambda quirk: quirk.name)
def test_each_row_can_be_found_read_and_looked_up(quirk: Quirk) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", quirk.name)
    assert quirk.makes
    assert all(make == make.casefold().strip() and len(make) > 2 for make in quirk.makes)
    assert quirk.says.endswith(".")
    assert re.fullmatch(r"[\w-]+#\d+(, [\w-]+#\d+)*", quirk.source)


def test_the_names_are_unique_and_in_order() -> None:
    names = [quirk.name for quirk in QUIRKS]
    assert names == sorted(set(names))
