import pytest

from wattgate.core.modbus.registers import BYTE_KINDS, Access, Kind, Register


@pytest.mark.parametrize(
    ("kind", "words"),
    [("uint16", 1), ("int16", 1), ("uint32", 2), ("int32", 2), ("uint64", 4), ("float32", 2)],
)
def test_a_number_is_as_long_as_its_kind_whatever_length_says(kind: str, words: int) -> None:
    register = Register(name="one", address=100, kind=Kind(kind), length=9)
    assert (register.words, register.end) == (words, 100 + words)


@pytest.mark.parametrize("kind", sorted(BYTE_KINDS))
def test_what_is_made_of_bytes_is_as_long_as_its_register_says(kind: Kind) -> None:
    assert Register(name="one", address=100, kind=kind, length=9).end == 109


@pytest.mark.parametrize(
    ("access", "is_readable", "is_writable"),
    [("r", True, False), ("w", False, True), ("rw", True, True)],
)
def test_access_says_who_may_do_what(access: str, is_readable: bool, is_writable: bool) -> None:
    register = Register(name="one", address=0, access=Access(access))
    assert (register.is_readable, register.is_writable) == (is_readable, is_writable)
