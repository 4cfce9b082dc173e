import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support.terminal import run_on_terminal

from wattgate.adapters.hardware.meter_key import KEY, meter_key, new_meter_key
from wattgate.core.errors import ConfigError


def test_the_key_is_made_once_and_stays(tmp_path: Path) -> None:
    made = meter_key(tmp_path)
    assert meter_key(tmp_path).public_key == made.public_key
    assert new_meter_key().public_key != made.public_key
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600


def test_another_program_finds_the_signature_genuine(tmp_path: Path) -> None:
    key = meter_key(tmp_path)
    (tmp_path / "message").write_bytes(b'{"FV":"1.0"}')
    (tmp_path / "signature").write_bytes(key.sign(b'{"FV":"1.0"}'))
    (tmp_path / "key.der").write_bytes(bytes.fromhex(key.public_key))
    words = "openssl dgst -sha256 -verify key.der -keyform DER -signature signature message"
    told = run_on_terminal(*words.split(), folder=tmp_path, prompt="asks nothing", answer="")
    assert told == (0, "Verified OK\r\n")


_OTHER = ec.generate_private_key(ec.SECP384R1())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        _OTHER.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    ],
)
def test_another_key_is_never_replaced(content: bytes, tmp_path: Path) -> None:
    (tmp_path / KEY).write_bytes(content)
    with pytest.raises(ConfigError, match=KEY):
        meter_key(tmp_path)
    assert (tmp_path / KEY).read_bytes() == content


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        meter_key(tmp_path / "nowhere")
