import pytest

from wattgate.core.gateway.configuration.config_keys import Treatment, rule_of
from wattgate.core.gateway.configuration.config_treatment import Circumstances, treatment_of

V, RELAY, NO, LINK = Treatment.VIRTUALISE, Treatment.RELAY, Treatment.REJECT, Treatment.LINK


@pytest.mark.parametrize(
    ("key", "here", "treatment"),
    [
        # Whoever may not touch the wallbox has its virtual keys, and those of its login (R103).
        ("MeterValueSampleInterval", Circumstances(relays=False), V),
        ("AuthorizationKey", Circumstances(relays=False), LINK),
        ("ConnectionTimeOut", Circumstances(), RELAY),
        ("ConnectionTimeOut", Circumstances(relays=False), NO),
        ("SampledDataSignReadings", Circumstances(), RELAY),
        ("SampledDataSignReadings", Circumstances(relays=False), NO),
        ("NewBackendURL", Circumstances(managing=False), NO),
        # What would take the current out of load management's hands (R82).
        ("Station-MaxCurrent", Circumstances(), NO),
        ("Station-MaxCurrent", Circumstances(managing=False), RELAY),
        ("Station-MaxCurrent", Circumstances(managing=False, relays=False), NO),
        # A meter that signs is steered by it (R81).
        ("MeterValuesAlignedData", Circumstances(), V),
        ("MeterValuesAlignedData", Circumstances(signed=True), RELAY),
        ("MeterValuesAlignedData", Circumstances(signed=True, relays=False), NO),
        ("MeterValuesAlignedData", Circumstances(relays=False), V),
        # The phases of connectors that are another backend's (R101).
        ("connectorphaserotation", Circumstances(), RELAY),
        ("connectorphaserotation", Circumstances(is_whole=False), NO),
        ("ConnectionTimeOut", Circumstances(is_whole=False), RELAY),
    ],
)
def test_what_becomes_of_a_key_depends_on_who_wants_it_where_r80_r103(
    key: str, here: Circumstances, treatment: Treatment
) -> None:
    assert treatment_of(rule_of(key), here) is treatment
