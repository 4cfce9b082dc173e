import pytest

from wattgate.core.ocpp.codes import ErrorCode, read_code


@pytest.mark.parametrize(
    ("spelling", "meaning"),
    [
        ("NotImplemented", ErrorCode.NOT_IMPLEMENTED),
        ("OccurenceConstraintViolation", ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("OccurrenceConstraintViolation", ErrorCode.OCCURENCE_CONSTRAINT_VIOLATION),
        ("FormationViolation", ErrorCode.FORMATION_VIOLATION),
        ("FormatViolation", ErrorCode.FORMATION_VIOLATION),
        ("MessageTypeNotSupported", ErrorCode.NOT_SUPPORTED),
        ("RpcFrameworkError", ErrorCode.PROTOCOL_ERROR),
        ("SomethingOfAVendor", None),
        ("", None),
    ],
)
def test_both_spellings_of_a_code_are_understood_r10(
    spelling: str, meaning: ErrorCode | None
) -> None:
    assert read_code(spelling) is meaning


def test_the_ten_codes_of_ocpp_16_are_spelled_as_its_table_7_spells_them_r10() -> None:
    assert {str(code) for code in ErrorCode} == {
        "NotImplemented",
        "NotSupported",
        "InternalError",
        "ProtocolError",
        "SecurityError",
        "FormationViolation",
        "PropertyConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
        "GenericError",
    }
