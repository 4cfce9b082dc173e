import msgspec

from wattgate.core.ocpp.v16.payload import Payload, payload_text


class Sample(Payload, frozen=True, kw_only=True):
    connector_id: int = msgspec.field(name="connectorId")
    info: str | None = None


def test_an_absent_field_is_not_written_r14() -> None:
    assert payload_text(Sample(connector_id=1)) == '{"connectorId":1}'
    assert payload_text(Sample(connector_id=1, info="é")) == '{"connectorId":1,"info":"é"}'
