"""What masters do wrong, and what happens on the line of a slave: nothing of it ends the slave."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.support.modbus_device import RegisterBank, serial_pair
from tests.support.modbus_peers import BAUD, HERE, mbpoll
from tests.support.scripted_device import ScriptedLine, scripted_line

from wattgate.adapters.modbus import masters, serial_slave
from wattgate.adapters.modbus.frames import MOST_HEARD, Frame, rtu_bytes
from wattgate.adapters.modbus.serial_slave import SerialSlave
from wattgate.adapters.modbus.slave import ModbusSlave, NoModbusPort
from wattgate.adapters.sockets.accept import listening_socket
from wattgate.core.modbus.places import SerialPlace, TcpPlace
from wattgate.core.modbus.requests import Read, WriteMany, WriteOne

PDU = bytes.fromhex("03 1f9c 0001")
ASK = bytes.fromhex("0001 0000 0006 01") + PDU
ANSWER = bytes.fromhex("0001 0000 0005 01 03 02 002a")
LIMIT_S = 10.0


@asynccontextmanager
async def slave() -> AsyncIterator[tuple[RegisterBank, TcpPlace]]:
    bank = RegisterBank({8092: 42})
    async with ModbusSlave(TcpPlace(HERE, 0), 1, bank) as listening:
        assert isinstance(listening.place, TcpPlace)
        yield bank, listening.place


class Master:
    """A raw connection to a slave."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, *parts: bytes) -> bytes:
        """Send parts, and return what is answered; nothing once the slave has hung up."""
        async with asyncio.timeout(LIMIT_S):
            try:
                for part in parts:
                    self.writer.write(part)
                    await self.writer.drain()
                    await asyncio.sleep(0.01)  # so that the parts arrive apart
                return await self.reader.read(1000)
            except ConnectionError:
                return b""


@asynccontextmanager
async def master(place: TcpPlace, sock: socket.socket | None = None) -> AsyncIterator[Master]:
    if sock is None:
        sock = socket.create_connection((place.host, place.port))
    reader, writer = await asyncio.open_connection(sock=sock)
    try:
        yield Master(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("unit", [0, 1, 255])
@pytest.mark.asyncio
async def test_over_tcp_its_own_unit_and_the_two_that_mean_nobody_special_are_answered(
    unit: int,
) -> None:
    async with slave() as (_, place), master(place) as asking:
        answer = await asking.ask(ASK[:6] + bytes([unit]) + PDU)
        assert answer == ANSWER[:6] + bytes([unit]) + ANSWER[7:]


@pytest.mark.asyncio
async def test_over_tcp_other_units_are_not_answered() -> None:
    async with slave() as (bank, place), master(place) as asking:
        assert await asking.ask(ASK[:6] + b"\x02" + PDU, ASK) == ANSWER
        assert bank.asked == [Read(8092, 1)]


@pytest.mark.asyncio
async def test_requests_may_come_in_pieces_and_several_at_once() -> None:
    async with slave() as (_, place), master(place) as asking:
        assert await asking.ask(ASK[:3], ASK[3:9], ASK[9:]) == ANSWER
        asking.writer.write(ASK + ASK)
        assert await asking.reader.readexactly(2 * len(ANSWER)) == ANSWER + ANSWER


@pytest.mark.parametrize(
    "broken",
    [b"GET / HTTP/1.1\r\n\r\n", b"\0\1\0\0\0\1\1", b"\0\1\0\0\xff\xff\1", b"\x16\x03\x01\0\xf4\1"],
)
@pytest.mark.asyncio
async def test_whoever_does_not_speak_modbus_is_hung_up_on_and_the_others_go_on(
    broken: bytes,
) -> None:
    async with slave() as (bank, place), master(place) as stranger, master(place) as asking:
        assert await stranger.ask(broken) == b""
        assert await asking.ask(ASK) == ANSWER
        assert bank.asked == [Read(8092, 1)]


@pytest.mark.asyncio
async def test_sixteen_requests_may_be_under_way_and_whoever_pours_out_more_is_hung_up_on() -> None:
    async with slave() as (bank, place), master(place) as asking, master(place) as pouring:
        asking.writer.write(16 * ASK)
        assert await asking.reader.readexactly(16 * len(ANSWER)) == 16 * ANSWER
        assert await pouring.ask(100_000 * ASK) == b""
        assert len(bank.asked) < 1000
        assert await asking.ask(ASK) == ANSWER


@pytest.mark.asyncio
async def test_no_more_masters_than_there_is_room_for_but_a_silent_one_makes_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(masters, "MOST_MASTERS", 2)
    with capture_logs() as logs:
        await _three_for_two(monkeypatch)
    said = [each["event"] for each in logs]
    assert said.count("no room for another Modbus master") == 1, "not for each that comes"


async def _three_for_two(monkeypatch: pytest.MonkeyPatch) -> None:
    async with slave() as (_, place), master(place) as first, master(place) as second:
        assert await second.ask(ASK) == ANSWER
        assert await first.ask(ASK) == ANSWER
        for _ in range(3):
            async with master(place) as third:
                assert await third.ask(ASK) == b"", "refused"
        monkeypatch.setattr(masters, "YIELDS_AFTER_S", 0.0)
        async with master(place) as third:
            assert await third.ask(ASK) == ANSWER
        assert await second.ask(ASK) == b"", "the one that was silent for longest had to go"
        assert await first.ask(ASK) == ANSWER


@pytest.mark.asyncio
async def test_a_master_that_went_without_saying_so_is_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(masters, "IDLE_S", 0.2)
    async with slave() as (_, place), master(place) as asking:
        assert await asking.ask(ASK) == ANSWER
        async with asyncio.timeout(LIMIT_S):
            with pytest.raises(ConnectionResetError):
                await asking.reader.readexactly(1)


@pytest.mark.asyncio
async def test_the_answers_to_a_master_that_reads_none_do_not_pile_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def with_small_buffers(host: str, port: int) -> socket.socket:
        listening = await listening_socket(host, port)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        return listening

    monkeypatch.setattr(masters, "listening_socket", with_small_buffers)
    bank = RegisterBank(dict.fromkeys(range(125), 0))
    all_of_them = ASK[:8] + bytes.fromhex("0000 007d")
    async with ModbusSlave(TcpPlace(HERE, 0), 1, bank) as listening:
        assert isinstance(listening.place, TcpPlace)
        sock = socket.create_connection((HERE, listening.place.port))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 17)
        async with master(listening.place, sock) as greedy, master(listening.place) as asking:
            greedy.writer.transport.pause_reading()  # type: ignore[attr-defined] # it has one
            heard = [0]
            while len(heard) < 3 or heard[-1] > heard[-2] + 1:
                greedy.writer.write(all_of_them * 100)
                assert len(await asking.ask(ASK[:8] + bytes(3) + b"\x01")) == 11
                heard.append(len(bank.asked))
            greedy.writer.transport.resume_reading()  # type: ignore[attr-defined] # as above
            asked = 100 * (len(heard) - 1)
            async with asyncio.timeout(LIMIT_S):
                await greedy.reader.readexactly(asked * 259)


