import pytest

from wattgate.core.wallbox.configuration import KEYS, Access, Configuration, password_bytes


@pytest.mark.parametrize(
    ("key", "text", "status"),
    [
        ("MeterValueSampleInterval", "30", "Accepted"),
        ("MeterValueSampleInterval", "-1", "Rejected"),
        ("MeterValueSampleInterval", "\u0663", "Rejected"),
        ("MeterValueSampleInterval", "9" * 10, "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "yes", "Rejected"),
        ("MeterValuesSampledData", "Voltage, Current.Import", "Accepted"),
        ("MeterValuesSampledData", "Voltage,Humidity", "Rejected"),
        ("ConnectorPhaseRotation", "0.RST", "Accepted"),
        ("NumberOfConnectors", "2", "Rejected"),
        ("AuthorizationKey", "00" * 16, "Accepted"),
        ("AuthorizationKey", "00" * 15, "Rejected"),
        ("AuthorizationKey", "secret", "Rejected"),
        ("Foo", "1", "NotSupported"),
    ],
)
def test_a_key_takes_what_fits_and_nothing_else_r83(key: str, text: str, status: str) -> None:
    configuration = Configuration({})
    before = configuration.listing([])
    assert configuration.change(key, text) == status
    if status == "Accepted":
        assert configuration.text(key) == text
    else:
        assert configuration.listing([]) == before


def test_values_are_read_as_what_they_are() -> None:
    configuration = Configuration({"StopTxnSampledData": "Voltage, ,Current.Import"})
    assert configuration.count("ConnectionTimeOut") == 120
    assert configuration.flag("AuthorizationCacheEnabled") is True
    assert configuration.flag("LocalPreAuthorize") is False
    assert configuration.names("StopTxnSampledData") == ("Voltage", "Current.Import")
    configuration.set_count("HeartbeatInterval", 60)
    assert configuration.text("HeartbeatInterval") == "60"


def test_every_key_holds_at_first_what_it_accepts() -> None:
    writable = {name: key for name, key in KEYS.items() if key.access is Access.READ_WRITE}
    assert [name for name, key in writable.items() if not key.check(key.default)] == []


def test_a_listing_tells_values_and_unknown_keys_r84() -> None:
    listing = Configuration({}).listing(["MeterValueSampleInterval", "NumberOfConnectors", "Foo"])
    assert listing == {
        "configurationKey": [
            {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
            {"key": "NumberOfConnectors", "readonly": True, "value": "1"},
        ],
        "unknownKey": ["Foo"],
    }


def test_an_empty_listing_means_all_keys_and_never_shows_the_password() -> None:
    configuration = Configuration({})
    configuration.change("AuthorizationKey", "ab" * 16)
    listing = configuration.listing([])
    assert isinstance(listing["configurationKey"], list)
    assert {row["key"] for row in listing["configurationKey"]} == set(KEYS) - {"AuthorizationKey"}
    assert "unknownKey" not in listing
    assert configuration.listing(["AuthorizationKey"])["unknownKey"] == ["AuthorizationKey"]


@pytest.mark.parametrize(
    ("text", "password"),
    [("ff" * 16, b"\xff" * 16), ("00" * 20, bytes(20)), ("00" * 21, None), ("zz", None)],
)
def test_an_authorization_key_is_16_to_20_bytes_in_hex_r24(
    text: str, password: bytes | None
) -> None:
    assert password_bytes(text) == password


def test_what_was_written_can_be_taken_up_again_unless_it_does_not_fit_any_more() -> None:
    made = Configuration({"MeterValueSampleInterval": "5"})
    assert made.changed() == {}
    made.change("HeartbeatInterval", "9")
    assert made.changed() == {"HeartbeatInterval": "9"}
    other = Configuration({})
    other.restore({**made.changed(), "Gone": "1", "NumberOfConnectors": "7", "ResetRetries": "x"})
    assert other.changed() == {"HeartbeatInterval": "9"}
