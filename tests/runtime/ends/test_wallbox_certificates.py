"""What the software wallbox answers about certificates."""

import json
from dataclasses import dataclass, field

import pytest
from tests.support.paper_certificates import (
    PaperCertificates,
    certificate,
    hash_data_of,
    request,
    signed,
)
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time

from wattgate.core.ocpp.frames import Call
from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.wallbox.effects import Happened
from wattgate.ports.links import DialFailed, DialStep, Link
from wattgate.runtime.ends.wallbox_certificates import SET, WallboxCertificates
from wattgate.runtime.peer import Peer, Tools

CENTRAL = "CentralSystemRootCertificate"
MAKER = "ManufacturerRootCertificate"
SIGN = {"requestedMessage": "SignChargePointCertificate"}


@dataclass
class Wire:
    """The other end: keeps what it hears, and takes every request."""

    peer: Peer | None = None
    peer_address: str = ""
    security: LinkSecurity = LinkSecurity.PLAIN
    heard: list[list[object]] = field(default_factory=list)

    def send(self, text: str) -> None:
        frame = json.loads(text)
        self.heard.append(frame)
        if frame[0] == 2 and self.peer is not None:
            self.peer.received(json.dumps([3, frame[1], {"status": "Accepted"}]))

    def close(self, code: int, reason: str) -> None: ...


class Owner:
    """Hears of nothing."""

    def peer_opened(self, peer: Peer) -> None: ...
    def peer_called(self, peer: Peer, call: Call) -> None: ...
    def peer_closed(self, peer: Peer, code: int, reason: str) -> None: ...


class Bench:
    """A wallbox's certificates, and the line to its central system."""

    def __init__(self) -> None:
        self.store = PaperCertificates()
        self.events: list[Happened] = []
        self.wire = Wire()
        self.peer = Peer("CP1", Owner(), Tools(FakeClock(), ScriptedIdentifiers()))
        self.wire.peer = self.peer
        link: Link = self.wire
        self.peer.opened(link)
        self.certificates = WallboxCertificates(self.store, "CP1", self.events.append)

    async def asked(self, action: str, payload: object) -> list[object]:
        """The answer's frame without its id."""
        call = Call("1", action, json.dumps(payload))
        assert self.certificates.concerns(call)
        self.peer.received(json.dumps([2, "1", action, payload]))
        await self.certificates.answer(self.peer, call)
        (frame,) = [frame for frame in self.wire.heard if frame[1] == "1"]
        self.wire.heard.clear()
        return [frame[0], *frame[2:]]


def install(name: str, kind: str = CENTRAL) -> object:
    return {"certificateType": kind, "certificate": certificate(name)}


def deleting(name: str) -> object:
    named = hash_data_of(certificate(name))
    hashes = {
        "hashAlgorithm": named.algorithm,
        "issuerNameHash": named.issuer_name_hash,
        "issuerKeyHash": named.issuer_key_hash,
        "serialNumber": named.serial_number,
    }
    return {"certificateHashData": hashes}


def status(word: str) -> list[object]:
    return [3, {"status": word}]


@in_virtual_time()
async def test_roots_are_installed_listed_and_deleted_but_for_the_last_one() -> None:
    bench = Bench()
    assert await bench.asked("InstallCertificate", install("A")) == status("Accepted")
    assert await bench.asked("InstallCertificate", install("B")) == status("Accepted")
    listed = await bench.asked("GetInstalledCertificateIds", {"certificateType": CENTRAL})
    assert len(listed[1]["certificateHashData"]) == 2  # type: ignore[index]  # JSON
    assert await bench.asked("DeleteCertificate", deleting("C")) == status("NotFound")
    assert await bench.asked("DeleteCertificate", deleting("A")) == status("Accepted")
    assert await bench.asked("DeleteCertificate", deleting("B")) == status("Failed")
    assert bench.store.names(SET) == ["B"]
    assert [event.facts["status"] for event in bench.events][-1] == "Failed"


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("InstallCertificate", install("A", MAKER), status("Rejected")),
        ("GetInstalledCertificateIds", {"certificateType": MAKER}, status("NotFound")),
        ("CertificateSigned", {"certificateChain": certificate("CP1")}, status("Rejected")),
    ],
)
@in_virtual_time()
async def test_what_it_has_no_use_for_is_refused(
    action: str, payload: object, answer: list[object]
) -> None:
    bench = Bench()
    assert await bench.asked(action, payload) == answer
    assert bench.store.names(SET) == []


@in_virtual_time()
async def test_it_asks_for_a_certificate_and_takes_what_answers_that() -> None:
    bench = Bench()
    call = Call("1", "ExtendedTriggerMessage", json.dumps(SIGN))
    bench.peer.received(json.dumps([2, "1", call.action, SIGN]))
    assert not await bench.certificates.answer(bench.peer, call)
    answer, asked = bench.wire.heard[:2]
    assert answer == [3, "1", {"status": "Accepted"}]
    assert asked[2] == "SignCertificate"
    assert bench.events[-1].facts == {"subject": "CP1", "taken": True}
    bench.wire.heard.clear()
    chain = signed(asked[3]["csr"])  # type: ignore[index]  # JSON
    assert await bench.asked("CertificateSigned", {"certificateChain": chain}) == status("Accepted")
    assert bench.store.names(SET) == ["CP1"]


@in_virtual_time()
async def test_what_does_not_fit_or_cannot_be_stored_gets_a_callerror() -> None:
    bench = Bench()
    answer = await bench.asked("InstallCertificate", {})
    assert answer[:2] == [4, "OccurenceConstraintViolation"]
    bench.store.is_full = True
    assert (await bench.asked("ExtendedTriggerMessage", SIGN))[:2] == [4, "InternalError"]


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ExtendedTriggerMessage", {"requestedMessage": "Heartbeat"}),
        ("TriggerMessage", SIGN),
        ("GetConfiguration", {}),
    ],
)
@in_virtual_time()
async def test_everything_else_concerns_it_not(action: str, payload: object) -> None:
    assert not Bench().certificates.concerns(Call("1", action, json.dumps(payload)))


@pytest.mark.parametrize("is_let_in", [True, False])
@in_virtual_time()
async def test_a_disk_that_is_full_does_not_end_the_wallbox(is_let_in: bool) -> None:
    bench = Bench()
    await bench.asked("ExtendedTriggerMessage", SIGN)
    chain = {"certificateChain": signed(request("CP1", "", bench.store.requests[SET]))}
    assert await bench.asked("CertificateSigned", chain) == status("Accepted")
    bench.store.is_full = True
    if is_let_in:
        await bench.certificates.connected()
    else:
        await bench.certificates.not_connected(DialFailed(DialStep.TLS, "refused"))
    assert bench.events[-1].facts["what"] == "no space left"
