import uuid

from wattgate.adapters.identifiers import SystemIdentifiers
from wattgate.core.gateway.link.link_key import is_key
from wattgate.ports.identifiers import Identifiers


def test_a_message_id_is_a_uuid_of_version_4_in_36_characters() -> None:
    """R5."""
    identifiers: Identifiers = SystemIdentifiers()
    text = identifiers.message_id()
    assert len(text) == 36
    assert uuid.UUID(text).version == 4


def test_message_ids_do_not_repeat() -> None:
    """R5."""
    identifiers = SystemIdentifiers()
    assert len({identifiers.message_id() for _ in range(1000)}) == 1000


def test_a_fraction_is_at_least_0_and_below_1() -> None:
    identifiers = SystemIdentifiers()
    assert all(0 <= identifiers.fraction() < 1 for _ in range(1000))


def test_a_salt_is_32_bytes_and_new_each_time_r121() -> None:
    identifiers = SystemIdentifiers()
    assert len(identifiers.salt()) == 32
    assert identifiers.salt() != identifiers.salt()


def test_an_authorization_key_is_20_bytes_in_hexadecimal_and_new_each_time_r24() -> None:
    identifiers = SystemIdentifiers()
    assert is_key(identifiers.authorization_key())
    assert len(bytes.fromhex(identifiers.authorization_key())) == 20
    assert identifiers.authorization_key() != identifiers.authorization_key()
