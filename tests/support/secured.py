"""A site whose backend is reached over TLS, with certificates on paper."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tests.support.frames import (
    HOUSE,
    Literal,
    Site,
    literal_backend,
    literal_wallbox,
    result,
    settled,
)
from tests.support.paper_certificates import PaperCertificates, certificate, hash_data_of, signed
from tests.support.world import Json, ScriptedDialer, World

from wattgate.core.security.certificates import HashData, Held, LinkSecurity, Role
from wattgate.core.security.dial_faults import TlsFault
from wattgate.ports.certificates import Material
from wattgate.ports.links import DialFailed, DialStep, DialTarget, Link, Receiver

URL = "wss://backend/CP1"
SET = "stall-1"
CENTRAL = "CentralSystemRootCertificate"
SIGN = "SignChargePointCertificate"
BOOT = {
    "chargePointVendor": "Vendor",
    "chargePointModel": "Model",
    "chargePointSerialNumber": "SN1",
}

SECURED = f"""{HOUSE}
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "wss://backend/"
password = "of the site"
"""

RELAYED = """
[site]
load_management = "observe"
[[evse]]
id = "stall-1"
address = "CP1"
[[evse.gateway]]
url = "wss://backend/"
password = "of the site"
offline_policy = "drop"
"""


@dataclass
class CheckingDialer(ScriptedDialer):
    """Verifies the backend where the set has an authority, and shows it our certificate.

    The backend's own one is vouched for by the authority `root`; it turns clients away whose
    certificate is in `refused`. `shown` is what was shown, "" for none, and by whom the backend
    was verified, "" for nobody.
    """

    certificates: PaperCertificates = field(default_factory=PaperCertificates)
    root: str = "Root"
    refused: set[str] = field(default_factory=set)
    shown: list[tuple[str, str]] = field(default_factory=list)

    async def dial(self, target: DialTarget, receiver: Receiver) -> Link:
        assert target.tls is not None
        held = self.certificates.held(target.tls.certificates)
        roots = names(held, Role.AUTHORITY)
        own = ",".join(names(held, Role.OWN))
        if roots and self.root not in roots:
            self.shown.append((own, "failed"))
            reason = "the backend's certificate is not accepted"
            raise DialFailed(DialStep.TLS, reason, fault=TlsFault.CERTIFICATE)
        self.shown.append((own, self.root if roots else ""))
        self.security = LinkSecurity.VERIFIED if roots else LinkSecurity.UNVERIFIED
        if own in self.refused:
            raise DialFailed(DialStep.HTTP, "the backend hung up")
        return await super().dial(target, receiver)


def names(held: tuple[Held, ...], role: Role) -> list[str]:
    """The common names of the certificates of one role."""
    return [each.facts.common_name for each in held if each.role is role]


async def a_secured_site(
    site_toml: str = SECURED, roots: tuple[str, ...] = (), backend: Literal | None = None
) -> Site:
    """One wallbox with its backend behind `wss://`; `roots` were stored by a person."""
    certificates = PaperCertificates()
    dialer = CheckingDialer(certificates=certificates)
    world = World(site_toml, dialer, certificates=certificates)
    for root in roots:
        await certificates.import_authorities(SET, material(root))
    backend = backend or literal_backend(SignCertificate=lambda _: {"status": "Accepted"})
    world.dialer.backends[URL] = backend
    await world.start()
    site = Site(world, literal_wallbox(), backend)
    await come(site)
    return site


async def come(site: Site) -> None:
    """The wallbox connects and boots, and the backend hears of it."""
    boots = len(site.backend.all_of("BootNotification"))
    site.world.plug_in("CP1", site.wallbox)
    await site.wallbox.ask("BootNotification", BOOT)
    await site.backend.got("BootNotification", times=boots + 1)
    await settled()


def material(name: str) -> Material:
    """A certificate as somebody brings it."""
    return Material((certificate(name).encode(),))


def dials(site: Site) -> list[tuple[str, str]]:
    """What was shown to the backend, and by whom it was verified, dial by dial."""
    dialer = site.world.dialer
    assert isinstance(dialer, CheckingDialer)
    return dialer.shown


def checking(site: Site) -> CheckingDialer:
    """The dialer of a secured site."""
    assert isinstance(site.world.dialer, CheckingDialer)
    return site.world.dialer


async def security_keys(site: Site) -> dict[str, Any]:
    """What GetConfiguration says of the link."""
    frame = await site.backend.ask("GetConfiguration", {"key": ["SecurityProfile"]})
    return {each["key"]: each.get("value") for each in frame[2]["configurationKey"]}


def install(name: str, kind: str = CENTRAL) -> Json:
    return {"certificateType": kind, "certificate": certificate(name)}


def named(hash_data: HashData) -> Json:
    return {
        "certificateHashData": {
            "hashAlgorithm": hash_data.algorithm,
            "issuerNameHash": hash_data.issuer_name_hash,
            "issuerKeyHash": hash_data.issuer_key_hash,
            "serialNumber": hash_data.serial_number,
        }
    }


def hashed(name: str, algorithm: str = "SHA256") -> HashData:
    return hash_data_of(certificate(name), algorithm)


async def installed(site: Site) -> int:
    """How many authorities the backend reads back."""
    payload = {"certificateType": CENTRAL}
    said = await result(site.backend, "GetInstalledCertificateIds", payload)
    return len(said.get("certificateHashData", []))


async def raise_profile(site: Site, profile: int) -> str:
    payload = {"key": "SecurityProfile", "value": str(profile)}
    answer = await result(site.backend, "ChangeConfiguration", payload)
    return str(answer["status"])


async def get_certificate(site: Site) -> Json:
    """The backend has us ask for a certificate, and signs it; the answer to that."""
    await result(site.backend, "ExtendedTriggerMessage", {"requestedMessage": SIGN})
    times = len(site.backend.all_of("SignCertificate"))
    csr = (await site.backend.got("SignCertificate", max(times, 1)))["csr"]
    return await result(site.backend, "CertificateSigned", {"certificateChain": signed(csr)})


async def again(site: Site) -> None:
    """Whoever lost its connection has it back."""
    await asyncio.sleep(2.0)
    if site.wallbox.closed_with is not None:
        await come(site)
    await asyncio.sleep(60.0)


def events(site: Site) -> list[str]:
    return [each["type"] for each in site.backend.all_of("SecurityEventNotification")]
