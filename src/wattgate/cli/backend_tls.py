"""The test backend as a server of TLS."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from wattgate.adapters.certificates.contexts import Contexts
from wattgate.adapters.certificates.entries import CertificateSet, OwnEntry, own_entry
from wattgate.adapters.certificates.making import self_signed
from wattgate.cli.tls_files import authorities_from, own_from
from wattgate.core.errors import Problem
from wattgate.core.security.certificates import KeyKind, Origin
from wattgate.core.security.tls_mode import TlsMode

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_EVERY_ADDRESS: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - recognised, not bound


@dataclass(frozen=True, slots=True)
class ServerTls:
    """How the backend is to speak TLS, as typed; `mode` "" leaves it to the other options."""

    mode: str = ""
    certificate: Path | None = None
    key: Path | None = None
    client_authorities: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class BackendTls:
    """What it comes to; `contexts` None where TLS is off."""

    mode: TlsMode = TlsMode.OFF
    contexts: Callable[[], ssl.SSLContext] | None = None

    @property
    def scheme(self) -> str:
        """How its URL begins."""
        return "wss" if self.mode is TlsMode.ON else "ws"


def opened(options: ServerTls, host: str, now: datetime, problems: list[Problem]) -> BackendTls:
    """Read the files, asking for passphrases, or make a certificate where none is named.

    Whatever is wrong is added to `problems`.
    """
    problems += _problems(options)
    mode = _mode(options)
    if mode is None or mode is TlsMode.OFF:
        return BackendTls()
    if options.certificate is None:
        own = _fresh(host, now)
    else:
        own = own_from("--certificate", options.certificate, options.key, problems)
    clients = authorities_from("--client-ca", options.client_authorities, now, problems)
    held = Contexts(lambda _: CertificateSet(own, clients))

    def context() -> ssl.SSLContext:
        made = held.server_context()
        if clients:
            made.verify_mode = ssl.CERT_REQUIRED  # none is let in without, as at a real backend
        return made

    return BackendTls(mode, context)


def _mode(options: ServerTls) -> TlsMode | None:
    if options.mode:
        return TlsMode(options.mode) if options.mode in set(TlsMode) else None
    wants = options.certificate is not None or bool(options.client_authorities)
    return TlsMode.ON if wants else TlsMode.OFF


def _problems(options: ServerTls) -> Iterator[Problem]:
    mode = _mode(options)
    if mode is None:
        yield Problem(f"--tls {options.mode}", f"is none of {', '.join(TlsMode)}")
    if options.key is not None and options.certificate is None:
        yield Problem("--private-key", "needs --certificate as well")
    if mode is TlsMode.OFF:
        for option, is_given in (
            ("--certificate", options.certificate is not None),
            ("--client-ca", bool(options.client_authorities)),
        ):
            if is_given:
                yield Problem(option, "does not go with --tls off")


def _fresh(host: str, now: datetime) -> tuple[OwnEntry, ...]:
    names = _LOOPBACK if host in _EVERY_ADDRESS else tuple(dict.fromkeys((host, *_LOOPBACK)))
    return tuple(own_entry(self_signed(kind, names, now), Origin.SELF_SIGNED) for kind in KeyKind)
