import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.paper_certificates import PaperCertificates, signed
from tests.support.virtual_time import FakeClock, ScriptedIdentifiers, in_virtual_time
from tests.support.wallboxes import CARD, answers_of_a_friend

from wattgate.core.security.certificates import LinkSecurity
from wattgate.core.wallbox.actions import Plug, PowerCycle, PresentCard
from wattgate.core.wallbox.charge_point import ChargePoint
from wattgate.core.wallbox.effects import Happened
from wattgate.core.wallbox.moment import Moment, stamp
from wattgate.core.wallbox.options import Options
from wattgate.ports.certificates import Certificates
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver
from wattgate.runtime.ends.wallbox_certificates import WallboxCertificates
from wattgate.runtime.ends.wallbox_loop import Account, WallboxLoop
from wattgate.runtime.peer import Tools
from wattgate.runtime.supervisor import Supervisor

URL = "ws://backend.example/CP1"


@dataclass
class FarEnd:
    """The central system's end of a link: answers in the next turn of the loop."""

    receiver: Receiver
    answer: Callable[[str], Any]
    is_deaf: bool = False
    peer_address: str = "192.0.2.1:80"
    security: LinkSecurity = LinkSecurity.PLAIN
    heard: list[str] = field(default_factory=list)
    is_open: bool = True

    def send(self, text: str) -> None:
        self.heard.append(text)
        kind, unique_id, *rest = json.loads(text)
        if kind == 2:
            reply = self.answer(rest[0])
            if reply is not None:
                self.say(json.dumps([3, unique_id, reply]))

    def say(self, text: str) -> None:
        asyncio.get_running_loop().call_soon(self._arrive, text)

    def _arrive(self, text: str) -> None:
        if self.is_open:
            self.receiver.received(text)

    def close(self, code: int, reason: str) -> None:
        if not self.is_deaf:
            asyncio.get_running_loop().call_soon(self.lose, code, reason)

    def lose(self, code: int = 1006, reason: str = "") -> None:
        if self.is_open:
            self.is_open = False
            self.receiver.closed(code, reason)


@dataclass
class Bench:
    """A wallbox on a loop in virtual time; implements ports.links.Dialer."""

    clock: FakeClock = field(default_factory=FakeClock)
    failures: list[DialFailed] = field(default_factory=list)
    targets: list[tuple[float, DialTarget]] = field(default_factory=list)
    ends: list[FarEnd] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=answers_of_a_friend)
    is_deaf: bool = False
    security: LinkSecurity = LinkSecurity.PLAIN
    wallbox: WallboxLoop | None = None

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        self.targets.append((self.clock.monotonic(), target))
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        end = FarEnd(receiver, self._answer, self.is_deaf, security=self.security)
        self.ends.append(end)
        receiver.opened(end)
        return end

    def _answer(self, action: str) -> Any:  # noqa: ANN401 - JSON
        text = json.dumps(self.answers[action])
        return json.loads(text.replace('"now"', f'"{stamp(self.clock.wall())}"'))

    @property
    def end(self) -> FarEnd:
        return self.ends[-1]

    @property
    def loop(self) -> WallboxLoop:
        assert self.wallbox is not None
        return self.wallbox

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def heard(self, action: str) -> list[Any]:
        frames = [json.loads(text) for end in self.ends for text in end.heard]
        return [frame[3] for frame in frames if frame[0] == 2 and frame[2] == action]


@asynccontextmanager
async def running(
    bench: Bench,
    *,
    frames: bool = False,
    certificates: Certificates | None = None,
    **options: Any,  # noqa: ANN401 - the fields of Options
) -> AsyncIterator[Bench]:
    clock = bench.clock
    bench.wallbox = WallboxLoop(
        ChargePoint(Options("CP1", **options), Moment(clock.monotonic(), clock.wall())),
        Account("CP1", URL, "Basic Q1AxOng="),
        bench,
        Tools(clock, ScriptedIdentifiers()),
        bench.events.append,
        frames=frames,
        certificates=(
            WallboxCertificates(certificates, "CP1", bench.events.append) if certificates else None
        ),
    )
    async with Supervisor() as supervisor:
        supervisor.spawn(bench.wallbox.run(), name="wallbox")
        await asyncio.sleep(0.5)
        yield bench


