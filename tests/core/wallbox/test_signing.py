from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from wattgate.core.evidence.ocmf import Ocmf, read_ocmf
from wattgate.core.wallbox.signing import (
    Meter,
    Phase,
    SignedReading,
    Signing,
    ocmf_text,
)

METER = Meter(vendor="Wattgate", model="Power Brain", serial="S1", firmware="0.1")
AT = datetime(2026, 5, 15, 14, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))


def payload(id_tag: str = "04A1B2C3", energy_wh: float = 1234.9) -> tuple[str, dict[str, object]]:
    text = ocmf_text(METER, 7, id_tag, [SignedReading(Phase.END, AT, energy_wh)], lambda m: m[:4])
    return text, msgspec.json.decode(text.split("|")[1], type=dict[str, object])


def test_a_record_reads_as_it_was_meant() -> None:
    text, about = payload()
    record = read_ocmf(text)
    assert isinstance(record, Ocmf)
    assert record.message.decode() == text.split("|")[1]
    assert record.signature == record.message[:4]
    assert record.doubts == ()
    assert about == {
        "FV": "1.0",
        "GI": "Wattgate Power Brain",
        "GS": "S1",
        "GV": "0.1",
        "PG": "T7",
        "MV": "Wattgate",
        "MM": "Power Brain",
        "MS": "S1",
        "MF": "0.1",
        "IS": True,
        "IL": "HEARSAY",
        "IF": [],
        "IT": "ISO14443",
        "ID": "04A1B2C3",
        "RD": [
            {
                "TM": "2026-05-15T12:00:00,250+0000 I",
                "TX": "E",
                "RV": 1.234,
                "RI": "1-b:1.8.0",
                "RU": "kWh",
                "RT": "AC",
                "EF": "",
                "ST": "G",
            }
        ],
    }


@pytest.mark.parametrize(
    ("energy_wh", "written"), [(0.0, "0.000"), (999.99, "0.999"), (1_000_001.0, "1000.001")]
)
def test_energy_is_signed_in_whole_wh_as_it_is_billed(energy_wh: float, written: str) -> None:
    assert f'"RV":{written},' in payload(energy_wh=energy_wh)[0]


@pytest.mark.parametrize(
    ("id_tag", "kind"),
    [("04A1B2C3D4E5F6", "ISO14443"), ("04A1B2", "UNDEFINED"), ("ANNA", "UNDEFINED")],
)
def test_a_card_is_called_one_only_if_it_looks_like_one(id_tag: str, kind: str) -> None:
    assert payload(id_tag)[1]["IT"] == kind


def test_whoever_signs_is_not_shown() -> None:
    assert "lambda" not in repr(Signing(lambda message: message, "3059"))
    assert AT.astimezone(UTC).hour == 12
