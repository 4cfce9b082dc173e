"""What can be done with certificates, in the words of the API.

The routes do it for whoever asks over HTTP, `wattgate cert` for whoever sits at the data folder
of a manager that does not run.
"""

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog

from wattgate.adapters.web.backend_words import logins_of
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
from wattgate.adapters.web.certificate_presenting import Presenter
from wattgate.core.errors import ConfigError, Problem
from wattgate.core.security.certificates import SERVER_SET, Held, IssuedEntry, KeyKind, Origin
from wattgate.core.security.endings import Ending, endings
from wattgate.core.site.logins import Login
from wattgate.core.site.model import EvseSettings, Site
from wattgate.ports import certificates as port
from wattgate.ports.clock import Clock
from wattgate.runtime.evse_state import EvseState
from wattgate.runtime.expiry_watch import stock_of

log = structlog.get_logger()

NAME_CHARS = range(1, 101)
"""How long the name of a set may be: as `certificates` of a gateway, and the id of an EVSE."""


def used_by(site: Site, running: Iterable[EvseState] = ()) -> dict[str, tuple[str, ...]]:
    """The EVSEs whose gateways use a set of certificates, by its name.

    One that is running tells itself which it uses. Of the others a login that EVSEs share counts as
    that of the one with the lowest connector, which is numbered first.
    """
    in_use = {state.evse.evse_id: _in_use(state) for state in running}
    found: dict[str, dict[str, None]] = {}
    for evse in site.evses:
        for name in in_use.get(evse.id) or _of_settings(site, evse):
            found.setdefault(name, {})[evse.id] = None
    return {name: tuple(evses) for name, evses in found.items()}


def _in_use(state: EvseState) -> tuple[str, ...]:
    terms = (each.link.identity.target.tls for each in logins_of(state.evse))
    return tuple(each.certificates for each in terms if each is not None)


def _of_settings(site: Site, evse: EvseSettings) -> Iterator[str]:
    for gateway in evse.gateways:
        ours = Login(evse, gateway)
        sharing = (
            each
            for each in site.evses
            if each is evse or any(ours.is_shared_with(Login(each, one)) for one in each.gateways)
        )
        yield gateway.certificate_set(min(sharing, key=lambda each: each.ocpp_connector).id)


