import asyncio
import socket
from collections.abc import Callable, Iterable, Iterator

from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.ocpp_socket.pulse import KeepAlive, Pulse, silent_for_s

LONG_S = 3600.0


class Patient:
    """What a pulse did to its peer, and when (virtual seconds)."""

    def __init__(
        self,
        keepalive: KeepAlive | None,
        *,
        answers: Iterable[bool] = (),
        silences_s: Iterable[float] = (),
    ) -> None:
        self.happened: list[tuple[float, str]] = []
        self._answers = iter(answers)
        self._silences_s = iter(silences_s)
        self.pulse = Pulse(
            keepalive,
            ping=self._ping,
            silent_for_s=lambda: next(self._silences_s, LONG_S),
            gone=lambda: self._note("gone"),
        )

    def _ping(self) -> None:
        self._note("ping")
        self.pulse.heard = next(self._answers, False)

    def _note(self, what: str) -> None:
        self.happened.append((asyncio.get_running_loop().time(), what))


@in_virtual_time()
async def test_a_peer_that_answers_lives_and_one_that_does_not_is_gone() -> None:
    """R28."""
    patient = Patient(KeepAlive(30, 10), answers=[True, True])
    patient.pulse.start()
    await asyncio.sleep(500)
    assert patient.happened == [(30, "ping"), (60, "ping"), (90, "ping"), (100, "gone")]


@in_virtual_time()
async def test_a_timeout_longer_than_the_interval_stretches_it() -> None:
    patient = Patient(KeepAlive(10, 30), answers=[True])
    patient.pulse.start()
    await asyncio.sleep(500)
    assert patient.happened == [(10, "ping"), (40, "ping"), (70, "gone")]


@in_virtual_time()
async def test_a_peer_in_the_middle_of_a_long_message_is_not_gone() -> None:
    """R15: over a mobile network a signed StopTransaction takes longer than a pong may."""
    patient = Patient(KeepAlive(30, 30), silences_s=[0.1, 29.9, 30.0])
    patient.pulse.start()
    await asyncio.sleep(500)
    assert patient.happened == [(30, "ping"), (60, "ping"), (90, "ping"), (120, "gone")]


def stop_at_once(pulse: Pulse) -> None:
    pulse.stop()
    pulse.stop()


def stop_after_a_ping(pulse: Pulse) -> None:
    asyncio.get_running_loop().call_later(31, pulse.stop)


@in_virtual_time()
async def test_a_stopped_pulse_does_nothing_more() -> None:
    rows: list[tuple[Callable[[Pulse], None], list[tuple[float, str]]]] = [
        (stop_at_once, []),
        (stop_after_a_ping, [(30, "ping")]),
    ]
    patients = [Patient(KeepAlive(30, 30)) for _ in rows]
    for patient, (stop, _) in zip(patients, rows, strict=True):
        patient.pulse.start()
        stop(patient.pulse)
    await asyncio.sleep(500)
    assert [patient.happened for patient in patients] == [expected for _, expected in rows]


@in_virtual_time()
async def test_without_keepalive_nobody_is_pinged() -> None:
    """R28: switched off for a wallbox that answers no pong."""
    patient = Patient(None)
    patient.pulse.start()
    await asyncio.sleep(500)
    assert patient.happened == []


def connected() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield socket.create_connection(server.getsockname())
        yield server.accept()[0]


def test_a_socket_that_has_just_received_is_not_silent() -> None:
    client, served = connected()
    with client, served:
        client.sendall(b"x")
        assert served.recv(1) == b"x"
        assert 0 <= silent_for_s(served) < 30
