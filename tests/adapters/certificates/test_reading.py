"""Whatever people bring is read: PEM, DER and PKCS#12, as programs and editors leave it (P22)."""

import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)
from tests.support.certificates import Pair, PrivateKey, Root, rsa_key, self_signed

from wattgate.adapters.certificates.bundle import Bundle
from wattgate.adapters.certificates.reading import read
from wattgate.ports.certificates import Material, PassphraseNeeded

PASSPHRASE = "Schlüssel"
ROOT = Root.make("Wurzel für alle")
LEAF = ROOT.issue("CP1", "localhost", key=rsa_key())
SECRET = PASSPHRASE.encode()


def pem(key: PrivateKey, form: PrivateFormat, secret: bytes | None = None) -> bytes:
    encryption = BestAvailableEncryption(secret) if secret else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption)


def p12(secret: bytes | None, pair: Pair = LEAF) -> bytes:
    encryption = BestAvailableEncryption(secret) if secret else NoEncryption()
    return pkcs12.serialize_key_and_certificates(
        b"CP1", pair.key, pair.certificate, [ROOT.certificate], encryption
    )


def openssl(*words: str | Path, given: bytes = b"") -> bytes:
    asked = ["openssl", *map(str, words)]
    return subprocess.run(asked, input=given, capture_output=True, check=True).stdout  # noqa: S603


def exported(passphrase: str, *options: str) -> bytes:
    with NamedTemporaryFile() as file:
        file.write(CERTIFICATE + KEY)
        file.flush()
        passing = "-passout", f"pass:{passphrase}"
        return openssl("pkcs12", "-export", *options, *passing, "-in", file.name)


CERTIFICATE, KEY = LEAF.certificate_pem, LEAF.key_pem
DER_KEY = LEAF.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
DER_SECRET_KEY = LEAF.key.private_bytes(
    Encoding.DER, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET)
)
TRADITIONAL = pem(LEAF.key, PrivateFormat.TraditionalOpenSSL)
P7B = pkcs7.serialize_certificates([LEAF.certificate, ROOT.certificate], Encoding.PEM)

READABLE: dict[str, tuple[bytes, ...]] = {
    "certificate and key in two files": (CERTIFICATE, KEY),
    "the key first": (KEY, CERTIFICATE),
    "both in one file": (CERTIFICATE + KEY,),
    "the key in its traditional form": (CERTIFICATE, TRADITIONAL),
    "text around the blocks": (b"Bag Attributes\n  CN=1\n" + CERTIFICATE + b"\nthe end\n" + KEY,),
    "a full chain": (CERTIFICATE + ROOT.certificate_pem, KEY),
    "a chain that begins with the root": (ROOT.certificate_pem + CERTIFICATE, KEY),
    "the same certificate twice": (CERTIFICATE + CERTIFICATE, KEY, KEY),
    "line ends of Windows": (CERTIFICATE.replace(b"\n", b"\r\n"), KEY.replace(b"\n", b"\r\n")),
    "a byte order mark": (b"\xef\xbb\xbf" + CERTIFICATE, KEY),
    "UTF-16, as an editor of Windows writes it": (CERTIFICATE.decode().encode("utf-16"), KEY),
    "indented lines, as in YAML": (CERTIFICATE.replace(b"\n", b"\n    "), KEY),
    "DER": (LEAF.certificate_der, DER_KEY),
    "a file of certificates only, and the key": (P7B, KEY),
    "the same in DER": (
        pkcs7.serialize_certificates([LEAF.certificate], Encoding.DER),
        KEY,
    ),
    "parameters of a curve before the key": (
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + KEY,
        CERTIFICATE,
    ),
    "OpenSSL's own form with trust after it": (
        openssl("x509", "-addtrust", "clientAuth", given=CERTIFICATE),
        KEY,
    ),
    "PKCS#12 without a passphrase": (p12(None),),
    "PKCS#12 with an empty one": (
        exported(""),
    ),
}  # fmt: skip

SECRET_ONES: dict[str, tuple[bytes, ...]] = {
    "PKCS#8": (CERTIFICATE, pem(LEAF.key, PrivateFormat.PKCS8, SECRET)),
    "PKCS#8 in DER": (CERTIFICATE, DER_SECRET_KEY),
    "the traditional form": (CERTIFICATE, pem(LEAF.key, PrivateFormat.TraditionalOpenSSL, SECRET)),
    "genrsa -des3, as the manual writes it": (
        CERTIFICATE,
        openssl("rsa", "-des3", "-passout", f"pass:{PASSPHRASE}", given=KEY),
    ),
    "the same in the traditional form": (
        CERTIFICATE,
        openssl("rsa", "-traditional", "-des3", "-passout", f"pass:{PASSPHRASE}", given=KEY),
    ),
    "PKCS#12": (p12(SECRET),),
    "PKCS#12 of old Windows": (
        exported(PASSPHRASE, "-legacy"),
    ),
}  # fmt: skip


