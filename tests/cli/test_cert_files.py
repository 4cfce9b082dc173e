import os
import stat
from pathlib import Path

import pytest

from wattgate.cli.cert_files import OPEN, SECRET, Outputs, contents, is_der, is_pkcs12
from wattgate.cli.evse_login import MisuseError


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.mark.parametrize("force", [False, True])
def test_a_file_with_a_key_is_readable_for_its_owner_only(tmp_path: Path, *, force: bool) -> None:
    secret, certificate = tmp_path / "cp1.p12", tmp_path / "ca.pem"
    outputs = Outputs((secret, certificate), force)
    before = os.umask(0)
    try:
        outputs.write(secret, b"key", SECRET)
        outputs.write(certificate, b"certificate", OPEN)
    finally:
        os.umask(before)
    assert (mode_of(secret), secret.read_bytes()) == (0o600, b"key")
    assert (mode_of(certificate), certificate.read_bytes()) == (0o644, b"certificate")
    assert sorted(tmp_path.iterdir()) == [certificate, secret]


def test_nothing_is_overwritten_without_being_told_to(tmp_path: Path) -> None:
    file = tmp_path / "cp1.p12"
    file.write_bytes(b"precious")
    file.chmod(0o644)
    careful = Outputs((file,), force=False)
    assert list(careful.problems()) == [f"{file}: is there already; --force replaces it"]
    with pytest.raises(MisuseError, match="File exists"):
        careful.write(file, b"new", SECRET)
    assert file.read_bytes() == b"precious"
    told = Outputs((file,), force=True)
    assert list(told.problems()) == []
    told.write(file, b"new", SECRET)
    assert (file.read_bytes(), mode_of(file)) == (b"new", 0o600)


def test_everything_that_is_wrong_with_the_files_is_said_at_once(tmp_path: Path) -> None:
    lost = tmp_path / "no" / "cp1.pem"
    wrong = list(Outputs((tmp_path, lost, lost), force=True).problems())
    assert wrong == [
        f"{tmp_path}: is a folder",
        f"{lost}: its folder does not exist",
        f"{tmp_path}: is named twice",
    ]


def test_what_cannot_be_read_is_said_at_once(tmp_path: Path) -> None:
    fine, large = tmp_path / "fine.pem", tmp_path / "large.pem"
    fine.write_bytes(b"x")
    large.write_bytes(b"x" * 1_000_001)
    assert contents([fine, fine]) == (b"x", b"x")
    with pytest.raises(MisuseError) as refused:
        contents([tmp_path / "a.pem", fine, large, tmp_path / "b.pem"])
    assert str(refused.value).splitlines() == [
        "Cannot read",
        f"  {tmp_path / 'a.pem'}: No such file or directory",
        f"  {large}: is too large to hold certificates",
        f"  {tmp_path / 'b.pem'}: No such file or directory",
    ]


@pytest.mark.parametrize(
    ("name", "packed", "binary"),
    [
        ("cp1.p12", True, False),
        ("cp1.PFX", True, False),
        ("ca.cer", False, True),
        ("ca.DER", False, True),
        ("ca.pem", False, False),
        ("ca", False, False),
    ],
)
def test_the_ending_of_a_name_says_its_form(name: str, *, packed: bool, binary: bool) -> None:
    assert (is_pkcs12(Path(name)), is_der(Path(name))) == (packed, binary)