class CertificateOffice:
    """Everything about the certificates of one manager; `used` says who uses which set.

    Its methods raise ConfigError, PassphraseNeeded and StoreFailed as the ports do.
    """

    def __init__(
        self,
        certificates: port.Certificates,
        authority: port.Authority,
        clock: Clock,
        used: Callable[[], Mapping[str, tuple[str, ...]]],
    ) -> None:
        self._certificates = certificates
        self._authority = authority
        self._clock = clock
        self._used = used

    def endings(self) -> tuple[Ending, ...]:
        """Every certificate that ends one day and somebody has to look after."""
        return endings(stock_of(self._certificates, self._authority))

    # Sets

    def sets(self) -> tuple[CertificateSet, ...]:
        """Every set that holds something or that a gateway uses, `server` first."""
        presenter, used = self._presenter(), self._used()
        return tuple(self._shown(presenter, name, used) for name in self._names(used))

    def set_named(self, name: str) -> CertificateSet | None:
        """One set; None for a name that nobody uses."""
        used = self._used()
        if name not in self._names(used):
            return None
        return self._shown(self._presenter(), name, used)

    def pem(self, set_name: str, certificate_id: str) -> str | None:
        """A certificate and its chain, without the key."""
        return self._certificates.pem(set_name, certificate_id)

    async def import_own(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Put an own certificate in place of the one with the same kind of key."""
        _check_name(set_name)
        held = await self._certificates.import_own(set_name, _material(wish))
        return self._imported(set_name, held)

    async def import_authorities(self, set_name: str, wish: Import) -> tuple[HeldCertificate, ...]:
        """Believe these, and whoever they vouch for."""
        _check_name(set_name)
        held = await self._certificates.import_authorities(set_name, _material(wish))
        return self._imported(set_name, held)

    async def remove(self, set_name: str, certificate_id: str) -> HeldCertificate | None:
        """Remove one, with its key; None where there was none."""
        removed = await self._certificates.remove(set_name, certificate_id)
        if removed is None:
            return None
        _note("certificate removed", set_name, removed)
        return self._presenter().held(set_name, (removed,))[0]

    # The authority

    def authority(self) -> Authority:
        """Whether there is one, and until when."""
        return self._presenter().authority(self._authority.certificate())

    async def create_authority(self, wish: AuthorityWish) -> Authority:
        """Make it."""
        made = await self._authority.create(
            wish.common_name, wish.organisation, wish.days, wish.key
        )
        log.info("authority created", subject=made.subject, id=made.id)
        return self.authority()

    def authority_pem(self) -> str | None:
        """Its certificate for whoever is to believe it."""
        return self._authority.certificate_pem()

    def authority_der(self) -> bytes | None:
        """The same in the binary form that some wallboxes want."""
        text = self._authority.certificate_pem()
        return ssl.PEM_cert_to_DER_cert(text) if text is not None else None

    async def issue_server(self, wish: ServerWish) -> NewCertificate:
        """For a server of these names.

        With `install` it is for this one, which needs one of each kind of key (R33), and shows
        them when this returns.
        """
        if not wish.install:
            issued = await self._authority.issue_server(wish.names, wish.days, wish.key)
            return self._given("server", issued, wish.passphrase)
        made = [
            await self._authority.issue_server(wish.names, wish.days, kind)
            for kind in sorted(KeyKind, key=lambda kind: kind is wish.key)
        ]
        for issued in made:
            parts = (issued.certificate_pem.encode(), (issued.key_pem or "").encode())
            material = port.Material(parts)
            held = await self._certificates.import_own(SERVER_SET, material, Origin.ISSUED)
            self._imported(SERVER_SET, held)
        return NewCertificate(self._entry("server", made[-1]), made[-1].certificate_pem)

    async def issue_client(self, wish: ClientWish) -> NewCertificate:
        """For a wallbox or another client."""
        issued = await self._authority.issue_client(
            wish.common_name, wish.organisation, wish.days, wish.key
        )
        return self._given("client", issued, wish.passphrase)

    async def sign(self, wish: SigningWish) -> NewCertificate:
        """Sign what a client asks for that keeps its key to itself."""
        names = (wish.common_name,) if wish.common_name is not None else ()
        issued = await self._authority.sign_client(wish.request, wish.days, names)
        return self._given("client", issued, None)

    def issued(self) -> tuple[IssuedCertificate, ...]:
        """Everything that it has signed, newest first."""
        presenter = self._presenter()
        return tuple(presenter.issued(entry) for entry in self._authority.issued())

    async def revoke(self, certificate_id: str) -> IssuedCertificate | None:
        """Believe it no more from the next handshake on; None for an unknown one."""
        entry = await self._authority.revoke(certificate_id)
        if entry is None:
            return None
        log.info("certificate revoked", subject=entry.facts.subject, id=entry.facts.id)
        return self._presenter().issued(entry)

    # Inside

    def _presenter(self) -> Presenter:
        return Presenter(stock_of(self._certificates, self._authority), self._clock.wall())

    def _names(self, used: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self._certificates.set_names(), *used)))

    def _shown(
        self, presenter: Presenter, name: str, used: Mapping[str, tuple[str, ...]]
    ) -> CertificateSet:
        held = presenter.held(name, self._certificates.held(name))
        return CertificateSet(name, used.get(name, ()), held)

    def _imported(self, set_name: str, held: tuple[Held, ...]) -> tuple[HeldCertificate, ...]:
        for each in held:
            _note("certificate imported", set_name, each)
        return self._presenter().held(set_name, held)

    def _given(self, purpose: str, issued: port.Issued, passphrase: str | None) -> NewCertificate:
        entry = self._entry(purpose, issued)
        if passphrase is None:
            return NewCertificate(entry, issued.certificate_pem, issued.key_pem)
        packed = self._authority.as_pkcs12(issued, passphrase)
        return NewCertificate(entry, issued.certificate_pem, pkcs12=packed)

    def _entry(self, purpose: str, issued: port.Issued) -> IssuedCertificate:
        facts = issued.facts
        log.info("certificate issued", purpose=purpose, subject=facts.subject, id=facts.id)
        return self._presenter().issued(IssuedEntry(facts, purpose, is_revoked=False))


def _check_name(set_name: str) -> None:
    if len(set_name) not in NAME_CHARS or not set_name.isprintable():
        said = f"must have 1 to {NAME_CHARS[-1]} characters that can be printed"
        raise ConfigError([Problem("name of the set", said)])


def _material(wish: Import) -> port.Material:
    return port.Material(wish.files, wish.passphrase)


def _note(event: str, set_name: str, held: Held) -> None:
    log.info(event, set=set_name, role=held.role, subject=held.facts.subject, id=held.facts.id)
