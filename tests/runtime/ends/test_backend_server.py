import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import pytest
from tests.support.paper_certificates import PaperAuthority, certificate, request, signed
from tests.support.virtual_time import in_virtual_time

from wattgate.core.backend.admission import Guests
from wattgate.core.backend.central_system import CentralSystem
from wattgate.core.backend.commands import HELP
from wattgate.core.backend.events import (
    Answered,
    AnsweredError,
    Event,
    Replied,
    Requested,
    TransactionStarted,
    Unanswered,
)
from wattgate.core.backend.manners import Manners
from wattgate.core.backend.memory import Memory
from wattgate.core.backend.notices import (
    AllListed,
    CommandRefused,
    Connected,
    ConnectionRefused,
    Disconnected,
    FrameReceived,
    FrameSent,
    Helped,
    MemoryNotKept,
    SettingChanged,
    StationListed,
)
from wattgate.core.backend.tags import Tags
from wattgate.core.ocpp.handshake import Admitted, EmptyUpgrade, HandshakeRequest, Refused
from wattgate.core.security.certificates import LinkSecurity
from wattgate.ports.links import Receiver
from wattgate.runtime.ends.backend_server import BackendServer
from wattgate.runtime.ends.backend_signing import BackendSigning
from wattgate.runtime.peer import Tools

WALL: Final = datetime(2026, 1, 1, tzinfo=UTC)
HEARTBEAT: Final = '[2,"h1","Heartbeat",{}]'
START: Final = (
    '[2,"s1","StartTransaction",'
    '{"connectorId":1,"idTag":"04A1","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"}]'
)
STARTED: Final = '[3,"s1",{"transactionId":5000,"idTagInfo":{"status":"Accepted"}}]'


class FixedClock:
    """Stands still."""

    def monotonic(self) -> float:
        return 100.0

    def wall(self) -> datetime:
        return WALL

    def is_synchronised(self) -> bool:
        return True


class CountingIdentifiers:
    """q1, q2, …"""

    def __init__(self) -> None:
        self._count = 0

    def message_id(self) -> str:
        self._count += 1
        return f"q{self._count}"

    def authorization_key(self) -> str:
        raise AssertionError("no key is asked for")

    def salt(self) -> bytes:
        return b"a pinch of salt"

    def fraction(self) -> float:
        return 0.0


@dataclass
class Wire:
    """A link that keeps what is sent over it."""

    peer_address: str = "127.0.0.1:50000"
    security: LinkSecurity = LinkSecurity.PLAIN
    sent: list[str] = field(default_factory=list)
    closed_with: list[int] = field(default_factory=list)

    def send(self, text: str) -> None:
        self.sent.append(text)

    def close(self, code: int, reason: str) -> None:
        self.closed_with.append(code)


class Disk:
    """A state file that can be full."""

    def __init__(self) -> None:
        self.full = False
        self.kept: list[Memory] = []

    def save(self, memory: Memory) -> None:
        if self.full:
            raise OSError("disk full")
        self.kept.append(memory)


