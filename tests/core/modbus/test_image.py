import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattgate.core.modbus.image import Image
from wattgate.core.modbus.registers import Access, Kind, Register, Value
from wattgate.core.modbus.requests import ModbusCode

ADDRESS, VALUE = ModbusCode.ILLEGAL_DATA_ADDRESS, ModbusCode.ILLEGAL_DATA_VALUE

REGISTERS = (
    Register(name="energy", address=10, kind=Kind.UINT64),
    Register(name="limit", address=14, scale=0.1, access=Access.READ_WRITE,
             allowed=((0, 0), (6, 63))),
    Register(name="duration", address=15, kind=Kind.UINT32, access=Access.READ_WRITE),
    Register(name="reset", address=17, access=Access.WRITE),
    Register(name="label", address=18, kind=Kind.TEXT, length=2, access=Access.READ_WRITE),
    Register(name="vendor", address=21, fixed=0xCF05),
    Register(name="most", address=2000, kind=Kind.TEXT, length=123, access=Access.READ_WRITE),
    Register(name="many", address=1000, kind=Kind.TEXT, length=200, access=Access.READ_WRITE),
)  # fmt: skip
VALUES: dict[str, Value] = {
    "energy": 0x0001_0002_0003_0004, "limit": 16.3, "duration": 70000, "label": "ABC", "most": "",
    "many": "",
}  # fmt: skip
IMAGE = Image(REGISTERS)


@pytest.mark.parametrize(
    ("address", "count", "words"),
    [
        (10, 4, (1, 2, 3, 4)),
        (11, 2, (2, 3)),
        (13, 3, (4, 163, 1)),
        (14, 3, (163, 1, 4464)),
        (16, 1, (4464,)),
        (18, 2, (0x4142, 0x4300)),
        (19, 1, (0x4300,)),
        (21, 1, (0xCF05,)),
        (1000, 125, (0,) * 125),
    ],
)
def test_a_read_gets_the_words_of_the_values(
    address: int, count: int, words: tuple[int, ...]
) -> None:
    assert IMAGE.read(VALUES, address, count) == words


@pytest.mark.parametrize(
    ("address", "count", "code"),
    [
        (9, 2, ADDRESS),
        (20, 1, ADDRESS),
        (18, 4, ADDRESS),
        (21, 2, ADDRESS),
        (17, 1, ADDRESS),
        (14, 4, ADDRESS),
        (65535, 2, ADDRESS),
        (1000, 126, VALUE),
        (10, 0, VALUE),
    ],
)
def test_a_read_of_what_is_not_there_is_refused(address: int, count: int, code: int) -> None:
    assert IMAGE.read(VALUES, address, count) is code


def test_a_value_that_has_no_words_is_no_wrong_figure() -> None:
    read = IMAGE.read({**VALUES, "energy": -1}, 10, 4)
    assert read is ModbusCode.SERVER_DEVICE_FAILURE


@pytest.mark.parametrize(
    ("address", "words", "said"),
    [
        (14, (160,), {"limit": 16.0}),
        (14, (0,), {"limit": 0.0}),
        (14, (60,), {"limit": 6.0}),
        (14, (630,), {"limit": 63.0}),
        (15, (1, 4464), {"duration": 70000}),
        (14, (160, 0, 300, 1), {"limit": 16.0, "duration": 300, "reset": 1}),
        (18, (0x4142, 0), {"label": "AB"}),
        (2000, (0x4142, *(0,) * 122), {"most": "AB"}),
    ],
)
def test_a_write_says_what_of_which_register(
    address: int, words: tuple[int, ...], said: dict[str, object]
) -> None:
    assert IMAGE.decode_write(address, words) == said


@pytest.mark.parametrize(
    ("address", "words", "code"),
    [
        (14, (59,), VALUE),
        (14, (1,), VALUE),
        (14, (631,), VALUE),
        (14, (59, 0, 300), VALUE),
        (14, (59, 0, 300, 1, 0, 0, 0), ADDRESS),
        (15, (1,), ADDRESS),
        (16, (1,), ADDRESS),
        (14, (160, 1), ADDRESS),
        (13, (0, 160), ADDRESS),
        (10, (0, 0, 0, 1), ADDRESS),
        (21, (7,), ADDRESS),
        (20, (7,), ADDRESS),
        (14, (), VALUE),
        (1000, (0,) * 124, VALUE),
    ],
)
def test_a_write_that_is_wrong_somewhere_says_nothing(
    address: int, words: tuple[int, ...], code: int
) -> None:
    assert IMAGE.decode_write(address, words) is code


@given(st.integers(0, 65535), st.integers(-1, 300))
def test_a_read_has_as_many_words_as_asked_for_or_a_code(address: int, count: int) -> None:
    read = IMAGE.read(VALUES, address, count)
    assert isinstance(read, ModbusCode) or len(read) == count


@given(st.integers(0, 40), st.lists(st.integers(0, 65535), max_size=12))
def test_what_was_written_reads_the_same(address: int, words: list[int]) -> None:
    said = IMAGE.decode_write(address, words)
    if isinstance(said, ModbusCode) or "reset" in said or "label" in said:
        return
    assert IMAGE.read({**VALUES, **said}, address, len(words)) == tuple(words)
