"""Who is refused because of what its backend changed, and what is not to be stored then (R37)."""

import asyncio
from dataclasses import dataclass, field

import pytest
from tests.support.paper_certificates import PaperCertificates, certificate
from tests.support.secured import SET, material
from tests.support.virtual_time import in_virtual_time

from wattgate.adapters.store.memory import MemoryStore
from wattgate.core.gateway.link.link_trial import UNTRIED, LinkTrial, with_certificate, with_root
from wattgate.core.security.certificates import LinkSecurity, Origin
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver, TlsTerms
from wattgate.runtime.gateway.link.secure_login import SecureLogin

TARGET = DialTarget("wss://backend/CP1", None, tls=TlsTerms(SET))
UNVERIFIED = DialFailed(DialStep.TLS, "not verified", fault=TlsFault.CERTIFICATE)
AWAY = DialFailed(DialStep.TCP, "refused")


@dataclass
class Nobody:
    """The two ends of a connection that nothing is said over."""

    security: LinkSecurity = LinkSecurity.PLAIN
    peer_address: str = ""

    def send(self, text: str) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def opened(self, link: Link) -> None: ...
    def received(self, text: str) -> None: ...
    def closed(self, code: int, reason: str) -> None: ...


@dataclass
class Outcomes:
    """A dialer that fails as it is told, dial by dial; None connects."""

    said: list[DialFailed | None]
    security: LinkSecurity = LinkSecurity.PLAIN
    dials: int = 0
    hangs_after: int | None = None

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        self.dials += 1
        if self.dials - 1 == self.hangs_after:
            await asyncio.Event().wait()
        failure = self.said.pop(0)
        if failure is not None:
            raise failure
        return Nobody(self.security)


@dataclass
class Bench:
    """One login over a dialer that fails as it is told."""

    outcomes: list[DialFailed | None]
    target: DialTarget = TARGET
    certificates: PaperCertificates = field(default_factory=PaperCertificates)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.dialer = Outcomes(self.outcomes)
        self.login = SecureLogin("link", self.target, self.dialer, self.certificates, self.store)
        self.proven = 0
        self.undone: list[LinkTrial] = []
        self.login.on_proven = self._count
        self.login.on_undone = self.undone.append

    def _count(self) -> None:
        self.proven += 1

    async def install(self, name: str) -> None:
        """As the backend does."""
        held = await self.certificates.import_authorities(SET, material(name), Origin.INSTALLED)
        await self.login.change(with_root(self.login.trial, held[0].facts.id))

    async def get_certificate(self) -> None:
        """As the backend signs one."""
        csr = await self.certificates.begin_request(SET, "SN1", "")
        key = self.certificates.requests[SET]
        assert csr
        await self.certificates.finish_request(SET, certificate("SN1", key))
        await self.login.change(with_certificate(self.login.trial))

    async def dial(self) -> Link:
        return await self.login.dial(self.target, Nobody())


@in_virtual_time()
async def test_a_link_that_nobody_changed_fails_as_it_fails() -> None:
    bench = Bench([UNVERIFIED, None])
    with pytest.raises(DialFailed, match="not verified"):
        await bench.dial()
    await bench.dial()
    assert (bench.dialer.dials, bench.proven, bench.undone) == (2, 0, [])


@in_virtual_time()
async def test_what_held_is_proven_once_r37() -> None:
    bench = Bench([None, None])
    bench.dialer.security = LinkSecurity.VERIFIED
    await bench.install("Root")
    await bench.get_certificate()
    await bench.dial()
    await bench.dial()
    assert (bench.proven, bench.login.trial) == (1, UNTRIED)
    assert bench.login.is_verified
    assert bench.certificates.former == {}