@in_virtual_time()
async def test_the_wallbox_dials_boots_and_reports_its_states() -> None:
    async with running(Bench()) as bench:
        assert bench.targets == [(0.0, DialTarget(URL, "Basic Q1AxOng="))]
        actions = [json.loads(text)[2] for text in bench.end.heard]
        assert actions == ["BootNotification", "StatusNotification", "StatusNotification"]
        assert bench.kinds() == ["status", "connected", "boot"]


@pytest.mark.parametrize("security", [LinkSecurity.UNVERIFIED, LinkSecurity.VERIFIED])
@in_virtual_time()
async def test_a_connection_with_tls_says_what_it_proves_s10(security: LinkSecurity) -> None:
    async with running(Bench(security=security)) as bench:
        assert bench.kinds() == ["status", "secured", "connected", "boot"]
        (told,) = [event.facts for event in bench.events if event.kind == "secured"]
        assert told["security"] == security.value
        assert ("not verified" in str(told["what"])) is (security is LinkSecurity.UNVERIFIED)


@in_virtual_time()
async def test_a_transaction_runs_by_its_own_timers() -> None:
    async with running(Bench()) as bench:
        bench.loop.handle(Plug())
        bench.loop.handle(PresentCard(CARD))
        await asyncio.sleep(570)
        assert len(bench.heard("StartTransaction")) == 1
        assert len(bench.heard("MeterValues")) == 9


@in_virtual_time()
async def test_commands_are_answered_and_refused() -> None:
    async with running(Bench()) as bench:
        bench.end.say('[2,"a","ClearCache",{}]')
        bench.end.say('[2,"b","Foo",{}]')
        await asyncio.sleep(0.1)
        answers = [json.loads(text) for text in bench.end.heard[-2:]]
        assert answers[0] == [3, "a", {"status": "Accepted"}]
        assert answers[1][:3] == [4, "b", "NotImplemented"]


@in_virtual_time()
async def test_a_lost_link_is_dialled_again_and_nothing_is_lost_r58() -> None:
    async with running(Bench()) as bench:
        bench.answers["StartTransaction"] = None
        bench.loop.handle(Plug())
        bench.loop.handle(PresentCard(CARD))
        await asyncio.sleep(5)
        bench.answers["StartTransaction"] = answers_of_a_friend()["StartTransaction"]
        bench.end.lose(1006, "no pong")
        await asyncio.sleep(5)
        first, second = bench.heard("StartTransaction")
        assert first == second
        assert {"reason": "1006 no pong"} in [event.facts for event in bench.events]
        assert bench.kinds()[-1] == "started"


@in_virtual_time()
async def test_a_silent_central_system_is_asked_again_r66() -> None:
    async with running(Bench()) as bench:
        bench.answers["StartTransaction"] = None
        bench.loop.handle(Plug())
        bench.loop.handle(PresentCard(CARD))
        await asyncio.sleep(100)
        assert len(bench.heard("StartTransaction")) == 2
        assert len(bench.ends) == 1


@in_virtual_time()
async def test_failures_to_connect_wait_longer_and_longer_r29() -> None:
    bench = Bench(failures=[DialFailed(DialStep.TCP, "connection refused")] * 4)
    async with running(bench):
        await asyncio.sleep(60)
        assert [at for at, _ in bench.targets] == [0.0, 1.0, 3.0, 7.0, 15.0]
        refused = {"step": "tcp", "reason": "connection refused"}
        assert [e.facts for e in bench.events if e.kind == "not-connected"] == [refused] * 4


@in_virtual_time()
async def test_a_restart_hangs_up_and_boots_again() -> None:
    async with running(Bench()) as bench:
        bench.loop.handle(PowerCycle())
        bench.end.say('[2,"late","ClearCache",{}]')
        await asyncio.sleep(10)
        assert len(bench.ends) == 2
        assert len(bench.heard("BootNotification")) == 2
        assert not any('"late"' in text for end in bench.ends for text in end.heard)


@in_virtual_time()
async def test_a_wallbox_comes_back_at_once_with_a_new_password_r24() -> None:
    async with running(Bench()) as bench:
        value = {"key": "AuthorizationKey", "value": "00" * 16}
        bench.end.say(json.dumps([2, "a", "ChangeConfiguration", value]))
        await asyncio.sleep(5)
        assert len(bench.ends) == 2
        assert any('"Accepted"' in text for text in bench.ends[0].heard)
        assert bench.targets[-1][1].authorization == "Basic Q1AxOgAAAAAAAAAAAAAAAAAAAAA="