class Bench:
    """A backend server and everything around it."""

    def __init__(
        self,
        *,
        guests: Guests | None = None,
        frames: bool = False,
        authority: PaperAuthority | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.disk = Disk()
        self.server = BackendServer(
            CentralSystem(Manners(), Tags()),
            guests or Guests(),
            Tools(FixedClock(), CountingIdentifiers()),
            self.events.append,
            save=self.disk.save,
            frames=frames,
            signing=BackendSigning(authority, self.events.append) if authority else None,
        )

    def connect(self, station_id: str = "CP1") -> tuple[Receiver, Wire]:
        wire = Wire()
        receiver = self.server.welcome(Admitted(station_id, "ocpp1.6"), wire.peer_address)
        receiver.opened(wire)
        return receiver, wire

    def events_of(self, *lines: str) -> list[Event]:
        """What the commands make happen; none of them ends the backend."""
        self.events.clear()
        assert all(self.server.order(line) for line in lines)
        return self.events


def upgrade(target: str, *subprotocols: str) -> HandshakeRequest:
    return HandshakeRequest(target, subprotocols, None, "127.0.0.1:50000")


def test_whoever_is_kept_out_is_reported_with_the_reason() -> None:
    bench = Bench(guests=Guests(known=frozenset({"CP1"}), password="secret"))
    assert isinstance(bench.server.admit(upgrade("/CP2", "ocpp1.6")), Refused)
    assert isinstance(bench.server.admit(upgrade("/", "ocpp1.6")), Refused)
    bench.server.turned_away("127.0.0.1:9", "no HTTP", None)
    ids = [event.id for event in bench.events if isinstance(event, ConnectionRefused)]
    assert ids == ["CP2", None, None]


def test_a_guest_is_admitted_silently() -> None:
    bench = Bench()
    assert bench.server.admit(upgrade("/CP1", "ocpp1.6")) == Admitted("CP1", "ocpp1.6")
    assert bench.events == []


def test_a_missing_subprotocol_is_reported_r22() -> None:
    bench = Bench()
    assert isinstance(bench.server.admit(upgrade("/CP1")), EmptyUpgrade)
    [event] = bench.events
    assert isinstance(event, ConnectionRefused)
    assert event.id == "CP1"


def test_a_call_is_answered_and_reported() -> None:
    bench = Bench()
    receiver, wire = bench.connect()
    receiver.received(HEARTBEAT)
    answer_text = '{"currentTime":"2026-01-01T00:00:00.000Z"}'
    assert wire.sent == [f'[3,"h1",{answer_text}]']
    assert bench.events[0] == Connected("CP1", "127.0.0.1:50000", "plain")
    assert bench.events[-1] == Replied("CP1", "Heartbeat", "h1", answer_text)
    receiver.closed(1006, "")
    assert bench.events[-1:] == [Disconnected("CP1", 1006, "")]


def test_a_wrong_call_is_refused_on_the_wire_r11() -> None:
    bench = Bench()
    receiver, wire = bench.connect()
    receiver.received('[2,"f1","Foo",{}]')
    assert wire.sent == ['[4,"f1","NotImplemented","unknown action \'Foo\'",{}]']


def test_a_transaction_is_on_disk_before_it_is_answered() -> None:
    bench = Bench()
    receiver, wire = bench.connect()
    kept = len(bench.disk.kept)
    receiver.received(START)
    assert [known.transaction_id for known in bench.disk.kept[kept].transactions] == [5000]
    assert wire.sent == [STARTED]
    assert any(isinstance(event, TransactionStarted) for event in bench.events)
    receiver.received(HEARTBEAT)
    assert len(bench.disk.kept) == kept + 1


def test_what_cannot_be_stored_is_refused_and_can_be_sent_again() -> None:
    bench = Bench()
    receiver, wire = bench.connect()
    bench.disk.full = True
    receiver.received(START)
    assert wire.sent == ['[4,"s1","InternalError","the backend could not store this",{}]']
    assert bench.events[-1] == MemoryNotKept("disk full")
    bench.disk.full = False
    receiver.received(START)
    assert wire.sent[1:] == [STARTED]
    assert len(bench.disk.kept[-1].transactions) == 1


def test_the_newest_connection_wins_r27() -> None:
    bench = Bench()
    old, old_wire = bench.connect()
    new, new_wire = bench.connect()
    assert old_wire.closed_with == [1008]
    assert [type(event) for event in bench.events] == [Connected, Disconnected, Connected]
    old.closed(1008, "replaced")
    assert len(bench.events) == 3
    new.received(HEARTBEAT)
    assert len(new_wire.sent) == 1
    bench.server.close()
    assert new_wire.closed_with == [1001]


@pytest.mark.asyncio
async def test_commands_become_calls_and_answers_become_events() -> None:
    bench = Bench()
    receiver, wire = bench.connect()
    bench.events_of("clear CP1", 'call CP1 Foo {"a": 1.10}', "unlock CP1")
    assert wire.sent == ['[2,"q1","ClearChargingProfile",{}]']
    receiver.received('[3,"q1",{"status" : "Unknown"}]')
    receiver.received('[4,"q2","NotImplemented","what?",{}]')
    receiver.closed(1006, "")
    assert wire.sent[1:] == [
        '[2,"q2","Foo",{"a": 1.10}]',
        '[2,"q3","UnlockConnector",{"connectorId":1}]',
    ]
    assert bench.events == [
        Requested("CP1", 1, "ClearChargingProfile", "{}"),
        Requested("CP1", 2, "Foo", '{"a": 1.10}'),
        Requested("CP1", 3, "UnlockConnector", '{"connectorId":1}'),
        Answered("CP1", 1, "ClearChargingProfile", '{"status" : "Unknown"}'),
        AnsweredError("CP1", 2, "Foo", "NotImplemented", "what?"),
        Unanswered("CP1", 3, "UnlockConnector", "the link was lost"),
        Disconnected("CP1", 1006, ""),
    ]


def test_a_command_to_somebody_who_is_away_is_refused_in_words() -> None:
    bench = Bench()
    assert bench.events_of("clear CP1", "drop CP1", "fly") == [
        CommandRefused("clear CP1", "CP1 is not connected"),
        CommandRefused("drop CP1", "CP1 is not connected"),
        CommandRefused("fly", "unknown command 'fly'; try help"),
    ]


def test_drop_closes_the_socket() -> None:
    bench = Bench()
    _, wire = bench.connect()
    bench.events_of("drop CP1")
    assert wire.closed_with == [1000]


def test_list_help_and_settings_are_answered() -> None:
    bench = Bench()
    bench.connect()
    assert bench.events_of("list", "", "help", "tag block 04A1", "boot pending") == [
        StationListed("CP1", "connected", "none", {}, ()),
        AllListed(1),
        Helped(HELP),
        SettingChanged("tag 04A1", "Blocked"),
        SettingChanged("boot", "Pending"),
    ]
    assert bench.disk.kept[-1].tags == {"04a1": "Blocked"}


def test_quit_ends_it() -> None:
    assert not Bench().server.order("quit")


def test_frames_are_reported_on_request() -> None:
    bench = Bench(frames=True)
    receiver, wire = bench.connect()
    receiver.received('[2,"d1","DataTransfer",{ "vendorId":"giro-e" }]')
    assert FrameReceived("CP1", '[2,"d1","DataTransfer",{ "vendorId":"giro-e" }]') in bench.events
    assert bench.events[-1] == FrameSent("CP1", '[3,"d1",{"status":"Accepted"}]')
    bench.events_of("drop CP1")
    receiver.closed(1000, "dropped")
    assert wire.closed_with == [1000]
    assert bench.events[-1:] == [Disconnected("CP1", 1000, "dropped")]


def test_without_a_state_file_nothing_is_saved() -> None:
    events: list[Event] = []
    tools = Tools(FixedClock(), CountingIdentifiers())
    server = BackendServer(CentralSystem(Manners(), Tags()), Guests(), tools, events.append)
    wire = Wire()
    receiver = server.welcome(Admitted("CP1", "ocpp1.6"), wire.peer_address)
    receiver.opened(wire)
    receiver.received(START)
    assert wire.sent == [STARTED]


# A certificate authority of its charge points


def signing(csr: str) -> str:
    return json.dumps([2, "c1", "SignCertificate", {"csr": csr}])


@in_virtual_time()
async def test_a_charge_point_gets_the_certificate_that_it_asks_for() -> None:
    bench = Bench(authority=PaperAuthority())
    receiver, wire = bench.connect()
    receiver.received(signing(request("CP1")))
    await asyncio.sleep(0.1)
    assert [json.loads(text) for text in wire.sent] == [
        [3, "c1", {"status": "Accepted"}],
        [2, "q1", "CertificateSigned", {"certificateChain": signed(request("CP1"))}],
    ]
    kinds = [event.kind for event in bench.events]
    assert kinds == ["connected", "call", "replied", "requested"]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (signing("x"), [3, "c1", {"status": "Rejected"}]),
        ('[2,"c1","SignCertificate",{}]', [4, "c1", "OccurenceConstraintViolation"]),
    ],
)
@in_virtual_time()
async def test_what_is_no_request_is_not_signed(text: str, answer: list[object]) -> None:
    bench = Bench(authority=PaperAuthority())
    receiver, wire = bench.connect()
    receiver.received(text)
    await asyncio.sleep(0.1)
    (frame,) = [json.loads(text) for text in wire.sent]
    assert frame[:3] == answer


@in_virtual_time()
async def test_a_charge_point_is_to_trust_the_backends_authority() -> None:
    bench = Bench(authority=PaperAuthority())
    _, wire = bench.connect()
    bench.events_of("install-root CP1")
    (frame,) = [json.loads(text) for text in wire.sent]
    assert frame[2] == "InstallCertificate"
    assert frame[3]["certificate"] == certificate("Paper Root")


def test_a_backend_without_an_authority_has_none_to_install() -> None:
    for bench in (Bench(), Bench(authority=PaperAuthority(name=""))):
        (event,) = bench.events_of("install-root CP1")
        assert event == CommandRefused(
            "install-root CP1", "the backend has no authority (--authority)"
        )
