"""TLS settings made of the certificates that are there now.

Every handshake asks for its settings, and gets new ones when the certificates have changed:
nothing has to be started again, and connections that are open stay as they are.
"""

import ssl
import warnings
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from operator import is_
from typing import Final, TypeVar, cast

from cryptography import x509

from wattgate.adapters.certificates.entries import CertificateSet
from wattgate.adapters.certificates.loading import CIPHERS, load_authorities, load_own
from wattgate.core.security.certificates import SERVER_SET, LinkSecurity
from wattgate.core.site.choices import NameCheck, TlsVersion
from wattgate.ports.links import TlsTerms

SetSource = Callable[[str], CertificateSet]
"""Gives a set of certificates by its name; a changed set is another object."""

ClientContext = tuple[ssl.SSLContext, LinkSecurity]

_VERSIONS: Final = {
    TlsVersion.V1_0: ssl.TLSVersion.TLSv1,
    TlsVersion.V1_1: ssl.TLSVersion.TLSv1_1,
    TlsVersion.V1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.V1_3: ssl.TLSVersion.TLSv1_3,
}
_BROKEN: Final = frozenset({TlsVersion.V1_0, TlsVersion.V1_1})
_STRONG: Final = f"{CIPHERS}:@SECLEVEL=2"
_STRONG_AS_CLIENT: Final = f"{CIPHERS}:ECDHE+AES:@SECLEVEL=2"
"""Backends choose; some know no GCM."""
_ANYTHING_ENCRYPTED: Final = f"{CIPHERS}:ECDHE+AES:AES128-SHA:AES256-SHA:@SECLEVEL=0"
"""Before TLS 1.2 there is no GCM, and every signature has SHA-1, which OpenSSL has given up."""

_NOTHING: Final = CertificateSet()

_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class _Known:
    made_of: tuple[object, ...]
    made: object


class Contexts:
    """TLS settings of the servers and of outgoing connections.

    `own_root` gives the certificate of the authority that is built in: it may vouch for wallboxes
    as well. The methods may be called from any thread; they read no file but the system's roots.
    """

    def __init__(
        self, sets: SetSource, own_root: Callable[[], x509.Certificate | None] = lambda: None
    ) -> None:
        self._sets = sets
        self._own_root = own_root
        self._made: dict[Hashable, _Known] = {}

    def server_context(
        self, minimum: TlsVersion = TlsVersion.V1_2, *, ask_client: bool = True
    ) -> ssl.SSLContext:
        """Settings for whoever connects to us; `minimum` is the oldest version of TLS (R33).

        With `ask_client`, and if anybody is there to vouch for wallboxes, they are asked for a
        certificate. One without goes through; one whose certificate nobody vouches for does not.
        What the authority that is built in has revoked goes through as well: ask it.
        """
        held, root = self._sets(SERVER_SET), self._own_root() if ask_client else None
        key = ("server", minimum, ask_client)
        return self._kept(
            key, (held, root), lambda: _server_context(held, root, minimum, ask_client=ask_client)
        )

    def client_context(self, terms: TlsTerms | None = None) -> ClientContext:
        """Settings for an outgoing connection, and what it will prove of the other end.

        Without an authority, and without the system's roots, nothing is proven (P23); None: just
        that. Reading the system's roots takes tens of milliseconds: not on the event loop.
        """
        terms = terms or TlsTerms("")
        held = self._sets(terms.certificates) if terms.certificates else _NOTHING
        return self._kept(terms, (held,), lambda: _client_context(held, terms))

    def _kept(self, key: Hashable, made_of: tuple[object, ...], make: Callable[[], _Made]) -> _Made:
        """What was made the last time, unless it would be made of something else now."""
        known = self._made.get(key)
        if known is not None and all(map(is_, known.made_of, made_of)):
            return cast("_Made", known.made)
        made = make()
        self._made[key] = _Known(made_of, made)
        return made


def _server_context(
    held: CertificateSet, root: x509.Certificate | None, minimum: TlsVersion, *, ask_client: bool
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _set_minimum(context, minimum)
    context.set_ciphers(_ANYTHING_ENCRYPTED if minimum in _BROKEN else _STRONG)
    context.options |= (
        ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    )
    for entry in held.own:
        load_own(context, entry.secret_pem)
    authorities = (*held.certificates, *((root,) if root is not None else ()))
    if ask_client and authorities:
        context.verify_mode = ssl.CERT_OPTIONAL
        # A ticket would let a wallbox in again without its certificate being checked anew; sessions
        # of TLS 1.2 without tickets end with this context, and still show the certificate.
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        _believe(context, authorities)
    return context


def _client_context(held: CertificateSet, terms: TlsTerms) -> ClientContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    is_verified = terms.system_roots or held.verifies
    context.check_hostname = is_verified and _checks_name(terms)
    if is_verified:
        context.set_ciphers(_STRONG_AS_CLIENT)
        _believe(context, held.certificates)
    else:
        context.set_ciphers(_ANYTHING_ENCRYPTED)
        context.verify_mode = ssl.CERT_NONE
    if terms.system_roots:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    for entry in held.own:
        load_own(context, entry.secret_pem)
    return context, LinkSecurity.VERIFIED if is_verified else LinkSecurity.UNVERIFIED


def _believe(context: ssl.SSLContext, authorities: Iterable[x509.Certificate]) -> None:
    """Trust certificates: roots, what roots have signed, and the other end's own (P24, P25).

    Never strictly: certificates of version 1, as OpenSSL's commands make them, count as well (P26).
    """
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_TRUSTED_FIRST
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    load_authorities(context, authorities)


def _checks_name(terms: TlsTerms) -> bool:
    match terms.check_name:
        case NameCheck.AUTO:
            return terms.system_roots
        case NameCheck.ON:
            return True
        case NameCheck.OFF:
            return False


def _set_minimum(context: ssl.SSLContext, minimum: TlsVersion) -> None:
    with warnings.catch_warnings():
        # The person who chose a broken version has been warned where it was chosen.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[minimum]
