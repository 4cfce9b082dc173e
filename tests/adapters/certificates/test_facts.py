"""What is said of a certificate, held against what OpenSSL says of it."""

import re
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448
from tests.support.certificates import Pair, PrivateKey, Root, rsa_key, self_signed
from tests.support.vaults import vault_in

from wattgate.adapters.certificates.facts import facts_of, facts_of_der, fingerprint_of_der
from wattgate.adapters.certificates.keys import describe
from wattgate.core.security.certificates import HashData
from wattgate.ports.certificates import Material

ROOT = Root.make("Würzburg")
LEAF = ROOT.issue("CP1", "box.local", "192.0.2.7", "2001:db8::7")


def openssl(*words: str | Path, given: bytes = b"") -> str:
    asked = ["openssl", *map(str, words)]
    return subprocess.run(asked, input=given, capture_output=True, check=True).stdout.decode()  # noqa: S603


def said(pair: Pair, *options: str) -> str:
    return openssl("x509", "-noout", *options, given=pair.certificate_pem).strip()


@pytest.mark.parametrize("pair", [ROOT, LEAF], ids=["root", "leaf"])
def test_serial_number_and_fingerprint_are_openssl_s(pair: Pair) -> None:
    facts = facts_of(pair.certificate)
    fingerprint = said(pair, "-fingerprint", "-sha256").split("=")[1].replace(":", "").lower()
    serial = said(pair, "-serial").split("=")[1].lower().lstrip("0")
    assert (facts.fingerprint, facts.serial_number) == (fingerprint, serial)
    assert facts.id == fingerprint[:16]
    assert fingerprint_of_der(pair.certificate_der) == fingerprint


def test_a_certificate_says_whose_it_is_and_who_vouches_for_it() -> None:
    facts = facts_of_der(LEAF.certificate_der)
    assert facts is not None
    assert (facts.subject, facts.common_name, facts.issuer) == ("CN=CP1", "CP1", "CN=Würzburg")
    assert facts.names == ("box.local", "192.0.2.7", "2001:db8::7")
    assert (facts.is_authority, facts.is_self_signed) == (False, False)
    root = facts_of(ROOT.certificate)
    assert (root.is_authority, root.is_self_signed, root.names) == (True, True, ())


def test_what_is_no_certificate_has_no_facts() -> None:
    assert facts_of_der(b"hello") is None


KEYS: dict[str, PrivateKey] = {
    "RSA 2048": rsa_key(),
    "ECDSA P-256": ec.generate_private_key(ec.SECP256R1()),
    "ECDSA P-384": ec.generate_private_key(ec.SECP384R1()),
    "ECDSA secp256k1": ec.generate_private_key(ec.SECP256K1()),
}


@pytest.mark.parametrize(("words", "key"), KEYS.items(), ids=KEYS)
def test_a_key_is_described_as_people_do(words: str, key: PrivateKey) -> None:
    assert facts_of(self_signed("a", key=key).certificate).key == words


def test_keys_that_we_have_no_use_for_have_names_as_well() -> None:
    assert describe(ed448.Ed448PrivateKey.generate().public_key()) == "Ed448"


@pytest.mark.asyncio
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
@pytest.mark.parametrize("pair", [ROOT, LEAF], ids=["root", "signed by a root that is there"])
async def test_ocpp_s_name_of_a_certificate_is_that_of_rfc_6960_R37(
    pair: Pair, algorithm: str, tmp_path: Path
) -> None:
    vault = vault_in(tmp_path)
    await vault.import_authorities("north", Material((ROOT.certificate_pem, LEAF.certificate_pem)))
    found = {held.facts.fingerprint: data for data, held in vault.hash_data("north", algorithm)}
    assert found[facts_of(pair.certificate).fingerprint] == asked_by_openssl(
        pair, algorithm, tmp_path
    )


def asked_by_openssl(pair: Pair, algorithm: str, folder: Path) -> HashData:
    root, _ = ROOT.save(folder, "root")
    certificate, _ = pair.save(folder, "asked")
    text = openssl(
        "ocsp", f"-{algorithm.lower()}", "-issuer", root, "-cert", certificate, "-req_text"
    )
    text = text.replace("\\\n", "")  # long lines are broken
    name, key, serial = (
        re.findall(rf"{label}: ([0-9A-F]+)", text)[0].lower()
        for label in ("Issuer Name Hash", "Issuer Key Hash", "Serial Number")
    )
    return HashData(algorithm, name, key, serial.lstrip("0"))


@pytest.mark.asyncio
async def test_a_certificate_whose_issuer_is_elsewhere_still_has_a_name(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    await vault.import_authorities("north", Material((LEAF.certificate_pem,)))
    ((data, held),) = vault.hash_data("north", "SHA256")
    assert data.serial_number == held.facts.serial_number
    assert data.issuer_name_hash == asked_by_openssl(LEAF, "SHA256", tmp_path).issuer_name_hash
