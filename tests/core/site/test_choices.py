from enum import StrEnum

import pytest

from wattgate.core.site import choices


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (choices.LoadManagement, "active observe"),
        (choices.OnDeactivation, "stop minimum release"),
        (choices.GridMeterSource, "none api"),
        (
            choices.StrategyChoice,
            "auto two-periods standing-and-grant single-value tx-profile charge-point-max",
        ),
        (choices.RateUnitChoice, "auto A W"),
        (choices.TlsMode, "off detect on"),
        (choices.TlsVersion, "1.0 1.1 1.2 1.3"),
        (choices.CertificateName, "id-or-serial id serial any"),
        (choices.NameCheck, "auto on off"),
        (choices.PasswordForm, "text hex"),
        (choices.GatewayRole, "primary report"),
        (choices.OfflinePolicy, "hold drop"),
        (choices.UnknownOffline, "invalid accept"),
        (choices.PhaseRotation, "RST RTS SRT STR TRS TSR unknown"),
        (choices.DeviceType, "ocpp16 power-brain modbus"),
    ],
)
def test_choices_are_spelled_as_the_site_file_spells_them(kind: type[StrEnum], words: str) -> None:
    assert [each.value for each in kind] == words.split()