@in_virtual_time()
async def test_a_raw_text_is_sent_as_it_is() -> None:
    async with running(Bench()) as bench:
        bench.loop.send_raw('[2, "r", "Heartbeat", {}]')
        assert bench.end.heard[-1] == '[2, "r", "Heartbeat", {}]'
        await asyncio.sleep(0.1)
        assert bench.end.is_open


@in_virtual_time()
async def test_a_raw_text_without_link_is_a_problem() -> None:
    async with running(Bench(failures=[DialFailed(DialStep.DNS, "?")])) as bench:
        bench.loop.send_raw("x")
        assert bench.events[-1] == Happened("problem", {"what": "not connected: nothing is sent"})


@pytest.mark.parametrize(("frames", "kinds"), [(True, {"sent", "received"}), (False, set())])
def test_frames_are_reported_where_that_is_wanted(frames: bool, kinds: set[str]) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        async with running(Bench(), frames=frames) as bench:
            assert {"sent", "received"} & set(bench.kinds()) == kinds

    scenario()


@pytest.mark.parametrize(("is_deaf", "takes_s"), [(False, 0.0), (True, 1.0)])
def test_the_end_says_goodbye_but_does_not_wait_for_ever(is_deaf: bool, takes_s: float) -> None:
    @in_virtual_time()
    async def scenario() -> None:
        bench = Bench(is_deaf=is_deaf)
        async with running(bench):
            begun = bench.clock.monotonic()
        assert bench.clock.monotonic() - begun == takes_s
        assert bench.end.is_open is is_deaf

    scenario()


@in_virtual_time()
async def test_without_link_the_end_is_at_once() -> None:
    async with running(Bench(failures=[DialFailed(DialStep.DNS, "?")])) as bench:
        pass
    assert bench.ends == []


# Certificates (what it answers to each message is in test_wallbox_certificates)


async def signed_for(bench: Bench) -> None:
    """The central system has the wallbox ask for a certificate, and gives it."""
    bench.answers["SignCertificate"] = {"status": "Accepted"}
    trigger = '{"requestedMessage":"SignChargePointCertificate"}'
    bench.end.say(f'[2,"t","ExtendedTriggerMessage",{trigger}]')
    await asyncio.sleep(0.1)
    (asked,) = bench.heard("SignCertificate")
    payload = json.dumps({"certificateChain": signed(asked["csr"])})
    bench.end.say(f'[2,"s","CertificateSigned",{payload}]')
    await asyncio.sleep(0.1)


@in_virtual_time()
async def test_the_wallbox_connects_anew_with_a_certificate_that_was_signed() -> None:
    certificates = PaperCertificates()
    async with running(Bench(), certificates=certificates) as bench:
        await signed_for(bench)
        assert json.loads(bench.end.heard[-1]) == [3, "s", {"status": "Accepted"}]
        assert len(bench.ends) == 1
        await asyncio.sleep(5)
        assert len(bench.ends) == 2
        assert certificates.names("wallbox") == ["CP1"]
        assert certificates.former == {}


@in_virtual_time()
async def test_a_certificate_that_is_refused_gives_way_to_the_one_before() -> None:
    certificates = PaperCertificates()
    async with running(Bench(), certificates=certificates) as bench:
        bench.failures.append(DialFailed(DialStep.TLS, "unknown authority"))
        await signed_for(bench)
        await asyncio.sleep(10)
        assert len(bench.ends) == 2
        assert certificates.names("wallbox") == []
        assert "certificate-taken-back" in bench.kinds()


@in_virtual_time()
async def test_a_central_system_that_is_away_says_nothing_about_a_certificate() -> None:
    certificates = PaperCertificates()
    async with running(Bench(), certificates=certificates) as bench:
        bench.failures.append(DialFailed(DialStep.TCP, "refused"))
        await signed_for(bench)
        await asyncio.sleep(10)
        assert certificates.names("wallbox") == ["CP1"]


@in_virtual_time()
async def test_a_wallbox_without_certificates_does_not_support_them() -> None:
    async with running(Bench()) as bench:
        bench.end.say('[2,"a","CertificateSigned",{"certificateChain":"x"}]')
        await asyncio.sleep(0.1)
        assert json.loads(bench.end.heard[-1])[:3] == [4, "a", "NotSupported"]


@in_virtual_time()
async def test_a_link_that_was_lost_meanwhile_is_not_hung_up_again() -> None:
    async with running(Bench(), certificates=PaperCertificates()) as bench:
        await signed_for(bench)
        bench.end.lose()
        await asyncio.sleep(10)
        assert len(bench.ends) == 2