@pytest.mark.parametrize(
    "failure",
    [
        DialFailed(DialStep.DNS, "no such host"),
        DialFailed(DialStep.TCP, "refused"),
        DialFailed(DialStep.HTTP, "busy", 503),
        DialFailed(DialStep.SUBPROTOCOL, "none"),
    ],
)
@in_virtual_time()
async def test_a_backend_that_is_away_says_nothing_about_what_it_changed_r37(
    failure: DialFailed,
) -> None:
    bench = Bench([failure])
    await bench.install("Root")
    await bench.get_certificate()
    with pytest.raises(DialFailed):
        await bench.dial()
    assert bench.dialer.dials == 1
    assert bench.certificates.names(SET) == ["SN1", "Root"]


@in_virtual_time()
async def test_everything_that_is_on_trial_is_taken_back_together_r37() -> None:
    bench = Bench([UNVERIFIED, None])
    await bench.install("Root")
    await bench.get_certificate()
    await bench.dial()
    assert bench.certificates.names(SET) == []
    assert not bench.login.is_verified
    assert len(bench.undone) == 1
    assert (bench.proven, bench.login.trial) == (0, UNTRIED)


@in_virtual_time()
async def test_a_backend_that_went_away_while_it_was_asked_is_asked_again_r37() -> None:
    """Nobody knows yet whether it lets us in without what it changed."""
    bench = Bench([UNVERIFIED, AWAY, UNVERIFIED, None])
    await bench.install("Root")
    with pytest.raises(DialFailed):
        await bench.dial()
    assert bench.certificates.names(SET) == ["Root"]
    await bench.dial()
    assert bench.certificates.names(SET) == []


@in_virtual_time()
async def test_who_is_stopped_while_asking_has_taken_nothing_back_r37() -> None:
    bench = Bench([UNVERIFIED])
    await bench.install("Root")
    bench.dialer.hangs_after = 1
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10.0):
            await bench.dial()
    assert bench.certificates.removed == ["Root"]
    assert bench.certificates.names(SET) == ["Root"]


@in_virtual_time()
async def test_an_authority_that_expired_on_the_way_does_not_come_back_r37() -> None:
    bench = Bench([UNVERIFIED, UNVERIFIED])
    await bench.install("Root")
    root = bench.certificates.held(SET)[0]
    bench.certificates.sets[SET] = [(root, certificate("expired"))]
    with pytest.raises(DialFailed, match="neither with what the backend changed nor without it"):
        await bench.dial()
    assert bench.certificates.names(SET) == []


@in_virtual_time()
async def test_a_disk_that_is_full_takes_nothing_back_and_the_login_goes_on_r37() -> None:
    bench = Bench([UNVERIFIED, None, None])
    await bench.install("Root")
    bench.certificates.is_full = True
    with pytest.raises(DialFailed, match="not verified"):
        await bench.dial()
    assert bench.certificates.names(SET) == ["Root"]
    bench.certificates.is_full = False
    bench.store.failing = True
    await bench.dial()
    assert bench.proven == 1


@in_virtual_time()
async def test_a_former_certificate_that_cannot_be_removed_is_no_reason_to_stop_r37() -> None:
    bench = Bench([None])
    await bench.get_certificate()
    bench.certificates.is_full = True
    await bench.dial()
    assert bench.login.trial == UNTRIED


@pytest.mark.parametrize(
    ("target", "verified"),
    [
        (TARGET, False),
        (DialTarget("wss://backend/CP1", None, tls=TlsTerms(SET, system_roots=True)), True),
        (DialTarget("ws://backend/CP1", None, tls=TlsTerms(SET, system_roots=True)), False),
        (DialTarget("wss://backend/CP1", None), False),
    ],
)
@in_virtual_time()
async def test_a_backend_will_be_verified_where_somebody_vouches_for_it_and_then_is_or_not_p23(
    target: DialTarget, verified: bool
) -> None:
    bench = Bench([None], target)
    assert bench.login.is_verified is verified
    bench.dialer.security = LinkSecurity.UNVERIFIED if verified else LinkSecurity.VERIFIED
    await bench.dial()
    assert bench.login.is_verified is not verified
