"""`wattgate cert` in the data folder of a manager that does not run."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

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
from wattgate.adapters.web.certificate_office import CertificateOffice
from wattgate.cli.evse_login import MisuseError

T = TypeVar("T")


class LocalDesk:
    """Does what the API of a manager would do, with the same words (`cert_desk.Desk`)."""

    def __init__(self, office: CertificateOffice, runner: asyncio.Runner) -> None:
        self._office = office
        self._runner = runner

    effect = "the manager uses it when it starts"

    def sets(self) -> tuple[CertificateSet, ...]:
        """Every set."""
        return self._office.sets()

    def pem(self, set_name: str, certificate_id: str) -> str:
        """A certificate that a set holds, with its chain."""
        return _there(self._office.pem(set_name, certificate_id), certificate_id)

    def import_own(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Take an own certificate."""
        return self._wait(self._office.import_own(set_name, wish))

    def import_authorities(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Believe these."""
        return self._wait(self._office.import_authorities(set_name, wish))

    def remove(self, set_name: str, certificate_id: str) -> None:
        """Remove one that the set holds."""
        _there(self._wait(self._office.remove(set_name, certificate_id)), certificate_id)

    def authority(self) -> Authority:
        """The authority, if it was made yet."""
        return self._office.authority()

    def authority_pem(self) -> str:
        """Its certificate; it was made."""
        return _there(self._office.authority_pem(), "authority")

    def create_authority(self, wish: AuthorityWish) -> Authority:
        """Make it."""
        return self._wait(self._office.create_authority(wish))

    def issue_server(self, wish: ServerWish) -> NewCertificate:
        """For a server."""
        return self._wait(self._office.issue_server(wish))

    def issue_client(self, wish: ClientWish) -> NewCertificate:
        """For a wallbox."""
        return self._wait(self._office.issue_client(wish))

    def sign(self, wish: SigningWish) -> NewCertificate:
        """Sign a request."""
        return self._wait(self._office.sign(wish))

    def issued(self) -> tuple[IssuedCertificate, ...]:
        """Everything that was signed."""
        return self._office.issued()

    def revoke(self, certificate_id: str) -> IssuedCertificate:
        """Revoke one of those."""
        return _there(self._wait(self._office.revoke(certificate_id)), certificate_id)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)


def _there(found: T | None, name: str) -> T:
    if found is None:
        raise MisuseError(f"There is no certificate {name}")
    return found
