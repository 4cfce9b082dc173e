"""What the routes work with."""

from dataclasses import dataclass

from litestar.di import NamedDependency

from wattgate.adapters.web.access import Access
from wattgate.adapters.web.certificate_office import CertificateOffice
from wattgate.ports.signatures import SignatureCheck
from wattgate.ports.store import Store
from wattgate.runtime.manager import Manager
from wattgate.runtime.peer import Tools


@dataclass(frozen=True, slots=True)
class Services:
    """One running manager and what belongs to it; every route takes it as `services`.

    `exposure` is what others can read of the HTTP port; None: nothing.
    """

    manager: Manager
    store: Store
    tools: Tools
    access: Access
    signatures: SignatureCheck
    office: CertificateOffice
    exposure: str | None


GivenServices = NamedDependency[Services]
"""How a route asks for them."""