def is_whole(found: Bundle) -> bool:
    keys = [key.public_key() for key in found.keys]
    return keys == [LEAF.key.public_key()] and LEAF.certificate in found.certificates


@pytest.mark.parametrize("parts", READABLE.values(), ids=READABLE)
def test_what_people_bring_is_read(parts: tuple[bytes, ...]) -> None:
    found = read(Material(parts))
    assert found.problems == []
    assert is_whole(found)


@pytest.mark.parametrize("parts", SECRET_ONES.values(), ids=SECRET_ONES)
def test_an_encrypted_key_is_read_with_its_passphrase_and_asks_for_it_otherwise_P22(
    parts: tuple[bytes, ...],
) -> None:
    assert is_whole(read(Material(parts, PASSPHRASE)))
    with pytest.raises(PassphraseNeeded) as asked:
        read(Material(parts))
    assert not asked.value.was_wrong
    with pytest.raises(PassphraseNeeded) as refused:
        read(Material(parts, "geraten"))
    assert refused.value.was_wrong
    assert "geraten" not in repr(refused.value)


def test_a_passphrase_that_is_not_needed_does_no_harm() -> None:
    assert is_whole(read(Material((CERTIFICATE, KEY), PASSPHRASE)))


def test_a_certificate_of_version_1_is_read_with_its_umlauts_P26(tmp_path: Path) -> None:
    config = tmp_path / "a.cnf"
    config.write_text("[req]\nprompt=no\ndistinguished_name=dn\n[dn]\nO=Müller Öl\nCN=Köln\n")
    made = openssl(
        "req", "-x509", "-key", "/dev/stdin", "-config", config, "-utf8", "-days", "9", given=KEY
    )
    (certificate,) = read(Material((made,))).certificates
    assert certificate.version.name == "v1"
    assert certificate.subject.rfc4514_string() == "CN=Köln,O=Müller Öl"


UNREADABLE: dict[str, tuple[bytes, str]] = {
    "nothing": (b" \n", "is empty"),
    "something else": (b"hello", "is neither PEM nor DER nor PKCS#12"),
    "half a block": (CERTIFICATE[:200], "is cut off: a block that begins does not end"),
    "a damaged certificate": (
        CERTIFICATE.replace(b"MII", b"AAA", 1),
        "a certificate in it cannot be read: it is damaged",
    ),
    "no Base64": (
        b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----",
        "a certificate in it cannot be read: it is damaged",
    ),
    "a damaged key": (
        KEY.replace(b"MII", b"AAA", 1),
        "the private key in it cannot be read: it is damaged",
    ),
    "half a PKCS#12": (p12(None)[:-9], "is cut off: it is shorter than it says"),
    "damaged certificates": (
        b"-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----",
        "the certificates in it cannot be read",
    ),
    "a request": (
        b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----",
        "is a signing request, not a certificate: an authority has to sign it",
    ),
    "a key of SSH": (
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
        "is a key of SSH, which TLS cannot use",
    ),
}


@pytest.mark.parametrize(("part", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_says_why(part: bytes, reason: str) -> None:
    (problem,) = read(Material((part,))).problems
    assert str(problem) == f"file: {reason}"


def test_every_file_that_cannot_be_read_is_named_at_once() -> None:
    found = read(Material((b"", CERTIFICATE, b"hello")))
    assert [problem.path for problem in found.problems] == ["file 1", "file 3"]


def test_a_name_in_an_old_character_set_is_told_from_damage(tmp_path: Path) -> None:
    config, key = tmp_path / "old.cnf", tmp_path / "old.key"
    key.write_bytes(KEY)
    config.write_text(
        "[req]\nprompt=no\ndistinguished_name=dn\nstring_mask=MASK:0x04\n[dn]\nCN=Köln\n"
    )
    made = openssl("req", "-x509", "-key", key, "-config", config, "-utf8", "-days", "9")
    (problem,) = read(Material((made,))).problems
    assert "in a form that cannot be read; OpenSSL writes names that can with -utf8" in str(problem)


def test_nothing_secret_is_shown_by_what_holds_it() -> None:
    material = Material((KEY,), PASSPHRASE)
    assert PASSPHRASE not in repr(material)
    assert "PRIVATE KEY" not in repr(material)


def test_a_self_signed_certificate_is_its_own_authority() -> None:
    pair = self_signed("allein")
    assert read(Material((pair.certificate_pem,))).certificates == [pair.certificate]
