"""Whatever a backend, a wallbox or a person sends for a certificate: the process lives (S7)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.certificates import Root, rsa_key
from tests.support.vaults import vault_in

from wattgate.adapters.certificates.binary import read_binary
from wattgate.adapters.certificates.bundle import Bundle
from wattgate.adapters.certificates.facts import facts_of_der
from wattgate.adapters.certificates.judging import authorities_in, identity_in
from wattgate.adapters.certificates.orders import key_to_sign, read_request
from wattgate.adapters.certificates.reading import read, read_from_peer
from wattgate.adapters.certificates.sets import new_request
from wattgate.core.errors import ConfigError
from wattgate.core.security.certificates import Origin
from wattgate.ports.certificates import Material, PassphraseNeeded

ROOT = Root.make("Root")
LEAF = ROOT.issue("CP1", "localhost", key=rsa_key())
REQUEST = new_request("CP1", "CPO")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WHOLE = [
    LEAF.certificate_pem,
    LEAF.certificate_der,
    LEAF.key_pem,
    ROOT.certificate_pem,
    REQUEST.pem.encode(),
]


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """Something whole in which a few bytes are others, that is cut off, or that goes on."""
    data = bytearray(draw(st.sampled_from(WHOLE)))
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) + draw(st.binary(max_size=20))


PARTS = st.lists(st.one_of(st.binary(max_size=300), spoiled(), st.sampled_from(WHOLE)), max_size=3)


@given(PARTS, st.one_of(st.none(), st.text(max_size=8)))
def test_anything_is_read_or_refused_with_a_reason_S7(
    parts: list[bytes], passphrase: str | None
) -> None:
    material = Material(tuple(parts), passphrase)
    for judge in (
        lambda: identity_in(read(material), (), NOW),
        lambda: authorities_in(read_from_peer(material), NOW),
    ):
        try:
            judge()
        except ConfigError as error:
            assert error.problems
        except PassphraseNeeded:
            pass


@given(st.one_of(st.binary(max_size=300), spoiled()))
def test_any_certificate_that_a_peer_shows_is_described_or_not_S7(der: bytes) -> None:
    facts = facts_of_der(der)
    assert facts is None or len(facts.fingerprint) == 64


@given(st.one_of(st.binary(max_size=300), spoiled()))
def test_any_signing_request_is_read_or_refused_with_a_reason_S7(data: bytes) -> None:
    try:
        key_to_sign(read_request(data), ["CP1"])
    except ConfigError as error:
        assert error.problems


SLOW_PKCS12 = bytes.fromhex("3010020103300b06092a864886f70d010701")
"""Says that it is PKCS#12; one can say that reading it takes two thousand million steps."""


@pytest.mark.asyncio
async def test_over_a_link_only_pem_is_read_S7(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    for part in (SLOW_PKCS12, LEAF.certificate_der):
        with pytest.raises(ConfigError, match="file: is not PEM"):
            await vault.import_authorities("north", Material((part,)), Origin.INSTALLED)
    given_ = Material((ROOT.certificate_pem + LEAF.key_pem,))
    assert len(await vault.import_authorities("north", given_, Origin.INSTALLED)) == 1


@pytest.mark.asyncio
async def test_an_authority_next_to_a_locked_key_needs_no_passphrase(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    locked = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
    held = await vault.import_authorities("north", Material((locked + ROOT.certificate_pem,)))
    assert [each.facts.common_name for each in held] == ["Root"]


def test_a_passphrase_of_half_characters_is_a_wrong_one() -> None:
    locked = LEAF.key_pem.replace(b"PRIVATE", b"ENCRYPTED PRIVATE")
    for half in ("\ud800", "\udcff"):
        with pytest.raises(PassphraseNeeded):
            read(Material((locked,), half))


def test_binary_that_is_nothing_is_refused_once() -> None:
    bundle = Bundle()
    read_binary(bundle, "file", b"\x30\x03\x02\x01\x00", None)
    assert len(bundle.problems) == 1
