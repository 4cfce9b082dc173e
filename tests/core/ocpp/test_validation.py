from typing import Annotated, Literal

import msgspec
import pytest

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.validation import decode_payload


class Sample(msgspec.Struct):
    number: int
    word: Annotated[str, msgspec.Meta(max_length=2)] | None = None
    choice: Literal["yes", "no"] | None = None
    many: Annotated[list[float], msgspec.Meta(min_length=1)] | None = None


def test_a_payload_that_fits_is_decoded_and_unknown_fields_are_ignored() -> None:
    assert decode_payload('{"number":1,"word":null,"new":[{}]}', Sample) == Sample(1)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{}", "OccurenceConstraintViolation"),
        ('{"number":1,"many":[]}', "OccurenceConstraintViolation"),
        ('{"number":"1"}', "TypeConstraintViolation"),
        ('{"number":1.5}', "TypeConstraintViolation"),
        ('{"number":null}', "TypeConstraintViolation"),
        ('{"number":1,"many":{}}', "TypeConstraintViolation"),
        ('{"number":1,"word":"abc"}', "PropertyConstraintViolation"),
        ('{"number":1,"choice":"perhaps"}', "PropertyConstraintViolation"),
        ('{"number":1,"many":[1e999]}', "PropertyConstraintViolation"),
        ("[]", "FormationViolation"),
        ("null", "FormationViolation"),
        ('{"number":', "FormationViolation"),
        ('{"number":NaN}', "FormationViolation"),
        ('{"number":1,"word":"\ud800"}', "FormationViolation"),
        ('{"number":1,"deep":' + "[" * 100_000, "FormationViolation"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_code_of_r11(text: str, code: str) -> None:
    with pytest.raises(PeerError) as refusal:
        decode_payload(text, Sample)
    assert refusal.value.code == code
