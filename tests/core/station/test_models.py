import pytest

from wattgate.core.station.models import WallboxModel, read_model


@pytest.mark.parametrize(
    ("boot_text", "expected"),
    [
        (
            '{"chargePointVendor":"ABB","chargePointModel":"CDT_TACW11","firmwareVersion":"1.8"}',
            WallboxModel("ABB", "CDT_TACW11", "1.8"),
        ),
        (
            '{"chargePointVendor":" Alfen BV ","chargePointModel":"NG910"}',
            WallboxModel("Alfen BV", "NG910", ""),
        ),
        (
            '{"chargePointVendor":"","chargePointModel":"ACChargePoint","firmwareVersion":null}',
            WallboxModel("", "ACChargePoint", ""),
        ),
        ('{"chargePointVendor":7,"chargePointModel":["x"]}', WallboxModel("", "", "")),
        ("{}", WallboxModel("", "", "")),
        ("[]", None),
        ("", None),
        (None, None),
    ],
)
def test_a_model_is_read_from_what_a_wallbox_says_at_its_boot(
    boot_text: str | None, expected: WallboxModel | None
) -> None:
    assert read_model(boot_text) == expected


@pytest.mark.parametrize(
    ("firmware", "expected"),
    [
        ("6.7.38", (6, 7, 38)),
        ("TAC3Z9119006710273::V1.8.21", (1, 8, 21)),
        ("05.653:GCW-10.17-05.3:7452:B29A", (5, 653)),
        ("v56", None),
        ("", None),
        ("1" * 20 + ".2", (111111111, 2)),
    ],
)
def test_a_version_is_the_first_dotted_number_of_the_firmware(
    firmware: str, expected: tuple[int, ...] | None
) -> None:
    assert WallboxModel("", "", firmware).version == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (WallboxModel("ABB", "Terra", "1.8"), "ABB Terra 1.8"),
        (WallboxModel("", "ACChargePoint", ""), "ACChargePoint"),
        (WallboxModel("", "", ""), ""),
    ],
)
def test_a_model_is_told_in_words_without_what_is_missing(
    model: WallboxModel, expected: str
) -> None:
    assert str(model) == expected
