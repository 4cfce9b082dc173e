"""A reading that the wallbox signs is genuine to whoever checks others' readings."""

from datetime import UTC, datetime

from wattgate.adapters.hardware.meter_key import new_meter_key
from wattgate.adapters.signatures import EcdsaCheck
from wattgate.core.evidence.verdicts import KeySource, KnownKey, SignatureVerdict, judge
from wattgate.core.wallbox.signing import Meter, Phase, SignedReading, ocmf_text


def test_a_signed_reading_is_green_and_a_changed_one_red() -> None:
    key = new_meter_key()
    meter = Meter(vendor="V", model="M", serial="S", firmware="1")
    reading = SignedReading(Phase.BEGIN, datetime(2026, 5, 15, tzinfo=UTC), 1234.0)
    text = ocmf_text(meter, 1, "04A1B2C3", [reading], key.sign)
    known = [KnownKey(KeySource.ANNOUNCED, key.public_key)]
    assert judge(text, known, EcdsaCheck().check).verdict is SignatureVerdict.GREEN
    forged = text.replace("1.234", "9.234")
    assert judge(forged, known, EcdsaCheck().check).verdict is SignatureVerdict.RED
