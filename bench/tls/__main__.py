"""What a wallbox's connection costs in TLS, beside a plain one on the same port.

Run `python -m bench.tls`. Figures vary with the machine; the ratio to plain is what to quote.
"""

import asyncio
import resource
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import IO, cast

from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.vault import Vault
from wattgate.adapters.clock import SystemClock
from wattgate.adapters.ocpp_socket.listener import OcppListener
from wattgate.adapters.ocpp_socket.loop import new_event_loop
from wattgate.core.ocpp.handshake import Admission, Admitted, HandshakeRequest
from wattgate.core.security.tls_mode import TlsMode
from wattgate.ports.links import Receiver

WARMING_UP, COUNTED = 50, 500
PAGE_BYTES = resource.getpagesize()
UPGRADE = (
    b"GET /CP1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
)


class Everybody:
    """A gatekeeper that lets everybody in and hears nobody out."""

    def admit(self, request: HandshakeRequest) -> Admission:
        return Admitted("CP1", "ocpp1.6")

    def welcome(self, admitted: Admitted, peer_address: str) -> Receiver:
        return SimpleNamespace(opened=_nothing, received=_nothing, closed=_nothing)

    def turned_away(self, peer_address: str, reason: str, claimed_id: str | None) -> None:
        print(reason, file=sys.stderr)


def _nothing(*_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Way:
    """How wallboxes connect."""

    name: str
    settings: Callable[[], ssl.SSLContext] | None


def settings(version: ssl.TLSVersion, ciphers: str | None = None) -> ssl.SSLContext:
    """A wallbox that trusts anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    if ciphers is not None:
        context.set_ciphers(ciphers)
    return context


V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
WAYS = (
    Way("plain", None),
    Way("TLS 1.3, ECDSA", lambda: settings(V1_3)),
    Way("TLS 1.2, ECDSA", lambda: settings(V1_2, "ECDHE+aECDSA+AESGCM")),
    Way("TLS 1.2, RSA 2048", lambda: settings(V1_2, "ECDHE+aRSA+AESGCM")),
    Way("TLS 1.2, TLS_RSA", lambda: settings(V1_2, "AES128-GCM-SHA256")),
)


async def serve() -> None:
    """The port; says memory (bytes) and CPU (s) for each line that it reads."""
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(Path(folder) / "certificates", SystemClock())
        await vault.open(("127.0.0.1",))
        contexts = Contexts(vault.get)
        listener = OcppListener(
            "127.0.0.1", 0, Everybody(), tls=TlsMode.DETECT, contexts=contexts.server_context
        )
        await listener.start()
        print(listener.port, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(memory_bytes(), cpu_s(), flush=True)
        await listener.close()


def memory_bytes() -> int:
    """What this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def cpu_s() -> float:
    """What this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Server:
    """The port in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.tls", "serve"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self._asks = cast(IO[str], self._process.stdin)  # both are pipes
        self._hears = cast(IO[str], self._process.stdout)
        self.port = int(self._hears.readline())

    def cost(self) -> tuple[int, float]:
        """Bytes of memory and s of CPU so far."""
        self._asks.write("\n")
        memory, cpu = self._hears.readline().split()
        return int(memory), float(cpu)

    def close(self) -> None:
        self._asks.close()
        self._process.wait()


async def measure(way: Way) -> tuple[float, float]:
    """KiB of memory and ms of CPU per open connection."""
    server = Server()
    context = way.settings() if way.settings is not None else None
    held: list[asyncio.StreamWriter] = []

    async def connect(count: int) -> None:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
            writer.write(UPGRADE)
            await reader.readuntil(b"\r\n\r\n")
            held.append(writer)

    await connect(WARMING_UP)
    memory_before, cpu_before = server.cost()
    await connect(COUNTED)
    memory, cpu = server.cost()
    for writer in held:
        writer.transport.abort()
    server.close()
    return (memory - memory_before) / COUNTED / 1024, (cpu - cpu_before) / COUNTED * 1000


async def compare() -> None:
    """Print one row per way."""
    plain: tuple[float, float] | None = None
    for way in WAYS:
        kib, ms = await measure(way)
        plain = plain or (kib, ms)
        ratios = f"{kib / plain[0]:.1f} and {ms / plain[1]:.1f} times plain"
        print(f"{way.name:20} {kib:6.1f} KiB {ms:6.2f} ms CPU  {ratios}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(serve())
    else:
        asyncio.run(compare())
