import pytest

from wattgate.core.gateway.traffic.secret_words import is_secret_key, is_secret_member


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("AuthorizationKey", True),
        ("authorizationkey", True),
        ("Wifi_Password", True),
        ("wlan.passwd", True),
        ("ApnPassphrase", True),
        ("FtpPwd", True),
        ("ClientSecret", True),
        ("ApiToken", True),
        ("Backend-Credentials", True),
        ("WPA-PSK", True),
        ("SimPin", True),
        ("SIM_PUK", True),
        ("SimPin2", True),
        ("WifiPass", True),
        ("APN.PW", True),
        ("TxPower", False),
        ("Api_Key[2]", True),
        ("BasicAuthPass", True),
        ("FtpPw", True),
        ("Sim.PinCode", True),
        ("MeterPublicKey[1]", False),
        ("meter.public_key", False),
        ("GetConfigurationMaxKeys", False),
        ("WebSocketPingInterval", False),
        ("HeartbeatInterval", False),
        ("", False),
    ],
)
def test_keys_that_hold_a_password_key_or_pin_are_secret_r121(name: str, secret: bool) -> None:
    assert is_secret_key(name) is secret


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("password", True),
        ("Private_Key", True),
        ("authorizationKey", True),
        ("clientSecret", True),
        ("key", False),
        ("configurationKey", False),
        ("unknownKey", False),
        ("publicKey", False),
        ("idTag", False),
    ],
)
def test_members_that_name_a_secret_are_secret_and_lists_of_keys_are_not_r121(
    name: str, secret: bool
) -> None:
    assert is_secret_member(name) is secret
