from dataclasses import dataclass, field

import pytest

from wattgate.core.site.model import (
    CardSettings,
    EvseSettings,
    GatewaySettings,
    OcppServerSettings,
    Site,
    SiteSettings,
    WallboxSettings,
)
from wattgate.core.site.settings import (
    Secrecy,
    Setting,
    SettingField,
    Table,
    TableField,
    definitions,
    key_of,
    setting,
    table,
    tables,
)


@dataclass(frozen=True)
class Lamp:
    name: str = field(metadata=setting("As people see it", at_most=9))
    power_w: float | None = field(
        default=None, metadata=setting("Drawn", unit="W", at_least=0, secrecy=Secrecy.HIDDEN)
    )


@dataclass(frozen=True)
class Room:
    lamps: tuple[Lamp, ...] = field(
        default=(), metadata=tables("lamp", Lamp, "What shines", named_by="name")
    )
    best: Lamp = field(default=Lamp("a"), metadata=table("best_lamp", Lamp, "The best"))


ALL = [SiteSettings, OcppServerSettings, WallboxSettings, EvseSettings, GatewaySettings]
ALL_SETTINGS = [
    (model.__name__, each)
    for model in [*ALL, CardSettings]
    for each in definitions(model)
    if isinstance(each, SettingField)
]


def test_settings_are_defined_by_their_fields() -> None:
    assert list(definitions(Lamp)) == [
        SettingField("name", Setting("As people see it", at_most=9), str, False, True, None),
        SettingField(
            "power_w", Setting("Drawn", "W", 0, None, Secrecy.HIDDEN), float, True, False, None
        ),
    ]


def test_tables_are_defined_by_their_fields() -> None:
    assert list(definitions(Room)) == [
        TableField("lamps", Table("lamp", "What shines", Lamp, True, "name", ("name",))),
        TableField("best", Table("best_lamp", "The best", Lamp)),
    ]


def test_a_table_has_a_key_of_its_own_and_a_setting_that_of_its_field() -> None:
    assert [key_of(each) for each in definitions(Room)] == ["lamp", "best_lamp"]
    assert [key_of(each) for each in definitions(Lamp)] == ["name", "power_w"]


def test_entries_may_be_known_by_another_setting_than_they_are_named_by() -> None:
    (about,) = tables("lamp", Lamp, "What shines", named_by="name", known_by=("power_w",)).values()
    assert (about.named_by, about.known_by) == ("name", ("power_w",))


@pytest.mark.parametrize(("model", "each"), ALL_SETTINGS)
def test_every_setting_has_a_meaning_and_a_bound(model: str, each: SettingField) -> None:
    assert each.about.meaning, model
    if each.kind in (int, float, str):
        assert each.about.at_most is not None, model
    if each.kind in (int, float):
        assert each.about.at_least is not None, model


@pytest.mark.parametrize(("model", "each"), ALL_SETTINGS)
def test_units_of_settings_agree_with_their_names(model: str, each: SettingField) -> None:
    units = {"a": "A per phase", "s": "s", "h": "h", "mb": "MiB", "days": "days"}
    _, is_parted, ending = each.name.rpartition("_")
    assert each.about.unit == (units.get(ending, "") if is_parted else ""), model


@pytest.mark.parametrize(("model", "each"), ALL_SETTINGS)
def test_only_and_all_passwords_are_secrets(model: str, each: SettingField) -> None:
    is_secret = each.about.secrecy is not Secrecy.OPEN
    assert is_secret == ("password" in each.name), model


@pytest.mark.parametrize(("model", "each"), ALL_SETTINGS)
def test_what_is_required_is_a_text(model: str, each: SettingField) -> None:
    assert not each.required or each.kind is str, model


def test_the_site_is_all_tables() -> None:
    assert [key_of(each) for each in definitions(Site)] == [
        "site",
        "ocpp_server",
        "storage",
        "file_relay",
        "wallbox",
        "evse",
        "card",
    ]
