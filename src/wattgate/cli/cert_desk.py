"""Where `wattgate cert` does its work: at a running manager, or in the folder of one that is not.

One process at a time works on a data folder (adapters.data_folder). So while a manager runs, it is
asked over its API, and what it answers is already in use; while none does, the folder is changed
directly. Nothing has to be noticed later by anybody.
"""

from ipaddress import ip_address
from typing import Protocol, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from wattgate.adapters.web.certificate_dto import (
    Authority,
    AuthorityWish,
    CertificateSet,
    ClientWish,
    HeldCertificate,
    Import,
    IssuedCertificate,
    NewCertificate,
    ServerWish,
    SigningWish,
)
from wattgate.adapters.web.problems import PASSPHRASE_NEEDED, PASSPHRASE_WRONG
from wattgate.cli.api_client import PATIENCE_S, ApiClient, ApiError
from wattgate.cli.evse_login import MisuseError
from wattgate.cli.evse_run import read
from wattgate.core.security.host_names import is_address
from wattgate.ports.certificates import PassphraseNeeded

T = TypeVar("T")

_SETS = "/api/v1/certificates"
_AUTHORITY = "/api/v1/authority"


class Desk(Protocol):
    """What can be done with certificates; as adapters.web.certificate_office, but it waits.

    What cannot be done raises ConfigError, PassphraseNeeded, StoreFailed or ApiError.
    """

    @property
    def effect(self) -> str:
        """From when on a change counts, in words."""
        ...

    def sets(self) -> tuple[CertificateSet, ...]:
        """Every set."""
        ...

    def pem(self, set_name: str, certificate_id: str) -> str:
        """A certificate that a set holds, with its chain."""
        ...

    def import_own(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Take an own certificate."""
        ...

    def import_authorities(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Believe these."""
        ...

    def remove(self, set_name: str, certificate_id: str) -> None:
        """Remove one that the set holds."""
        ...

    def authority(self) -> Authority:
        """The authority, if it was made yet."""
        ...

    def authority_pem(self) -> str:
        """Its certificate; it was made."""
        ...

    def create_authority(self, wish: AuthorityWish) -> Authority:
        """Make it."""
        ...

    def issue_server(self, wish: ServerWish) -> NewCertificate:
        """For a server."""
        ...

    def issue_client(self, wish: ClientWish) -> NewCertificate:
        """For a wallbox."""
        ...

    def sign(self, wish: SigningWish) -> NewCertificate:
        """Sign a request."""
        ...

    def issued(self) -> tuple[IssuedCertificate, ...]:
        """Everything that was signed."""
        ...

    def revoke(self, certificate_id: str) -> IssuedCertificate:
        """Revoke one of those."""
        ...


class RemoteDesk:
    """At a running manager; `is_here`: on this machine, by whichever address it is asked."""

    def __init__(self, api: ApiClient, url: str, *, is_here: bool = False) -> None:
        self._api = api
        self._is_private = is_here or _is_private(url)

    effect = "new connections see it from now on"

    def sets(self) -> tuple[CertificateSet, ...]:
        """Every set."""
        return self._ask(tuple[CertificateSet, ...], "GET", _SETS)

    def pem(self, set_name: str, certificate_id: str) -> str:
        """A certificate that a set holds, with its chain."""
        return self._told("GET", _path(set_name, certificate_id)).decode()

    def import_own(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Take an own certificate."""
        self._check_privacy()
        return self._ask(tuple[HeldCertificate, ...], "POST", _path(set_name, "own"), wish)

    def import_authorities(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Believe these."""
        return self._ask(tuple[HeldCertificate, ...], "POST", _path(set_name, "authorities"), wish)

    def remove(self, set_name: str, certificate_id: str) -> None:
        """Remove one that the set holds."""
        self._told("DELETE", _path(set_name, certificate_id))

    def authority(self) -> Authority:
        """The authority, if it was made yet."""
        return self._ask(Authority, "GET", _AUTHORITY)

    def authority_pem(self) -> str:
        """Its certificate; it was made."""
        return self._told("GET", f"{_AUTHORITY}/pem").decode()

    def create_authority(self, wish: AuthorityWish) -> Authority:
        """Make it."""
        return self._ask(Authority, "POST", _AUTHORITY, wish)

    def issue_server(self, wish: ServerWish) -> NewCertificate:
        """For a server."""
        if not wish.install:
            self._check_privacy()
        return self._ask(NewCertificate, "POST", f"{_AUTHORITY}/server", wish)

    def issue_client(self, wish: ClientWish) -> NewCertificate:
        """For a wallbox."""
        self._check_privacy()
        return self._ask(NewCertificate, "POST", f"{_AUTHORITY}/client", wish)

    def sign(self, wish: SigningWish) -> NewCertificate:
        """Sign a request."""
        return self._ask(NewCertificate, "POST", f"{_AUTHORITY}/requests", wish)

    def issued(self) -> tuple[IssuedCertificate, ...]:
        """Everything that was signed."""
        return self._ask(tuple[IssuedCertificate, ...], "GET", f"{_AUTHORITY}/issued")

    def revoke(self, certificate_id: str) -> IssuedCertificate:
        """Revoke one of those."""
        path = f"{_AUTHORITY}/issued/{quote(certificate_id, safe='')}/revoke"
        return self._ask(IssuedCertificate, "POST", path)

    def _check_privacy(self) -> None:
        if not self._is_private:
            raise MisuseError("A private key does not go over http:// to another machine: https://")

    def _ask(self, kind: type[T], method: str, path: str, body: msgspec.Struct | None = None) -> T:
        return read(self._told(method, path, body), kind)

    def _told(self, method: str, path: str, body: msgspec.Struct | None = None) -> bytes:
        try:
            return self._api.ask(method, path, body, patience_s=PATIENCE_S)
        except ApiError as exc:
            if exc.kind in (PASSPHRASE_NEEDED, PASSPHRASE_WRONG):
                raise PassphraseNeeded(was_wrong=exc.kind == PASSPHRASE_WRONG) from None
            raise


def _is_private(url: str) -> bool:
    """Whether nobody on the way can read along."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_here = host == "localhost" or (is_address(host) and ip_address(host).is_loopback)
    return parts.scheme == "https" or is_here


def _path(set_name: str, what: str) -> str:
    return f"{_SETS}/{quote(set_name, safe='')}/{quote(what, safe='')}"
