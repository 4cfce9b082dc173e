"""The TLS options of the two ends that are for trying things out, and what is wrong with them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from wattgate.core.site.choices import TlsVersion


class Profile(IntEnum):
    """A security profile of "Improved security for OCPP 1.6-J" §2.1."""

    NONE = 0
    PASSWORD = 1
    """Plain or TLS, with a password."""
    TLS = 2
    """TLS, the server verified, with a password."""
    CLIENT_CERTIFICATE = 3
    """TLS, the server verified, with a certificate of our own."""


@dataclass(frozen=True, slots=True)
class ClientTls:
    """How the software wallbox is to speak TLS, as typed.

    `profile` None: whatever the other options bring about. `newest` "" and `ciphers` "": whatever
    both ends know.
    """

    authorities: tuple[Path, ...] = ()
    system_roots: bool = False
    check_name: bool = False
    certificate: Path | None = None
    key: Path | None = None
    profile: int | None = None
    newest: str = ""
    ciphers: str = ""

    @property
    def verifies(self) -> bool:
        """Whether somebody has to vouch for the server."""
        return self.system_roots or bool(self.authorities)

    def reached(self, url: str, password: str) -> Profile:
        """The security profile that comes of the options where none is asked for (R32)."""
        is_verified = self.verifies and urlsplit(url).scheme == "wss"
        if is_verified and self.certificate is not None:
            return Profile.CLIENT_CERTIFICATE
        if not password:
            return Profile.NONE
        return Profile.TLS if is_verified else Profile.PASSWORD


def client_problems(tls: ClientTls, url: str, password: str) -> Iterator[str]:
    """Everything that does not go together, without a look into the files."""
    is_secure = urlsplit(url).scheme == "wss"
    if not is_secure:
        for option, is_given in _given(tls).items():
            if is_given:
                yield f"{option}: counts for a wss:// address only"
    if tls.key is not None and tls.certificate is None:
        yield "--private-key: needs --certificate as well"
    if tls.check_name and not tls.verifies:
        yield "--check-name: needs --ca or --system-roots, or else nobody vouches for the name"
    if tls.newest and tls.newest not in set(TlsVersion):
        yield f"--tls-max-version {tls.newest}: is none of {', '.join(TlsVersion)}"
    yield from _below_profile(tls, password, is_secure=is_secure)


def _given(tls: ClientTls) -> dict[str, bool]:
    return {
        "--ca": bool(tls.authorities),
        "--system-roots": tls.system_roots,
        "--check-name": tls.check_name,
        "--certificate": tls.certificate is not None,
        "--private-key": tls.key is not None,
        "--tls-max-version": bool(tls.newest),
        "--ciphers": bool(tls.ciphers),
    }


_PROFILES: Final = frozenset(Profile)


def _below_profile(tls: ClientTls, password: str, *, is_secure: bool) -> Iterator[str]:
    """What a profile wants and is not there: a wallbox does not connect with less (R32)."""
    if tls.profile is None:
        return
    option = f"--security-profile {tls.profile}"
    if tls.profile not in _PROFILES:
        yield f"{option}: is none of 0, 1, 2, 3"
        return
    needs = (
        (Profile.TLS, is_secure, "a wss:// address"),
        (Profile.TLS, tls.verifies, "--ca or --system-roots, to verify the server"),
        (Profile.CLIENT_CERTIFICATE, tls.certificate is not None, "--certificate"),
    )
    for profile, is_there, what in needs:
        if tls.profile >= profile and not is_there:
            yield f"{option}: needs {what}"
    if tls.profile in (Profile.PASSWORD, Profile.TLS) and not password:
        yield f"{option}: needs --password"
