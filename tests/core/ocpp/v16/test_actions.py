import json
from typing import Any

import pytest
from scripts.generate_ocpp16 import Schema, one_schema, read_schemas

from wattgate.core.errors import PeerError
from wattgate.core.ocpp.v16 import _generated as types
from wattgate.core.ocpp.v16.actions import ACTIONS, Sender, decode_request, decode_response
from wattgate.core.ocpp.v16.payload import Payload, payload_text

SCHEMAS = read_schemas()
DEFINITIONS: Schema = one_schema(SCHEMAS)["definitions"]


def sample(schema: Schema, *, everything: bool) -> Any:  # noqa: ANN401 - any JSON value
    """A value that the schema allows: with its required fields alone, or with all."""
    if "$ref" in schema:
        return sample(DEFINITIONS[schema["$ref"].rpartition("/")[2]], everything=everything)
    if "enum" in schema:
        return schema["enum"][-1]
    if schema["type"] == "object":
        required = schema.get("required", [])
        return {
            key: sample(value, everything=everything)
            for key, value in schema.get("properties", {}).items()
            if everything or key in required
        }
    if schema["type"] == "array":
        return [sample(schema["items"], everything=everything)]
    scalars = {"string": "x" * schema.get("maxLength", 3), "integer": -3, "number": 8.1}
    return scalars.get(schema["type"], True)


def decode(name: str, payload: object) -> Payload:
    if name.endswith("Response"):
        return decode_response(name.removesuffix("Response"), json.dumps(payload))
    return decode_request(name.removesuffix("Request"), json.dumps(payload))


def test_the_table_has_a_row_for_every_schema_and_no_other() -> None:
    rows = {f"{action}{kind}" for action in ACTIONS for kind in ("Request", "Response")}
    assert rows == set(SCHEMAS)
    assert len(ACTIONS) == 39
    for action, row in ACTIONS.items():
        assert row.request.__name__ == f"{action}Request"
        assert row.response.__name__ == f"{action}Response"


def test_eleven_actions_are_of_the_security_extension_and_their_schemas_say_so() -> None:
    of_security = {action for action, row in ACTIONS.items() if row.security_extension}
    assert len(of_security) == 11
    assert of_security == {
        name.removesuffix("Request")
        for name, schema in SCHEMAS.items()
        if name.endswith("Request") and schema.get("$id", "").startswith("urn:OCPP:Cp:1.6:2020")
    }


@pytest.mark.parametrize(
    ("action", "sender"),
    [
        ("StartTransaction", Sender.CHARGE_POINT),
        ("SecurityEventNotification", Sender.CHARGE_POINT),
        ("SetChargingProfile", Sender.CENTRAL_SYSTEM),
        ("CertificateSigned", Sender.CENTRAL_SYSTEM),
        ("DataTransfer", Sender.BOTH),
    ],
)
def test_an_action_is_asked_for_by_its_own_side(action: str, sender: Sender) -> None:
    assert ACTIONS[action].sender is sender


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("name", SCHEMAS)
def test_a_sample_of_every_schema_survives_reading_and_writing(name: str, everything: bool) -> None:
    payload = sample(DEFINITIONS[name], everything=everything)
    assert json.loads(payload_text(decode(name, payload))) == payload


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_required_field_may_be_missing_r11(name: str) -> None:
    payload = sample(DEFINITIONS[name], everything=True)
    for field in DEFINITIONS[name].get("required", []):
        with pytest.raises(PeerError) as refusal:
            decode(name, {key: value for key, value in payload.items() if key != field})
        assert refusal.value.code == "OccurenceConstraintViolation"


@pytest.mark.parametrize("name", SCHEMAS)
def test_nulls_and_unknown_fields_are_accepted_where_nothing_is_required_r14(name: str) -> None:
    payload = sample(DEFINITIONS[name], everything=False)
    optional = set(DEFINITIONS[name].get("properties", {})) - set(payload)
    lenient = payload | dict.fromkeys(optional) | {"vendorField": {"a": 1}}
    assert decode(name, lenient) == decode(name, payload)


@pytest.mark.parametrize(
    ("action", "text", "code"),
    [
        ("Foo", "{}", "NotImplemented"),
        ("heartbeat", "{}", "NotImplemented"),
        ("Reset", "{}", "OccurenceConstraintViolation"),
        ("Reset", '{"type":5}', "TypeConstraintViolation"),
        ("Reset", '{"type":"Warm"}', "PropertyConstraintViolation"),
        ("ChangeConfiguration", '{"key":"a","value":5}', "TypeConstraintViolation"),
        ("Authorize", '{"idTag":"123456789012345678901"}', "PropertyConstraintViolation"),
        ("MeterValues", '{"connectorId":1,"meterValue":[]}', "OccurenceConstraintViolation"),
        ("Heartbeat", "[]", "FormationViolation"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_with_the_code_of_r11(
    action: str, text: str, code: str
) -> None:
    with pytest.raises(PeerError) as refusal:
        decode_request(action, text)
    assert refusal.value.code == code


def test_a_payload_is_of_its_own_type() -> None:
    assert decode_request("Reset", '{"type":"Hard"}') == types.ResetRequest(type="Hard")
    assert isinstance(decode_response("UpdateFirmware", "{}"), types.UpdateFirmwareResponse)