@pytest.mark.asyncio
async def test_closing_hangs_up_on_all_and_can_be_repeated() -> None:
    listening = ModbusSlave(TcpPlace(HERE, 0), 1, RegisterBank({8092: 42}))
    await listening.close()
    await listening.start()
    assert isinstance(listening.place, TcpPlace)
    async with master(listening.place) as asking:
        assert await asking.ask(ASK) == ANSWER
        await listening.close()
        assert await asking.ask(ASK) == b""
    await listening.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(listening.place.host, listening.place.port)


@pytest.mark.asyncio
async def test_a_port_that_is_taken_is_said_in_words() -> None:
    async with slave() as (_, place):
        with pytest.raises(NoModbusPort, match="is in use by another program"):
            await ModbusSlave(place, 1, RegisterBank({})).start()
    with pytest.raises(NoModbusPort, match=r"this machine has no address 192\.0\.2\.1"):
        await ModbusSlave(TcpPlace("192.0.2.1", 0), 1, RegisterBank({})).start()
    with pytest.raises(NoModbusPort, match="there is no serial line /dev/wattgate-none"):
        await ModbusSlave(SerialPlace("/dev/wattgate-none"), 1, RegisterBank({})).start()


def rtu(pdu: str, unit: int = 1) -> bytes:
    return rtu_bytes(Frame(unit, bytes.fromhex(pdu)))


READ_IT = "03 1f9c 0001"
HAS_42 = rtu("03 02 002a")


class SerialMaster:
    """A raw end of a slave's line."""

    def __init__(self, line: ScriptedLine) -> None:
        self.line = line

    async def hears(self, *said: bytes, until: bytes) -> bytes:
        """Say each part, and return what was heard once it ends as expected."""
        self.line.heard = b""
        for part in said:
            self.line.say(part)
            await asyncio.sleep(0.005)  # so that the parts arrive apart
        async with asyncio.timeout(LIMIT_S):
            while not self.line.heard.endswith(until):
                self.line.is_asked.clear()
                await self.line.is_asked.wait()
        return self.line.heard


@asynccontextmanager
async def slave_on_a_line(folder: Path) -> AsyncIterator[tuple[RegisterBank, SerialMaster]]:
    bank = RegisterBank({8092: 42, 8093: 0})
    async with (
        serial_pair(folder) as (ours, theirs),
        ModbusSlave(SerialPlace(str(ours), BAUD), 1, bank),
        scripted_line(theirs, lambda heard: []) as line,
    ):
        yield bank, SerialMaster(line)


