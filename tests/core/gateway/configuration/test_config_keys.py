import pytest

from wattgate.core.gateway.configuration.config_keys import (
    KEYS,
    LINK_KEYS,
    SIGNING_KEYS,
    Treatment,
    rule_of,
)


@pytest.mark.parametrize(
    ("treatment", "keys"),
    [
        (
            Treatment.VIRTUALISE,
            "MeterValueSampleInterval MeterValuesSampledData ClockAlignedDataInterval "
            "HeartbeatInterval WebSocketPingInterval TransactionMessageAttempts "
            "TransactionMessageRetryInterval MessageTimeout LocalPreAuthorize "
            "LocalAuthorizeOffline LocalAuthListEnabled",
        ),
        (Treatment.METER, "MeterValuesAlignedData"),
        (Treatment.LINK, "AuthorizationKey SecurityProfile CpoName CertificateStoreMaxLength"),
        (
            Treatment.RELAY,
            "StopTxnSampledData StopTxnAlignedData ConnectionTimeOut ConnectorPhaseRotation "
            "AuthorizeRemoteTxRequests StopTransactionOnInvalidId "
            "StopTransactionOnEVSideDisconnect MaxEnergyOnInvalidId SampledDataSignReadings "
            "SampledDataSignStartedReadings SampledDataSignUpdatedReadings AlignedDataSignReadings "
            "AlignedDataSignUpdatedReadings PublicKeyWithSignedMeterValue SigningMethod "
            "StartTxnSampledData StopTransactionSignatureContexts MeterValuesSignatureContexts "
            "StopTransactionSignatureFormat MeterPublicKey1 FirmwareServerUrl ResetRetries "
            "MaxEnergyOnInvalidId ConnectorSwitch3to1PhaseSupported",
        ),
        (
            Treatment.CURRENT,
            "Station-MaxCurrent operatorcurrentlimit G_MaxCurrent G_SolarMode maxintensitysocket "
            "chargingALimitConn1 MaxEVCurrentOffered Max_Charge_Current ChargingPowerLimit "
            "LoadBalancingMode Load-Management EnergyManagementSystem SmartChargingEnabled "
            "safeCurrent AvailablePowerLimit ChargeProfileMaxStackLevel ChargingScheduleMaxPeriods "
            "ChargingScheduleAllowedChargingRateUnit MaxChargingProfilesInstalled",
        ),
        (
            Treatment.REJECT,
            "NewBackendURL BackOffice-URL-wired Cst_BackendUrl CentralSystemURI OCPP_Server_Url "
            "ocppEndpoint Csms-Host back_office_address",
        ),
    ],
)
def test_a_key_is_treated_as_its_row_says_r37_r80_r81_r82_r115(
    treatment: Treatment, keys: str
) -> None:
    for key in keys.split():
        assert rule_of(key).treatment is treatment, key


@pytest.mark.parametrize("row", KEYS.values(), ids=KEYS)
def test_keys_are_compared_as_a_wallbox_might_read_them_r37(row: object) -> None:
    key = row.key  # type: ignore[attr-defined]
    assert rule_of(key.upper()) is rule_of(key.lower()) is row
    assert rule_of(f" {key}\0 whatever") is row


def test_the_keys_of_a_link_are_folded_r37() -> None:
    assert {
        "authorizationkey",
        "certificatestoremaxlength",
        "cponame",
        "securityprofile",
    } == LINK_KEYS
    assert all(key == key.casefold() for key in LINK_KEYS)


@pytest.mark.parametrize(
    ("key", "value", "good"),
    [
        ("MeterValueSampleInterval", "0", True),
        ("MeterValueSampleInterval", "900", True),
        ("MeterValueSampleInterval", "-1", False),
        ("MeterValueSampleInterval", "1.5", False),
        ("MeterValueSampleInterval", "", False),
        ("MeterValueSampleInterval", "²", False),
        ("MeterValueSampleInterval", "1" * 10, False),
        ("HeartbeatInterval", "0", False),
        ("HeartbeatInterval", "60", True),
        ("TransactionMessageAttempts", "0", False),
        ("LocalPreAuthorize", "True", True),
        ("LocalPreAuthorize", "1", False),
        ("MeterValuesSampledData", "Energy.Active.Import.Register, SoC", True),
        ("MeterValuesSampledData", "Current.Import.L1,Voltage.L1-N,Current.Import.N", True),
        ("MeterValuesSampledData", "", True),
        ("MeterValuesSampledData", "Energy.Active.Import.Register,Wishes", False),
        ("CpoName", "Example Power", True),
        ("CpoName", " ", False),
        ("CpoName", "a\n", False),
        ("Anything", "at all", True),
    ],
)
def test_a_value_that_makes_no_sense_is_not_accepted_r80_r83(
    key: str, value: str, good: bool
) -> None:
    assert rule_of(key).accepts(value) is good


def test_every_signing_key_has_a_row_that_leaves_it_alone_r115() -> None:
    assert {rule_of(key).treatment for key in SIGNING_KEYS} == {Treatment.RELAY}
    assert {rule_of(key).rules for key in SIGNING_KEYS} == {"R115"}


STANDARD = """AllowOfflineTxForUnknownId AuthorizationCacheEnabled BlinkRepeat
ConnectorPhaseRotationMaxLength ConnectorSwitch3to1PhaseSupported GetConfigurationMaxKeys
LightIntensity LocalAuthListMaxLength MaxEnergyOnInvalidId
MeterValuesAlignedDataMaxLength MeterValuesSampledDataMaxLength MinimumStatusDuration
NumberOfConnectors ReserveConnectorZeroSupported ResetRetries SendLocalListMaxLength
SupportedFeatureProfiles SupportedFeatureProfilesMaxLength UnlockConnectorOnEVSideDisconnect"""


def test_no_key_of_the_standard_is_taken_for_a_makers_own_r82() -> None:
    for key in STANDARD.split():
        assert rule_of(key).treatment is Treatment.RELAY, key
