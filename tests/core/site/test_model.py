from wattgate.core.site.choices import DeviceType
from wattgate.core.site.model import EvseSettings, Site, WallboxSettings


def evse(
    evse_id: str, address: str = "CP1", connector: int = 1, *, on: bool = True
) -> EvseSettings:
    return EvseSettings(id=evse_id, address=address, connector=connector, enabled=on)


def ids(evses: tuple[EvseSettings, ...]) -> list[str]:
    return [each.id for each in evses]


def test_a_listed_wallbox_has_its_own_settings() -> None:
    listed = WallboxSettings(id="CP2", max_current_a=32.0)
    assert Site(wallboxes=(WallboxSettings(id="CP1"), listed)).wallbox("CP2") is listed


def test_a_wallbox_that_is_not_listed_has_the_defaults() -> None:
    assert Site().wallbox("CP1") == WallboxSettings(id="CP1")


def test_p5_several_evses_share_a_charge_box_id() -> None:
    site = Site(evses=(evse("a"), evse("b", "CP2"), evse("c", connector=2)))
    assert site.station_ids() == ("CP1", "CP2")
    assert ids(site.evses_of("CP1")) == ["a", "c"]
    assert ids(site.evses_of("CP2")) == ["b"]


def test_a_deactivated_evse_is_still_served() -> None:
    site = Site(evses=(evse("a", on=False),))
    assert site.station_ids() == ("CP1",)
    assert ids(site.evses_of("CP1")) == ["a"]


def test_a_deactivated_evse_gives_way_to_its_successor() -> None:
    site = Site(evses=(evse("old", on=False), evse("new"), evse("older", on=False)))
    assert ids(site.served_evses()) == ["new"]


def test_of_two_deactivated_evses_of_one_connector_the_first_is_served() -> None:
    site = Site(evses=(evse("a", on=False), evse("b", on=False)))
    assert ids(site.served_evses()) == ["a"]


def test_two_enabled_evses_of_one_connector_are_both_there_to_be_complained_about() -> None:
    assert ids(Site(evses=(evse("a"), evse("b"))).served_evses()) == ["a", "b"]


def test_an_evse_without_ocpp_is_no_station() -> None:
    modbus = EvseSettings(id="a", address="CP1", device_type=DeviceType.POWER_BRAIN)
    site = Site(evses=(modbus,))
    assert site.station_ids() == ()
    assert site.evses_of("CP1") == ()


def test_p16_evses_on_modbus_are_those_that_no_ocpp_wallbox_has() -> None:
    site = Site(
        evses=(
            EvseSettings(id="a", address="CP1"),
            EvseSettings(id="b", address="box:502", device_type=DeviceType.POWER_BRAIN),
        )
    )
    assert [each.id for each in site.modbus_evses()] == ["b"]
    assert site.station_ids() == ("CP1",)


def on_line(evse_id: str, unit: int, line: str, *, on: bool = True) -> EvseSettings:
    return EvseSettings(
        id=evse_id, address=line, connector=unit, enabled=on, device_type=DeviceType.POWER_BRAIN
    )


def test_nobody_out_of_service_speaks_at_another_speed_on_the_line_of_others() -> None:
    site = Site(
        evses=(
            on_line("old", 1, "/dev/ttyS0,9600", on=False),
            on_line("paused", 2, "/dev/ttyS0,19200", on=False),
            on_line("new", 3, "/dev/ttyS0,19200"),
            on_line("elsewhere", 1, "/dev/ttyS1,9600", on=False),
        )
    )
    assert ids(site.served_evses()) == ["paused", "new", "elsewhere"]