@pytest.mark.parametrize(
    "said",
    [
        [rtu(READ_IT)[:3], rtu(READ_IT)[3:]],
        [b"\x00\xff\x55" + rtu(READ_IT)],
        [b"\x01\x03" + rtu(READ_IT)],
        [rtu(READ_IT)[:-1] + b"\x00", rtu(READ_IT)],
        [rtu(READ_IT, 2), rtu("03 02 0007", 2), rtu(READ_IT)],
        [rtu(READ_IT, 2) + rtu("03 02 0007", 2) + rtu(READ_IT)],
        [rtu("03 1f9c 0001", 0), rtu(READ_IT)],
    ],
)
@pytest.mark.asyncio
async def test_requests_are_found_between_noise_and_the_talk_of_others(
    said: list[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_slave, "SILENCE_S", LIMIT_S)
    async with slave_on_a_line(tmp_path) as (bank, master):
        assert await master.hears(*said, until=HAS_42) == HAS_42
        assert [each for each in bank.asked if each != Read(8092, 1)] == []


@pytest.mark.asyncio
async def test_a_broadcast_is_done_and_not_answered(tmp_path: Path) -> None:
    async with slave_on_a_line(tmp_path) as (bank, master):
        said = [rtu("06 1f9d 00a0", 0), rtu("10 1f9d 0001 02 00a1", 0), rtu(READ_IT)]
        assert await master.hears(*said, until=HAS_42) == HAS_42
        assert bank.asked[:2] == [WriteOne(8093, 160), WriteMany(8093, (161,))]


@pytest.mark.parametrize(
    ("said", "answered"),
    [("2b 0e 01 00", "ab 01"), ("41 00", "c1 01"), ("03 1f9c 0001 00", "83 03"), ("07", "87 01")],
)
@pytest.mark.asyncio
async def test_what_nobody_but_its_sender_knows_the_length_of_is_answered_after_silence(
    said: str, answered: str, tmp_path: Path
) -> None:
    async with slave_on_a_line(tmp_path) as (bank, master):
        assert await master.hears(rtu(said), until=rtu(answered)) == rtu(answered)
        assert bank.asked == []
        assert await master.hears(rtu(READ_IT), until=HAS_42) == HAS_42


@pytest.mark.asyncio
async def test_half_a_request_is_forgotten_after_silence() -> None:
    bank = RegisterBank({8093: 0, 8094: 0})
    slave = SerialSlave(SerialPlace("/dev/ttyUSB0"), 1, bank)
    request = rtu("10 1f9d 0002 04 00a0 0001")
    slave.data_received(request[:-4])
    await asyncio.sleep(2 * serial_slave.SILENCE_S)
    slave.data_received(request[-4:])
    assert bank.asked == []
    await asyncio.sleep(2 * serial_slave.SILENCE_S)
    slave.data_received(request[:-4])
    slave.data_received(request[-4:])
    assert bank.asked == [WriteMany(8093, (160, 1))]
    await slave.close()


class Wire(asyncio.Transport):
    """Notes when something is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Note it."""
        self.written.set_result(asyncio.get_running_loop().time())

    def abort(self) -> None:
        """Nothing to close."""


@pytest.mark.asyncio
async def test_an_answer_waits_for_the_silence_that_ends_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Modbus over Serial Line 1.02, 2.5.1.1: 3.5 characters, at 1200 baud 29 ms."""
    wire = Wire()
    monkeypatch.setattr(serial_slave, "open_serial", lambda place, protocol: wire)
    slave = SerialSlave(SerialPlace("/dev/ttyUSB0", 1200), 1, RegisterBank({8092: 42}))
    await slave.start()
    asked = asyncio.get_running_loop().time()
    slave.data_received(rtu(READ_IT))
    assert await wire.written - asked > 0.028
    slave.data_received(b"\x01\x10\xff" * 10_000)
    assert len(slave._heard) <= MOST_HEARD
    await slave.close()


@pytest.mark.asyncio
async def test_endless_noise_takes_no_memory_and_ends_nothing(tmp_path: Path) -> None:
    async with slave_on_a_line(tmp_path) as (_, master):
        said = [b"\x01\x10\xff" * 300 for _ in range(5)]
        assert await master.hears(*said, rtu(READ_IT), until=HAS_42) == HAS_42


@pytest.mark.asyncio
async def test_an_adapter_that_is_pulled_out_and_put_back_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_slave, "REOPEN_S", 0.05)
    line = SerialPlace(str(tmp_path / "line-a"), BAUD)
    slave = ModbusSlave(line, 1, RegisterBank({8092: 42}))
    async with serial_pair(tmp_path):
        await slave.start()
    await asyncio.sleep(3 * serial_slave.REOPEN_S)
    async with serial_pair(tmp_path) as (_, theirs), asyncio.timeout(LIMIT_S):
        while True:
            polled = await mbpoll(SerialPlace(str(theirs), BAUD), 1, 8092, "-o", "0.2")
            if polled.registers == {8092: 42}:
                break
    await slave.close()
